"""Addresses of whistles, reception days, the secretaries' agenda and the fund."""
