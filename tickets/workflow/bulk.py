"""Stores many stories at once: for the demonstration, benches and imports, never for a page."""

from dataclasses import dataclass, field

from django.db import transaction

from tickets.models import Clock, Escalation, Leg, Person, Ticket, TicketEvent
from tickets.workflow.story import Story

BATCH = 400


@dataclass
class Planted:
    """One story with the rows beside it; `escalations` are (cycle, addressee id, noticed at)."""

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
        Escalation.objects.bulk_create(
            [_escalation(each, *row) for each in planted for row in each.escalations],
            batch_size=BATCH,
        )


def _insert(model, rows):
    for row in rows:
        # The ticket got its key after the row was made.
        row.ticket_id = row.ticket.pk
    model.objects.bulk_create(rows, batch_size=2_000)


def _escalation(planted, cycle, addressee_id, noticed_at):
    clock = next(
        each for each in planted.story.clocks if each.cycle == cycle and each.stage == "resolve"
    )
    return Escalation(
        clock=clock,
        target_revision=clock.target_revision,
        level=clock.level,
        addressee_id=addressee_id,
        crossed_at=clock.due_at,
        noticed_at=noticed_at,
    )
