"""The admin of this app: policies, templates and books, one module a subject."""

from receptions.admin import days, fund, whistles

__all__ = ["days", "fund", "whistles"]
"""Policies, templates and books of this app in the admin, one module a subject."""

from receptions.admin import fund

__all__ = ["fund"]
