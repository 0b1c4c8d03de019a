"""Nudges for the worker; what must happen is a row that the sweep finds."""
