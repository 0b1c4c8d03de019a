"""The part of the admin about calling people together."""

from receptions.admin.whistles import SummonsPolicyAdmin

__all__ = ["SummonsPolicyAdmin"]
