"""Policies, templates and books of this app in the admin, one module a subject."""

from receptions.admin import fund

__all__ = ["fund"]
