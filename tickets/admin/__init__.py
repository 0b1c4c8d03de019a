"""The tickets' part of the admin: reference data to keep, what the workflow wrote to look at."""

from tickets.admin.categories import CategoryAdmin
from tickets.admin.limits import PolicyAdmin
from tickets.admin.matters import (
    EscalationAdmin,
    PortalRemarkAdmin,
    SupervisionOrderAdmin,
    TicketAdmin,
)
from tickets.admin.replies import ReplyTemplateAdmin

__all__ = [
    "CategoryAdmin", "EscalationAdmin", "PolicyAdmin", "PortalRemarkAdmin",
    "ReplyTemplateAdmin", "SupervisionOrderAdmin", "TicketAdmin",
]  # fmt: skip
