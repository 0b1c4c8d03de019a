"""Commitments: made with a name and a day, done as a ticket, struck off by somebody's word."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Posting
from accounts.reports import day_of, manager_of, reach
from common.errors import NotAllowed, RuleViolation
from common.text import tidy
from notices.workflow import enqueue
from receptions.choices import EventVerb
from receptions.models import Commitment
from receptions.workflow.moves import append, now
from receptions.workflow.words import on_day, say
from specialists.routing import route
from tickets.choices import WITH_ORGANISATION, Kind, Source, Verb
from tickets.models import TEXT_LIMIT, Ticket
from tickets.workflow import (
    SYSTEM,
    Filing,
    accept,
    arbitrate,
    available,
    dispatch,
    file_ticket,
    transfer,
)

# What is promised for a later day than this is a plan.
LONGEST = timedelta(days=366)


# --- Making --------------------------------------------------------------------------------


def commit(
    *,
    by,
    text,
    lead,
    due_on,
    owner=None,
    helpers=(),
    whistle=None,
    booking=None,
    item=None,
    at=None,
):
    """Write down what a meeting promised and put its work on the way; return the Commitment.

    The work is the meeting's own ticket where that is open and can go to `lead`; else a new ticket
    at the same place. `owner` is by default the organisation's contact there, or its manager. The
    same promise written twice is one.
    """
    meeting = whistle or booking or item
    text, moment = tidy(text or "", TEXT_LIMIT), at or now()
    _check_promise(meeting, by, text, lead, due_on, moment)
    with transaction.atomic():
        matter = _locked(meeting.ticket)
        same = {"whistle": whistle, "booking": booking, "item": item}
        same |= {"lead": lead, "due_on": due_on, "text": text}
        if found := Commitment.objects.filter(**same).first():
            return found
        owner = _owner_of(owner, lead, matter.grid, moment)
        ticket = _work(matter, text, lead, owner, helpers, by, at)
        made = Commitment.objects.create(
            **same,
            owner=owner,
            ticket=ticket,
            made_by=by,
            made_at=moment,
            heard_at=moment,
            is_demonstration=getattr(meeting, "is_demonstration", False),
        )
        made.helpers.set([each for each in helpers if each.pk != lead.pk])
        append(made, EventVerb.COMMIT, by=by, at=moment, lead=lead.pk, due_on=due_on.isoformat())
        _tell_owner(made)
    return made


def _check_promise(meeting, by, text, lead, due_on, at):
    """Raise what is missing from a promise, in the order in which a form asks for it."""
    if meeting.ticket is None:
        raise RuleViolation(_("An opinion gets a reply; only a matter gets a promise."))
    if not may_commit(meeting, by):
        raise NotAllowed(_("This step is not yours to take."))
    if not text:
        raise RuleViolation(_("Please write what is promised."), field="text")
    if lead is None or not lead.is_active:
        raise RuleViolation(_("Please choose the organisation that leads."), field="lead")
    if due_on is None:
        raise RuleViolation(_("Please give the day by which it is done."), field="due_on")
    if due_on < day_of(at):
        raise RuleViolation(_("This day has passed. Please give a later one."), field="due_on")
    if due_on > day_of(at) + LONGEST:
        raise RuleViolation(
            _("A promise is for a year at most. Please give an earlier day."), field="due_on"
        )


def may_commit(meeting, by):
    """Whether the person may write down promises of a meeting: its host, or staff of the place."""
    session = getattr(meeting, "session", None)
    if session is not None and session.host_id == by.pk:
        return True
    return getattr(meeting, "written_by_id", None) == by.pk or reach(by).covers(
        meeting.ticket.grid.path
    )


def _locked(ticket):
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("grid", "organisation")
    return rows.get(pk=ticket.pk)


def _owner_of(owner, lead, grid, at):
    """Return who answers for a promise: the person given, else the contact there, the manager."""
    if owner is not None:
        if not Posting.objects.held_by(owner, day_of(at)).exists():
            raise RuleViolation(
                _("%(name)s has no post at the moment. Please choose somebody else.")
                % {"name": owner},
                field="owner",
            )
        return owner
    chosen = route(department=lead, grid=grid, at=at)
    if chosen.organisation == lead:
        return chosen.holder
    if manager := manager_of(lead, at):
        return manager.user
    raise RuleViolation(
        _("%(organisation)s has nobody on duty. Please say who answers for it.")
        % {"organisation": lead},
        field="owner",
    )


# --- The work as a ticket ------------------------------------------------------------------


def _work(matter, text, lead, owner, helpers, by, at):
    """Return the ticket that carries the promised work, with `lead`."""
    other = Commitment.objects.filter(ticket=matter).exclude(lead=lead)
    if matter.is_open and not other.exists():
        try:
            with transaction.atomic():
                return _hand_to(matter, text, lead, owner, helpers, by, at)
        except RuleViolation:
            # It cannot go there from where it stands (waiting, locked): the promise still holds.
            pass
    receipt = file_ticket(_filing_for(matter, text), by=by, at=at)
    return _hand_to(receipt.ticket, text, lead, owner, helpers, by, at)


def _filing_for(matter, text):
    return Filing(
        description=text,
        category_id=matter.category_id,
        grid=matter.grid,
        kind=Kind.TIP_OFF if matter.kind == Kind.TIP_OFF else Kind.HELP,
        source=Source.MEETING,
        address=matter.address,
        latitude=matter.latitude,
        longitude=matter.longitude,
        accused=matter.accused,
    )


def _hand_to(ticket, text, lead, owner, helpers, by, at):
    """Bring an open ticket to the organisation by the verb that its status allows."""
    if ticket.organisation_id == lead.pk and ticket.status in WITH_ORGANISATION:
        return ticket
    if actor := _actor(ticket, Verb.ACCEPT, by):
        ticket = accept(ticket, by=actor, at=at)
    there = {"organisation": lead, "holder": _works_there(owner, lead, at), "note": text, "at": at}
    if helpers:
        there["co"] = [each.pk for each in helpers if each.pk != lead.pk]
    if actor := _actor(ticket, Verb.DISPATCH, by):
        return dispatch(ticket, by=actor, **there)
    if _actor(ticket, Verb.ARBITRATE, by):
        return arbitrate(ticket, by=by, **there)
    there.pop("co", None)
    return transfer(ticket, by=by, **there)


def _actor(ticket, verb, by):
    """Return who does the verb, the person or the system for them, None where nobody can."""
    return next((who for who in (by, SYSTEM) if verb in available(ticket, who, {verb})), None)


def _works_there(owner, lead, at):
    """Return the owner where they work for the lead, else None: the routing finds somebody."""
    posts = Posting.objects.current(day_of(at)).filter(organisation=lead, user=owner)
    return owner if posts.exists() else None


def _tell_owner(made):
    sentence = gettext_noop("You answer for a promise, due by %(day)s: %(text)s")
    tell(made, made.owner, sentence, key="made", body=made.text)


def tell(commitment, user, sentence, *, key, body=""):
    """Put one message about a promise into the outbox; `key` keeps it from being sent twice."""
    enqueue(
        unique_key=f"commitment:{commitment.pk}:{key}:{user.pk}",
        kind="commitment",
        title=say(sentence, day=on_day(_noon_of(commitment.due_on)), text=commitment),
        body=body,
        to=user,
        link=reverse("agenda:commitment", args=[commitment.pk]),
    )


def _noon_of(day):
    return timezone.make_aware(datetime.combine(day, time(12)))
