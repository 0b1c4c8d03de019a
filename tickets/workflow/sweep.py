"""The sweep: clocks whose moment has come are looked at once, in batches, by any number of workers.

Nothing here counts on which run this is; only on rows and the time given (sla.md, Sweep).
"""

import logging

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.reports import SECRETARIES, ladder, leader_of, manager_of
from common.models import Heartbeat
from tickets.choices import ClockState, Stage, Verb
from tickets.models import Clock, Escalation
from tickets.workflow import words
from tickets.workflow.acting import acting, now
from tickets.workflow.handling import resume
from tickets.workflow.parties import SYSTEM
from tickets.workflow.residents import expire
from tickets.workflow.story import LATE_LEVEL

logger = logging.getLogger(__name__)

BATCH = 50
HEARTBEAT = "sweep"


def sweep(at=None):
    """Look at every clock that is due; return how many were dealt with.

    Each clock is its own short transaction, so a dead worker loses nothing and SQLite's writers
    are not held up. A clock or ticket that somebody has in hand waits for the next sweep; one that
    cannot be dealt with is logged and stands in nobody's way.
    """
    at = at or now()
    done, failed = 0, set()
    while True:
        waiting = Clock.objects.needing_a_look(at).exclude(pk__in=failed)
        due = list(waiting.values_list("pk", flat=True)[:BATCH])
        handled = 0
        for pk in due:
            try:
                handled += _look_at(pk, at)
            except Exception:
                logger.exception("Clock %s could not be dealt with", pk)
                failed.add(pk)
        done += handled
        if len(due) < BATCH or not handled:
            break
    Heartbeat.objects.beat(HEARTBEAT, at=timezone.now())
    return done


def _look_at(pk, at):
    """Deal with one clock if it is due and nobody has it or its ticket; return whether it was."""
    with transaction.atomic():
        rows = Clock.objects.needing_a_look(at).filter(pk=pk).select_related("ticket")
        if connection.features.has_select_for_update_skip_locked:
            # The ticket too: a verb locks it first and its clocks after, and would wait for us.
            rows = rows.select_for_update(skip_locked=True, of=("self", "ticket"))
        clock = rows.first()
        if clock is None:
            return False
        if clock.stage == Stage.CONFIRM:
            expire(clock.ticket, at=max(clock.due_at, clock.ticket.last_event_at))
        elif clock.state == ClockState.PAUSED:
            resume(
                clock.ticket,
                by=SYSTEM,
                at=max(clock.paused_until, clock.ticket.last_event_at),
            )
        else:
            _escalate(clock, at)
        return True


def _escalate(clock, at):
    """Pass a late ticket up: one escalation and one message for each addressee, in one block."""
    with acting(
        clock.ticket, Verb.ESCALATE, by=SYSTEM, at=max(at, clock.ticket.last_event_at)
    ) as act:
        addressees = addressees_of(act.ticket, act.at)
        act.append(
            level=LATE_LEVEL,
            addressees=[each.pk for each in addressees],
            due=clock.due_at.isoformat(),
        )
        Escalation.objects.bulk_create(
            [
                Escalation(
                    clock=clock,
                    target_revision=clock.target_revision,
                    level=LATE_LEVEL,
                    addressee=each,
                    crossed_at=clock.due_at,
                    noticed_at=at,
                )
                for each in addressees
            ],
            ignore_conflicts=True,
        )
        for each in addressees:
            words.tell_staff(
                act.ticket,
                each,
                "late",
                words.say(gettext_noop("Late: %(title)s"), title=act.ticket.title),
                words.say(
                    gettext_noop("Promised by %(day)s, with %(holder)s."),
                    day=words.on_day(clock.due_at),
                    holder=act.ticket.holder,
                ),
                key=f"{clock.pk}:{clock.target_revision}:{LATE_LEVEL}",
                urgent=True,
            )


def addressees_of(ticket, at):
    """Return who is told that a ticket is late: the next secretary, and the holder's manager.

    The next secretary is the first one above the place who does not hold the ticket; where the
    holder's organisation has no manager its leader is told.
    """
    secretaries = [
        duty.user for duty in ladder(ticket.grid, at) if duty.posting.role in SECRETARIES
    ]
    above = [user for user in secretaries if user.pk != ticket.holder_id]
    found = above[:1]
    if ticket.organisation_id:
        heads = (manager_of(ticket.organisation, at), leader_of(ticket.organisation, at))
        found += [duty.user for duty in heads if duty and duty.user.pk != ticket.holder_id][:1]
    return list(dict.fromkeys(found))
