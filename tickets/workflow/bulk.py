"""Stores many stories at once: for the demonstration, benches and imports, never for a page."""

from dataclasses import dataclass, field

from django.db import transaction

from tickets.choices import Delivery
from tickets.models import Clock, Escalation, Leg, Person, Ticket, TicketEvent, Told
from tickets.workflow.story import Story

BATCH = 400


@dataclass
class Planted:
    """One story with the rows beside it; `escalations` are (Escalation, ids of who was told)."""

    story: Story
    people: list[Person] = field(default_factory=list)
    escalations: list[tuple] = field(default_factory=list)


def plant(planted):
    """Insert the stories, their events, clocks, legs and people; one transaction for the call."""
    with transaction.atomic():
        Ticket.objects.bulk_create([each.story.ticket for each in planted], batch_size=BATCH)
        _insert(TicketEvent, [row for each in planted for row in each.story.new_events])
        _insert(Clock, [row for each in planted for row in each.story.clocks])
        _insert(Leg, [row for each in planted for row in each.story.legs])
        _insert(Person, [row for each in planted for row in each.people])
        _insert_told([pair for each in planted for pair in each.escalations])


def _insert_told(pairs):
    for escalation, _told in pairs:
        escalation.clock_id = escalation.clock.pk
        escalation.delivery = Delivery.TOLD
    Escalation.objects.bulk_create([row for row, _told in pairs], batch_size=2_000)
    Told.objects.bulk_create(
        [
            Told(escalation=row, user_id=user_id, told_at=row.noticed_at)
            for row, told in pairs
            for user_id in told
        ],
        batch_size=2_000,
    )


def _insert(model, rows):
    for row in rows:
        # The ticket got its key after the row was made.
        row.ticket_id = row.ticket.pk
    model.objects.bulk_create(rows, batch_size=2_000)
