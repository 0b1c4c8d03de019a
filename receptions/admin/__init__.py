"""Reference data of whistles and reception days in the admin."""

from receptions.admin import days

__all__ = ["days"]
