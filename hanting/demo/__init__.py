"""The demonstration: invented people and matters on the real district, all marked as such."""
