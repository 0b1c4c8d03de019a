"""Pages of the tickets app, one module a subject."""
