"""Pages about places, the people who serve them, and who is missing where."""
