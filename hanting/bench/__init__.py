"""Measurements as commands: each figure beside the floor of the same run on the same machine."""
