"""Who gets what from the addresses of residents' reception days."""

ROWS = []
