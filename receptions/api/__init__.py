"""The interface for other programs, one module a subject."""
