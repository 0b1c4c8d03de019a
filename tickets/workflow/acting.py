"""The one mover: lock, re-read, check source and party, append events, store what they changed."""

from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import AlreadyDone, NotAllowed, RuleViolation, StalePage
from tickets.choices import LATE, Delivery, Stage, Status
from tickets.models import Clock, Escalation, Leg, Ticket, TicketEvent
from tickets.workflow.parties import capacity, parties
from tickets.workflow.story import CLOCK_STATE, LEG_STATE, STATE, Story
from tickets.workflow.transitions import TRANSITIONS

_KEEP = object()
CARRIED_AT_ONCE = 500


class Act:
    """One verb being done to one locked ticket; `append` adds events, leaving stores them."""

    def __init__(self, story, verb, by, at):
        self.story = story
        self.verb = verb
        self.by = by
        self.at = at
        self.mine = parties(story.ticket, by)

    @property
    def ticket(self):
        return self.story.ticket

    def append(
        self, *, verb=None, to=None, holder=_KEEP, organisation=_KEEP, cycle=None, by=None, **data
    ):
        """Append an event and apply it; what is not given stays as it is. Returns the event."""
        verb, by = verb or self.verb, by or self.by
        after = {}
        if holder is not _KEEP:
            after["holder_id"] = holder.pk
        if organisation is not _KEEP:
            after["organisation_id"] = getattr(organisation, "pk", None)
        if cycle is not None:
            after["cycle"] = cycle
        event = self.story.append(
            verb,
            self.at,
            by_id=by.pk,
            actor=capacity(self.ticket, by),
            to=to or TRANSITIONS[verb].to,
            data=data,
            **after,
        )
        event.recorded_at = timezone.now()
        return event


def now():
    """Return the present to the second: promises are kept and broken in whole seconds."""
    return timezone.now().replace(microsecond=0)


@contextmanager
def acting(ticket, verb, *, by, at=None, seen=None):
    """Yield an Act on the locked ticket and store its story on leaving, in one transaction.

    `seen` is the event count that the actor's page showed; a later one raises StalePage. Raises
    AlreadyDone when somebody was faster, NotAllowed for a person without the right, RuleViolation
    where the status does not allow the verb.
    """
    with transaction.atomic():
        locked = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
        move = TRANSITIONS[verb]
        _check_source(locked, move)
        if seen is not None and seen != locked.event_count:
            raise StalePage(
                _("Something has happened since you opened this page. Please look again.")
            )
        act = Act(Story.of(locked), verb, by, at or now())
        if not act.mine & move.parties:
            raise NotAllowed(_("This step is not yours to take."))
        if act.at < locked.last_event_at:
            if at is not None:
                raise RuleViolation(
                    _("That is before the last step of this matter. Please check the time.")
                )
            # Two machines' clocks differ by a little; the order of events does not.
            act.at = locked.last_event_at
        before = Snapshot(act.story)
        yield act
        store(act.story, before)


def _check_source(ticket, move):
    if ticket.status in move.sources:
        return
    if move.to and ticket.status == move.to:
        raise AlreadyDone(_("Somebody else has just done this."))
    raise RuleViolation(
        _("This is no longer possible: the matter is now “%(status)s”.")
        % {"status": Status(ticket.status).label},
        code="wrong_status",
    )


class Snapshot:
    """What a story's rows held before a verb, to store only what it changed."""

    def __init__(self, story):
        self.ticket = _values(story.ticket, STATE)
        self._clocks = {id(each): _values(each, CLOCK_STATE) for each in story.clocks}
        self._legs = {id(each): _values(each, LEG_STATE) for each in story.legs}
        self._levels = {id(each): each.level for each in story.clocks}
        self._revisions = {id(each): each.target_revision for each in story.clocks}

    def changed_clocks(self, story):
        return [
            each
            for each in story.clocks
            if self._clocks.get(id(each)) != _values(each, CLOCK_STATE)
        ]

    def changed_legs(self, story):
        return [each for each in story.legs if self._legs.get(id(each)) != _values(each, LEG_STATE)]

    def retargeted(self, story):
        """Clocks that go on towards another due time than before."""
        return [
            each
            for each in story.clocks
            if each.stopped_at is None
            and each.stage != Stage.WORD
            and each.target_revision > self._revisions.get(id(each), each.target_revision)
        ]

    def stopped_before_they_were_late(self, story):
        """Clocks stopped by a late entry, at a time before levels that were told meanwhile."""
        return [
            each
            for each in story.clocks
            if each.stopped_at is not None and each.level < self._levels.get(id(each), 0)
        ]


def _values(row, names):
    return [getattr(row, name) for name in names]


def insert_rows(story):
    """Insert events, clocks and legs of a story whose ticket has just been inserted."""
    TicketEvent.objects.bulk_create(story.new_events)
    Clock.objects.bulk_create(story.clocks)
    Leg.objects.bulk_create(story.legs)


def store(story, before):
    """Write what the story changed: at most one statement for each kind of row."""
    ticket = story.ticket
    pairs = zip(STATE, before.ticket, strict=True)
    changed = [name for name, old in pairs if getattr(ticket, name) != old]
    if changed:
        ticket.save(update_fields=[name.removesuffix("_id") for name in changed])
    TicketEvent.objects.bulk_create(story.new_events)
    _store_rows(Clock, before.changed_clocks(story), CLOCK_STATE)
    _store_rows(Leg, before.changed_legs(story), LEG_STATE)
    carry(before.retargeted(story), ticket.last_event_at)
    for clock in before.stopped_before_they_were_late(story):
        clock.escalations.filter(crossed_at__gt=clock.stopped_at).update(delivery=Delivery.VOID)


def carry(clocks, at):
    """Hand on to the clocks' new target what was told under the last one, as overtaken.

    So nobody hears of a level again. A breach that the new date undoes is excused, not deleted,
    and may come again (sla.md, recompute).
    """
    if not clocks:
        return
    revisions = {clock.pk: clock for clock in clocks}
    told = Escalation.objects.filter(clock__in=list(revisions)).exclude(delivery=Delivery.VOID)
    rows, excused = [], []
    for row in told:
        clock = revisions[row.clock_id]
        if row.target_revision != clock.target_revision - 1:
            continue
        if row.level >= LATE and clock.due_at > at:
            excused.append(row.pk)
        else:
            rows.append(
                Escalation(
                    clock_id=row.clock_id,
                    target_revision=clock.target_revision,
                    level=row.level,
                    crossed_at=row.crossed_at,
                    noticed_at=row.noticed_at,
                    delivery=Delivery.SUPERSEDED,
                )
            )
    Escalation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=CARRIED_AT_ONCE)
    Escalation.objects.filter(pk__in=excused).update(delivery=Delivery.EXCUSED)


def _store_rows(model, rows, fields):
    stale = [row for row in rows if row.pk is not None]
    fresh = [row for row in rows if row.pk is None]
    if stale:
        model.objects.bulk_update(stale, [name.removesuffix("_id") for name in fields])
    if fresh:
        model.objects.bulk_create(fresh)
