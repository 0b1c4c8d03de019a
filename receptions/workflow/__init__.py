"""Every verb of this app, one module a subject; nothing else writes a status."""
