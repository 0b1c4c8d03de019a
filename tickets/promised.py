"""The promise as a resident reads it: why this day, why it moved, and when they hear next.

Days are put into words here, moments stay moments: a page says them with its own filters, the API
as they are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from tickets import reports
from tickets.catalogue import categories
from tickets.choices import ClockMode, ClockState, HoldReason, LimitUnit, Stage, Status, Verb
from worktime.models import WorkDay
from worktime.reports import current_calendar

# More stretches of days off than this are counted instead of listed.
LISTED = 4
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
# With either of these somebody says something to the resident.
SPOKEN = (Stage.CONTACT, Stage.WORD)
CALENDAR = "calendar"
STOPS = "。.；; "


@dataclass(frozen=True)
class PromiseTold:
    """What a page tells of one promise; moments are None where there is nothing to say."""

    first_due_at: datetime | None
    moved_because: str
    why: tuple[str, ...]
    next_word_at: datetime | None
    is_word_late: bool
    confirm_by: datetime | None


def promise_of(ticket, clocks, events, at, *, is_others=False):
    """Return what the resident is told of a matter's promise (one query for names of holidays).

    `clocks` are those of its present cycle, `events` all of its events in order. `is_others`: the
    reader's own matter was joined to this one.
    """
    by_stage = {clock.stage: clock for clock in clocks}
    resolve, confirm = by_stage.get(Stage.RESOLVE), by_stage.get(Stage.CONFIRM)
    is_promised = ticket.is_open and resolve is not None and resolve.due_at is not None
    moved = causes(resolve, events, is_others) if is_promised and resolve.was_moved else []
    word_at = next_word(ticket, by_stage) if is_promised else None
    return PromiseTold(
        first_due_at=resolve.first_due_at if moved else None,
        moved_because=_clauses(moved),
        why=why(resolve, at) if is_promised else (),
        next_word_at=word_at,
        is_word_late=word_at is not None and word_at < at,
        confirm_by=confirm.due_at if confirm and ticket.status == Status.RESOLVED else None,
    )


def next_word(ticket, by_stage):
    """Return by when the resident hears from somebody again, None when the answer comes first."""
    if ticket.waiting_for == HoldReason.RESIDENT:
        return None
    clocks = [by_stage[stage] for stage in SPOKEN if stage in by_stage]
    due = [clock.due_at for clock in clocks if clock.state == ClockState.RUNNING]
    first = min(due, default=None)
    return first if first and first < ticket.due_at else None


# --- Why it moved --------------------------------------------------------------------------


def causes(clock, events, is_others=False):
    """Return why a promise is another one than the first, in the order in which it happened."""
    found = [*_decisions(clock, events), *_waits(clock, is_others)]
    found.sort(key=lambda pair: pair[0])
    told = dict.fromkeys(sentence for _moment, sentence in found)
    if clock.moved_by == CALENDAR:
        told[_("the working days or the office hours have changed")] = None
    return list(told)


def _decisions(clock, events):
    """Yield (moment, sentence) of every extension and every other time limit of this cycle."""
    limit = None
    for event in events:
        if event.cycle != clock.cycle:
            continue
        terms = terms_of(event)
        if terms and limit and terms != limit:
            yield event.at, _new_limit(event)
        limit = terms or limit
        if event.verb == Verb.GRANT_EXTENSION:
            # It stands inside a sentence, which has a stop of its own.
            reason = event.data["why"].rstrip(STOPS)
            yield event.at, _("more time is needed: %(why)s") % {"why": reason}


def terms_of(event):
    """Return what an event promises for the matter itself as (mode, amount, unit), or None."""
    limit = (event.data.get("limits") or {}).get(Stage.RESOLVE)
    return (limit["mode"], limit["amount"], limit["unit"]) if limit else None


def _new_limit(event):
    if event.verb == Verb.CHANGE_POLICY:
        return _("the time limits have changed")
    name = categories.get(event.data["category"], "")
    return _("it belongs to “%(category)s”, which has its own time limit") % {"category": name}


def _waits(clock, is_others):
    """Yield (moment, sentence) of every wait that took open time."""
    calendar = current_calendar(clock.mode)
    for start, end, reason in clock.pauses:
        start, end = datetime.fromisoformat(start), datetime.fromisoformat(end)
        if calendar.within(start, end):
            yield start, _wait(reason, is_others)


def _wait(reason, is_others):
    if reason == HoldReason.RESIDENT and not is_others:
        return _("it had to wait for an answer from you")
    return _("it had to wait (%(reason)s)") % {"reason": HoldReason(reason).label}


# --- Why this day --------------------------------------------------------------------------


def why(clock, at):
    """Say in one or two lines how the promised day was counted."""
    lines = (_counted(clock), _left_out(reports.promise(clock, at)))
    return tuple(line for line in lines if line)


def _counted(clock):
    start = timezone.localtime(clock.started_at)
    values = {
        "limit": _length(clock, clock.limit_amount),
        "day": said_day(start.date()),
        "time": f"{start:%H:%M}",
    }
    if clock.extra_amount:
        both = {"limit": values["limit"], "extra": _length(clock, clock.extra_amount)}
        values["limit"] = _("%(limit)s and %(extra)s more") % both
    if clock.limit_unit == LimitUnit.WORKING_DAYS:
        return _("%(limit)s, counted from the day after %(day)s.") % values
    if clock.mode == ClockMode.WALL:
        return _("%(limit)s from %(day)s, %(time)s; nights and days off count too.") % values
    return _("%(limit)s of office hours from %(day)s, %(time)s.") % values


def _length(clock, amount):
    if clock.limit_unit == LimitUnit.WORKING_DAYS:
        return ngettext("%(count)d working day", "%(count)d working days", amount) % {
            "count": amount
        }
    if amount % DAY_S == 0 and amount > DAY_S and clock.mode == ClockMode.WALL:
        return _days(amount // DAY_S)
    hours, minutes = amount // HOUR_S, amount % HOUR_S // MINUTE_S
    said = [ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}] * bool(hours)
    if minutes:
        said.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    return " ".join(said)


def _days(count):
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _left_out(promise):
    """Say which days off and which waits do not count; "" when everything does."""
    runs = runs_of(promise.closed_days)
    said = []
    if len(runs) > LISTED:
        said.append(_("%(days)s off in between") % {"days": _days(len(promise.closed_days))})
    elif runs:
        said += _named(runs)
    if promise.pauses:
        said.append(_("the time of waiting"))
    return _("Not counted: %(what)s.") % {"what": _clauses(said)} if said else ""


def _named(runs):
    """Say stretches of days off under their names: weekend (28 to 29 Nov)."""
    names, found = names_of([day for days in runs for day in days]), {}
    for days in runs:
        found.setdefault(_name(days, names), []).append(_span(days))
    return [
        _("%(name)s (%(days)s)") % {"name": name, "days": _("; ").join(spans)}
        for name, spans in found.items()
    ]


def runs_of(days):
    """Return days in stretches without a gap, as lists."""
    runs = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def names_of(days):
    """Return {day: name} of the holidays among days off; weekends need no query."""
    if all(day.weekday() > 4 for day in days):
        return {}
    named = WorkDay.objects.closed().filter(date__in=days).exclude(label="")
    return dict(named.values_list("date", "label"))


def _span(days):
    first, last = days[0], days[-1]
    if first == last:
        return said_day(first)
    words = {"first": said_day(first), "last": said_day(last)}
    if first.month == last.month:
        words = {
            "first": date_format(first, pgettext("first day of a span in one month", "j")),
            "last": date_format(last, pgettext("last day of a span in one month", "j M")),
        }
    return _("%(first)s to %(last)s") % words


def _name(days, names):
    """Return what a stretch is called; the calendar's own names are Chinese."""
    found = dict.fromkeys(names[day] for day in days if day in names)
    if not found:
        return pgettext("days off", "weekend")
    if get_language() == "en":
        return pgettext("days off", "holiday")
    return _("; ").join(found)


def _clauses(said):
    return pgettext("between clauses", "; ").join(said)


def said_day(day):
    return date_format(day, pgettext("date format", "j M"))
