"""Who gets what from the addresses of secretaries' reception days and commitments."""

ROWS = []
