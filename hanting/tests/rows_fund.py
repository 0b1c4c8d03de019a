"""Who gets what from the addresses of the fund for serving the people and duty rosters."""

ROWS = []
