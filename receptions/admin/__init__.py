"""The admin of this app: policies, templates and books, one module a subject."""

from receptions.admin import days, fund, whistles

__all__ = ["days", "fund", "whistles"]
"""Reference data of whistles and reception days in the admin."""

from receptions.admin import days

__all__ = ["days"]
