"""What whistles and roll-calls put on somebody's list for today."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.reports import reach
from common.text import mask_text
from receptions.choices import (
    WHISTLE_MET,
    EventVerb,
    SessionStatus,
    SummonsStatus,
    WhistleKind,
    WhistleStatus,
)
from receptions.models import Summons, Whistle
from receptions.todo import ToDo
from receptions.views.whistles import label_of
from receptions.workflow import calling, summonses, whistles

MOST = 50
HEADS = frozenset({Role.ORGANISATION_MANAGER, Role.ORGANISATION_LEADER})
COMING = (SessionStatus.PLANNED, SessionStatus.PUBLISHED, SessionStatus.RUNNING)


def todos(user, at):
    """Return what waits for this person: calls to answer and follow, drafts, points to give."""
    return [*_calls(user, at), *_whistles(user, at)]


# --- Summonses --------------------------------------------------------------------------------


def _calls(user, at):
    rows = Summons.objects.for_user(user).waiting()
    rows = rows.filter(Q(whistle__status=WhistleStatus.BLOWN) | Q(session__status__in=COMING))
    rows = rows.select_related("whistle__ticket__grid", "session__grid", "organisation")
    rows = rows.defer("whistle__ticket__grid__outline", "session__grid__outline")
    rows = list(rows.order_by("answer_by", "pk")[:MOST])
    return [_call(each, user, at) for each in rows if _concerns(each, user, at)]


def _concerns(summons, user, at):
    """Whether it is this person's to answer: theirs, or silent in the house they lead."""
    if summons.person_id == user.pk:
        return True
    leads = reach(user).roles_in(summons.organisation_id) & HEADS
    return bool(leads) and summons.is_late(at)


def _call(summons, user, at):
    is_called = summons.status == SummonsStatus.CALLED
    verb = EventVerb.ACKNOWLEDGE if is_called else EventVerb.ARRIVE
    whistle, step = summons.whistle, reverse(f"whistles:summons_{verb}", args=[summons.pk])
    return ToDo(
        kind="summons",
        title=mask_text(whistle.facts)[:80] if whistle else summons.note or _("Roll-call"),
        place=str(calling.place_of(summons)),
        address=reverse("whistles:detail", args=[whistle.number]) if whistle else step,
        post_to=step,
        action=label_of(verb, summons, user),
        note=WhistleKind(whistle.kind).label if whistle else _("Called to a reception day"),
        due_at=summons.due_at,
        is_late=summons.is_late(at),
        is_urgent=calling.is_urgent(summons),
    )


# --- Whistles ---------------------------------------------------------------------------------


def _whistles(user, at):
    wanted = (WhistleStatus.DRAFT, WhistleStatus.PENDING, *WHISTLE_MET)
    rows = Whistle.objects.for_user(user).filter(status__in=wanted)
    rows = rows.select_related("ticket__grid").defer("ticket__grid__outline")
    rows = rows.prefetch_related("summonses__organisation").order_by("created_at", "pk")[:MOST]
    found = ((whistle, _step(whistle, user)) for whistle in rows)
    return [_line(whistle, step, user) for whistle, step in found if step]


def _step(whistle, user):
    """Return what this person would do first with it, None for nothing."""
    if whistle.status in WHISTLE_MET:
        scored = any(
            EventVerb.SCORE in summonses.steps_on(each, user) for each in whistle.summonses.all()
        )
        return EventVerb.SCORE if scored else None
    mine = whistles.steps_on(whistle, user)
    return next((v for v in (EventVerb.BLOW, EventVerb.ASK_APPROVAL) if v in mine), None)


def _line(whistle, step, user):
    return ToDo(
        kind="whistle",
        title=mask_text(whistle.facts)[:80],
        place=str(whistle.ticket.grid),
        address=reverse("whistles:detail", args=[whistle.number]),
        action=label_of(step),
        note=whistle.get_status_display(),
        is_urgent=whistle.kind == WhistleKind.EMERGENCY and step != EventVerb.SCORE,
    )
