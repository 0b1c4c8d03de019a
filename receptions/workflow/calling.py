"""Whom a summons reaches, by when it is to be answered, and what the person called reads."""

from datetime import timedelta

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.reports import Roster, day_of, leader_of, manager_of
from common.errors import RuleViolation
from common.text import mask_text
from notices.choices import Channel
from notices.workflow import Message, enqueue_many
from receptions.choices import CallReason, SummonsKind, WhistleKind
from receptions.models import SessionPolicy, SummonsPolicy
from receptions.workflow.words import at_time, on_day, say
from specialists.choices import SpecialistKind
from specialists.models import Assignment
from tickets.choices import ClockMode, LimitUnit
from worktime.arithmetic import CalendarHorizon
from worktime.reports import current_calendar

FACTS_IN_A_MESSAGE = 120


# --- Who -----------------------------------------------------------------------------------


class Unreachable(RuleViolation):
    """Nobody of the organisation is there to be called."""

    code = "nobody"


def find_person(organisation, grid, at):
    """Return (person, reason) of who is called there; Unreachable where really nobody is.

    The organisation's contact on the nearest grid upward, their substitute while they are away,
    else whoever manages or heads the organisation.
    """
    found = _contact(organisation, grid, at)
    if found:
        return found
    for code, ask in ((CallReason.MANAGER, manager_of), (CallReason.LEADER, leader_of)):
        if duty := ask(organisation, at):
            return duty.user, _because(code, organisation, grid, duty.user)
    raise Unreachable(
        _("%(organisation)s has nobody there: no contact, nobody on duty, no manager.")
        % {"organisation": organisation},
        field="organisations",
    )


def _contact(organisation, grid, at):
    day = day_of(at)
    rows = Assignment.objects.current(day).filter(
        kind=SpecialistKind.CONTACT,
        posting__organisation=organisation,
        grid__path__in=grid.ancestor_paths,
    )
    rows = list(rows.select_related("posting__user", "grid").order_by("-grid__level", "pk"))
    roster = Roster([row.posting for row in rows], day)
    for row in rows:
        if duty := roster.duty(row.posting):
            code = CallReason.CONTACT_SUBSTITUTE if duty.is_substitute else CallReason.CONTACT
            return duty.user, _because(code, organisation, row.grid, duty.user)
    return None


def named(person, organisation, grid):
    """Return the reason of somebody who was chosen by name."""
    return _because(CallReason.NAMED, organisation, grid, person)


def _because(code, organisation, grid, person):
    params = {"organisation": str(organisation), "grid": str(grid), "person": str(person)}
    return {"code": code.value, "params": params}


# --- When ----------------------------------------------------------------------------------


def kind_of(whistle):
    """Return the kind of summons a whistle sends; without a whistle it is a roll-call."""
    return SummonsKind(whistle.kind) if whistle else SummonsKind.ROLL_CALL


def limits(whistle, session, at):
    """Return (answer by, be there by) of a summons sent at this moment."""
    if session is not None:
        hours = SessionPolicy.objects.of(session.kind).call_lead_hours
        return max(at, session.starts_at - timedelta(hours=hours)), session.starts_at
    policy = SummonsPolicy.objects.of(kind_of(whistle))
    return (
        _after(at, policy.mode, policy.acknowledge_amount, policy.acknowledge_unit),
        _after(at, policy.mode, policy.arrive_amount, policy.arrive_unit),
    )


def _after(at, mode, amount, unit):
    """Return the end of a limit: seconds on its clock, or the close of a working day."""
    try:
        if unit == LimitUnit.WORKING_DAYS:
            return current_calendar(ClockMode.BUSINESS).add_working_days(at, amount)
        return current_calendar(mode).add(at, amount)
    except CalendarHorizon as error:
        raise RuleViolation(
            _("We cannot promise a day at the moment. Please ring, or try again tomorrow."),
            code="no_calendar",
        ) from error


# --- What is said ---------------------------------------------------------------------------


def place_of(summons):
    """Return the grid that a summons is about."""
    return summons.whistle.ticket.grid if summons.whistle else summons.session.grid


def is_urgent(summons):
    return bool(summons.whistle and summons.whistle.kind == WhistleKind.EMERGENCY)


def link_of(summons):
    """Return the page on which a summons is answered."""
    if summons.whistle:
        return reverse("whistles:detail", args=[summons.whistle.number])
    return reverse("today")


def facts_of(whistle):
    """Return the facts of a whistle as a message may carry them: short, without numbers."""
    return Truncator(mask_text(whistle.facts)).chars(FACTS_IN_A_MESSAGE)


def tell_called(summons, at):
    """Write to the person called; in an emergency their phone rings too, at any hour."""
    if summons.whistle:
        title = say(
            gettext_noop("Whistle (%(kind)s), please report in: %(place)s"),
            kind=WhistleKind(summons.whistle.kind).label,
            place=place_of(summons),
        )
        body = say(
            gettext_noop("%(facts)s Answer by %(answer)s, be there by %(arrival)s."),
            facts=facts_of(summons.whistle),
            answer=at_time(summons.answer_by),
            arrival=at_time(summons.arrive_by),
        )
    else:
        title = say(
            gettext_noop("Roll-call: please come to the reception day of %(place)s on %(day)s"),
            place=place_of(summons),
            day=on_day(summons.session.starts_at),
        )
        body = say(
            gettext_noop("%(note)s Answer by %(answer)s, be there by %(arrival)s."),
            note=summons.note,
            answer=at_time(summons.answer_by),
            arrival=at_time(summons.arrive_by),
        ).strip()
    channels = [Channel.SITE, *[Channel.SMS] * is_urgent(summons)]
    enqueue_many(
        Message(
            # Called again after a refusal is another cause.
            unique_key=f"summons:{summons.pk}:call:{at:%Y%m%d%H%M%S}:{channel}",
            kind="summons",
            title=title,
            body=body,
            to=summons.person,
            channel=channel,
            link=link_of(summons),
            urgent=is_urgent(summons),
        )
        for channel in channels
        if channel == Channel.SITE or summons.person.phone
    )
