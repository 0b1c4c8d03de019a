"""Who gets what from the addresses of whistles and roll-calls."""

ROWS = []
