"""Shapes of input: what residents type (`resident`) and what staff type (`staff`)."""
