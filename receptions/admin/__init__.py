"""The admin of this app: policies, templates and books, one module a subject."""

from receptions.admin import days, fund, whistles

__all__ = ["days", "fund", "whistles"]
