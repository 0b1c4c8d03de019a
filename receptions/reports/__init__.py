"""Facts about many rows, for pages and papers, one module a subject."""
