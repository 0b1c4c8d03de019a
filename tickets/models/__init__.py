"""The tables of the tickets app, one module a subject."""

from tickets.models.categories import Category, CategoryQuerySet
from tickets.models.clocks import Clock, Escalation, SupervisionOrder, Told
from tickets.models.people import Attachment, Person, PortalRemark
from tickets.models.policies import LONGEST_DAYS, LONGEST_SECONDS, Policy
from tickets.models.replies import ReplyTemplate
from tickets.models.tickets import (
    LEVEL_COLUMNS,
    TEXT_LIMIT,
    Leg,
    Ticket,
    TicketEvent,
    TicketQuerySet,
)

__all__ = [
    "LEVEL_COLUMNS", "LONGEST_DAYS", "LONGEST_SECONDS", "TEXT_LIMIT", "Attachment", "Category",
    "CategoryQuerySet", "Clock", "Escalation", "Leg", "Person", "Policy", "PortalRemark",
    "ReplyTemplate", "SupervisionOrder", "Ticket", "TicketEvent", "TicketQuerySet", "Told",
]  # fmt: skip
