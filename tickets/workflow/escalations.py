"""Whom an escalation goes to, and what it says: two ladders, one message for each person.

Three short steps, each safe to die in: pending escalations get their addressees; addressees get
one row in the outbox; orders that a rule demands are issued. What is done twice adds nothing.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.models import Posting, User
from accounts.reports import SECRETARIES, Roster, day_of, holders, ladder, reach
from notices.workflow import Message, enqueue_many
from tickets.choices import (
    BEYOND_THE_LADDER,
    HALF,
    LATE,
    MOST,
    OPEN,
    STEPS,
    YELLOW_CARD,
    Delivery,
    OrderGround,
    Priority,
    Stage,
    Verb,
)
from tickets.models import Escalation, Told
from tickets.workflow import words
from tickets.workflow.acting import acting
from tickets.workflow.orders import order_by_rule
from tickets.workflow.parties import SYSTEM

BATCH = 500
# More than so many at once to one person become one message, as in the outbox itself.
DIGEST_ABOVE = 3
# Found so much later than it was reached: the sweep had stood still (sla.md, after downtime).
OUTAGE = timedelta(minutes=10)
LISTED_IN_DIGEST = 20


@dataclass(frozen=True)
class Card:
    """What a level of a stage says and to whom; `secretary` counts steps up from the holder."""

    sentence: str
    to_holder: bool = False
    secretary: int | None = None
    manager: bool = False
    leader: bool = False
    kind: str = "late"


_SOON = {"to_holder": True, "kind": "soon"}
CARDS = {
    (Stage.RESOLVE, HALF): Card(gettext_noop("Half of the time is gone: %(title)s"), **_SOON),
    (Stage.RESOLVE, MOST): Card(gettext_noop("Due soon: %(title)s"), **_SOON),
    (Stage.RESOLVE, YELLOW_CARD): Card(
        gettext_noop("Yellow card, one working day left: %(title)s"), manager=True, **_SOON
    ),
    (Stage.RESOLVE, LATE): Card(
        gettext_noop("Red card, late: %(title)s"), secretary=0, manager=True
    ),
    (Stage.RESOLVE, STEPS[0]): Card(
        gettext_noop("Still late: %(title)s"), secretary=1, leader=True
    ),
    (Stage.RESOLVE, STEPS[1]): Card(
        gettext_noop("Late for long: %(title)s"), secretary=2, leader=True
    ),
    (Stage.RESOLVE, STEPS[2]): Card(
        gettext_noop("Late beyond the last step: %(title)s"), secretary=3, leader=True
    ),
    (Stage.ACCEPT, MOST): Card(gettext_noop("Please accept soon: %(title)s"), **_SOON),
    (Stage.ACCEPT, LATE): Card(gettext_noop("Nobody has accepted: %(title)s"), secretary=0),
    (Stage.ACCEPT, STEPS[0]): Card(
        gettext_noop("Still nobody has accepted: %(title)s"), secretary=1
    ),
    (Stage.ACCEPT, STEPS[1]): Card(gettext_noop("Not accepted for long: %(title)s"), secretary=2),
    (Stage.CONTACT, MOST): Card(gettext_noop("Please speak to the resident: %(title)s"), **_SOON),
    (Stage.CONTACT, LATE): Card(
        gettext_noop("Nobody has spoken to the resident: %(title)s"),
        to_holder=True,
        secretary=0,
        manager=True,
    ),
    (Stage.CONTACT, STEPS[0]): Card(
        gettext_noop("Still nobody has spoken to the resident: %(title)s"),
        secretary=1,
        leader=True,
    ),
    (Stage.CONTACT, STEPS[1]): Card(
        gettext_noop("No word to the resident for long: %(title)s"), secretary=2, leader=True
    ),
    (Stage.WORD, LATE): Card(
        gettext_noop("The resident has heard nothing, please write: %(title)s"),
        to_holder=True,
        kind="silent",
    ),
    (Stage.WORD, STEPS[0]): Card(
        gettext_noop("The resident still hears nothing: %(title)s"),
        secretary=0,
        manager=True,
        kind="silent",
    ),
    (Stage.WORD, STEPS[1]): Card(
        gettext_noop("The resident is left in silence: %(title)s"),
        secretary=1,
        leader=True,
        kind="silent",
    ),
}


class Ladders:
    """Both ladders of places and organisations on one day, each asked of the database once."""

    def __init__(self, at):
        self.at = at
        self._secretaries, self._heads = {}, {}

    def secretaries(self, ticket):
        """Return the secretaries above the place, nearest first, without the holder."""
        key = ticket.grid_id
        if key not in self._secretaries:
            self._secretaries[key] = [
                duty.user
                for duty in ladder(ticket.grid, self.at)
                if duty.posting.role in SECRETARIES
            ]
        return [user for user in self._secretaries[key] if user.pk != ticket.holder_id]

    def heads(self, ticket):
        """Return (manager, leader) of the lead organisation; one stands in for the other."""
        key = ticket.organisation_id
        if key is None:
            return None, None
        if key not in self._heads:
            rows = Posting.objects.current(day_of(self.at)).filter(
                organisation_id=key, role__in=(Role.ORGANISATION_MANAGER, Role.ORGANISATION_LEADER)
            )
            rows = list(rows.select_related("user").order_by("pk"))
            present = {}
            for duty in Roster(rows, self.at).on_duty(rows):
                present.setdefault(duty.posting.role, duty.user)
            manager = present.get(Role.ORGANISATION_MANAGER)
            leader = present.get(Role.ORGANISATION_LEADER)
            self._heads[key] = (manager or leader, leader or manager)
        return self._heads[key]

    def last_resort(self, ticket):
        """Return who hears of what would otherwise reach nobody: the district's supervisors."""
        key = ("district", ticket.district_id)
        if key not in self._heads:
            found = holders(Role.SUPERVISOR, grid=ticket.district, at=self.at)
            found = found or holders(Role.DISTRICT_SECRETARY, grid=ticket.district, at=self.at)
            self._heads[key] = [duty.user for duty in found]
        return self._heads[key]


def addressees_of(ticket, at, *, stage=Stage.RESOLVE, level=LATE, ladders=None):
    """Return who is told that a ticket has reached a level of a stage, each once.

    On the grid's side the next secretary, a step further up at each step; on the organisation's
    the holder's manager and then its leader. Never anybody of the unit complained of. A level from
    100 on always reaches somebody.
    """
    card, ladders = CARDS[stage, level], ladders or Ladders(at)
    found = [ticket.holder] if card.to_holder else []
    if card.secretary is not None:
        found += ladders.secretaries(ticket)[card.secretary : card.secretary + 1]
    manager, leader = ladders.heads(ticket)
    found += [manager] if card.manager else []
    found += [leader] if card.leader else []
    people = {user.pk: user for user in found if user}
    if not card.to_holder:
        people.pop(ticket.holder_id, None)
    if not people and level >= LATE:
        people = {user.pk: user for user in ladders.last_resort(ticket)}
    if ticket.accused_id:
        people = {
            pk: user
            for pk, user in people.items()
            if ticket.accused_id not in reach(user).organisations
        }
    return list(people.values())


# --- Telling -------------------------------------------------------------------------------


def tell_escalations(at, end=float("inf")):
    """Find the addressees of what is pending, then write to each of them; return how many."""
    _beyond_the_ladder(at)
    while _address(at) == BATCH:
        if time.monotonic() > end:
            # Whoever was written to now would be written to again for the rest.
            return 0
    return _write_to_all(at)


def _beyond_the_ladder(at):
    """Propose what has climbed past the last step for the secretaries' day, and order to act.

    Before its escalation is marked as told, so that a worker that dies here loses nothing.
    """
    rows = Escalation.objects.pending().filter(level=BEYOND_THE_LADDER, clock__stage=Stage.RESOLVE)
    for escalation in rows.select_related("clock__ticket__grid").order_by("pk"):
        ticket = escalation.clock.ticket
        if not is_true(escalation) or ticket.status not in OPEN:
            continue
        with acting(ticket, Verb.PROPOSE, by=SYSTEM, at=max(at, ticket.last_event_at)) as act:
            if act.ticket.agenda_at is None:
                act.append(ground=OrderGround.LATE.value)
            order_by_rule(act, OrderGround.LATE)


def _address(at):
    """Give addressees to one batch of pending escalations; return how many escalations."""
    with transaction.atomic():
        rows = Escalation.objects.pending().order_by("pk").select_for_update(of=("self",))
        rows = rows.select_related(
            "clock__ticket__grid",
            "clock__ticket__district",
            "clock__ticket__organisation",
            "clock__ticket__holder",
        ).defer("clock__ticket__grid__outline", "clock__ticket__district__outline")
        rows = list(rows[:BATCH])
        ladders, told, void, true = Ladders(at), [], [], []
        for row in rows:
            if not is_true(row):
                void.append(row.pk)
                continue
            true.append(row)
            stage, ticket = row.clock.stage, row.clock.ticket
            people = addressees_of(ticket, at, stage=stage, level=row.level, ladders=ladders)
            told += [Told(escalation=row, user=user) for user in people]
        Told.objects.bulk_create(told, ignore_conflicts=True)
        Escalation.objects.filter(pk__in=void).update(delivery=Delivery.VOID)
        Escalation.objects.filter(pk__in=[row.pk for row in true]).update(delivery=Delivery.TOLD)
    return len(rows)


def is_true(escalation):
    """Whether what the escalation says still holds: the clock runs, by the same target."""
    clock = escalation.clock
    return clock.stopped_at is None and clock.target_revision == escalation.target_revision


def _write_to_all(at):
    """Write to everybody who waits to be told, one person a transaction; return how many."""
    people = Told.objects.waiting().order_by("user_id").values_list("user_id", flat=True)
    people = list(people.distinct())
    for user_id in people:
        _write_to(user_id, at)
    return len(people)


def _write_to(user_id, at):
    """Put what one person is to hear into the outbox: up to three messages, or one for all."""
    with transaction.atomic():
        # Whoever is first writes; a second sweeper finds nothing left to tell.
        User.objects.select_for_update(of=("self",)).only("pk").get(pk=user_id)
        waiting = Told.objects.waiting().filter(user_id=user_id).order_by("pk")
        rows = list(waiting.select_related("escalation__clock__ticket__holder"))
        kept = [row for row in rows if is_true(row.escalation)]
        if len(kept) > DIGEST_ABOVE:
            enqueue_many([_digest(kept, user_id)])
        else:
            enqueue_many([_single(row) for row in kept])
        Told.objects.filter(pk__in=[row.pk for row in kept]).update(told_at=at)
        # Settled since the sweep saw it: there is nothing to tell any more.
        waiting.exclude(pk__in=[row.pk for row in kept]).delete()


def _single(told):
    clock = told.escalation.clock
    card = CARDS[clock.stage, told.escalation.level]
    body = words.say(
        gettext_noop("Promised by %(day)s, with %(holder)s."),
        day=words.on_day(clock.due_at),
        holder=clock.ticket.holder,
    )
    return Message(
        unique_key=f"ticket:{clock.ticket_id}:{card.kind}:{told.pk}",
        kind=card.kind,
        title=words.say(card.sentence, title=clock.ticket.title),
        body=body,
        to=told.user_id,
        link=reverse("tickets:detail", args=[clock.ticket.reference]),
        urgent=_is_urgent(told),
    )


def _is_urgent(told):
    escalation = told.escalation
    return escalation.level >= MOST and escalation.clock.ticket.priority == Priority.URGENT


def _digest(rows, user_id):
    """Return one message for many levels: the highest of each matter, the worst first."""
    lines = defaultdict(lambda: None)
    for row in sorted(rows, key=lambda row: (-row.escalation.level, row.escalation.crossed_at)):
        escalation = row.escalation
        card = CARDS[escalation.clock.stage, escalation.level]
        line = words.say(card.sentence, title=escalation.clock.ticket.title)
        lines[escalation.clock.ticket_id] = lines[escalation.clock.ticket_id] or line
    escalations = [row.escalation for row in rows]
    late = [each for each in escalations if each.noticed_at - each.crossed_at > OUTAGE]
    if late:
        title = words.say(
            gettext_noop("Found after an outage: %(count)d matters, the first since %(moment)s"),
            count=len(lines),
            moment=words.on_day(min(each.crossed_at for each in late)),
        )
    else:
        title = words.say(gettext_noop("%(count)d matters need you"), count=len(lines))
    return Message(
        unique_key=f"escalations:{user_id}:{rows[0].pk}:{rows[-1].pk}",
        kind="late_digest",
        title=title,
        body="\n".join(list(lines.values())[:LISTED_IN_DIGEST]),
        to=user_id,
        link=reverse("tickets:late"),
        urgent=any(_is_urgent(row) for row in rows),
    )
