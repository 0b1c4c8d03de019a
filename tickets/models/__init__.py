"""The tables of the tickets app, one module a subject."""

from tickets.models.categories import Category, CategoryQuerySet
from tickets.models.clocks import Clock, Escalation
from tickets.models.people import Attachment, Person, PortalRemark
from tickets.models.tickets import (
    LEVEL_COLUMNS,
    TEXT_LIMIT,
    Leg,
    Ticket,
    TicketEvent,
    TicketQuerySet,
)

__all__ = [
    "LEVEL_COLUMNS", "TEXT_LIMIT", "Attachment", "Category", "CategoryQuerySet", "Clock",
    "Escalation", "Leg", "Person", "PortalRemark", "Ticket", "TicketEvent", "TicketQuerySet",
]  # fmt: skip
