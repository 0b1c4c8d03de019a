"""The duty roster: who of an organisation is there at a moment, and whether offices are open."""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Posting
from accounts.reports import Duty, Roster, day_of
from specialists.models import DutyShift
from worktime.arithmetic import CalendarError
from worktime.reports import current_calendar

DAY = datetime.timedelta(days=1)


def is_office_hours(at) -> bool:
    """Whether offices are at work at a moment; on a day without a time they are.

    The break at noon belongs to the day: contacts are called then, too. Where the calendar does not
    know the day offices count as closed: the roster is asked first and the contacts after it, so
    that nobody is missed.
    """
    if not isinstance(at, datetime.datetime):
        return True
    return any(opens <= at < closes for opens, closes in _office_days([day_of(at)]))


def shifts_at(at):
    """Return the shifts that run at a moment, those for certain days before the weekly ones."""
    rows = DutyShift.objects.at(at).filter(posting__in=Posting.objects.current(day_of(at)))
    rows = rows.filter(posting__organisation__is_active=True)
    return rows.select_related("posting__user", "posting__organisation").dated_first()


def eve_of(at):
    """Return the day before: a shift that runs now may have begun on it."""
    return day_of(at) - DAY


def on_duty(organisation, at) -> Duty | None:
    """Return who is on duty for an organisation at a moment, None where the roster has nobody."""
    shifts = list(shifts_at(at).filter(posting__organisation=organisation))
    if not shifts:
        return None
    roster = Roster([shift.posting for shift in shifts], at, since=eve_of(at))
    found = (roster.duty(shift.posting, shift.began_on(at)) for shift in shifts)
    return next(filter(None, found), None)


# --- The week of an organisation -----------------------------------------------------------


@dataclass(frozen=True)
class Watch:
    """One shift on one day: from when to when, and who is there (None: away, nobody stands in)."""

    shift: DutyShift
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    duty: Duty | None

    @property
    def phone(self):
        """The number to ring: of the night, or the stand-in's own; "" where nobody is there."""
        if self.duty is None:
            return ""
        own = "" if self.duty.is_substitute else self.shift.phone
        return own or self.duty.user.phone or ""


@dataclass(frozen=True)
class Hole:
    """A stretch outside office hours for which nobody of the organisation is there."""

    starts_at: datetime.datetime
    ends_at: datetime.datetime


@dataclass(frozen=True)
class Day:
    """One day of the roster: the shifts that begin on it and the holes that do."""

    day: datetime.date
    watches: tuple[Watch, ...]
    holes: tuple[Hole, ...]


@dataclass(frozen=True)
class Week:
    """An organisation's seven days."""

    organisation: object
    days: tuple[Day, ...]

    @property
    def holes(self):
        return [hole for day in self.days for hole in day.holes]

    @property
    def is_empty(self):
        """Whether the roster names nobody in this week."""
        return not any(day.watches for day in self.days)


def monday_of(day):
    return day - DAY * day.weekday()


def weeks(organisations, monday) -> list[Week]:
    """Return the roster of each organisation for the week that begins on `monday`.

    Two queries, and the calendar that is kept in memory.
    """
    days = [monday + DAY * number for number in range(7)]
    rows = DutyShift.objects.between(monday - DAY, days[-1]).filter(
        posting__organisation__in=organisations, posting__user__is_active=True
    )
    rows = list(rows.select_related("posting__user").dated_first())
    roster = Roster({row.posting for row in rows}, days[-1], since=monday - DAY)
    office = _office_days(days)
    mine = {}
    for row in rows:
        mine.setdefault(row.posting.organisation_id, []).append(row)
    return [_week(each, days, mine.get(each.pk, []), roster, office) for each in organisations]


def _week(organisation, days, shifts, roster, office):
    watches = [
        Watch(shift, *shift.span(day), _person_of(shift, day, roster))
        for day in (days[0] - DAY, *days)
        for shift in shifts
        if shift.begins_on(day)
    ]
    watches.sort(key=lambda watch: watch.starts_at)
    covered = office + [(each.starts_at, each.ends_at) for each in watches if each.duty]
    holes = _uncovered(_midnight(days[0]), _midnight(days[-1] + DAY), covered)
    return Week(
        organisation,
        tuple(
            Day(
                day,
                tuple(each for each in watches if day_of(each.starts_at) == day),
                tuple(each for each in holes if day_of(each.starts_at) == day),
            )
            for day in days
        ),
    )


def _person_of(shift, day, roster):
    posting = shift.posting
    if posting.valid_from > day or (posting.valid_to and posting.valid_to < day):
        return None
    return roster.duty(posting, day)


def _midnight(day):
    return datetime.datetime.combine(day, datetime.time.min, timezone.get_default_timezone())


def _office_days(days):
    """Return from when to when offices work on these days; nothing for one that is not known."""
    found = []
    try:
        calendar = current_calendar()
        for day in days:
            spans = calendar.spans(_midnight(day), _midnight(day + DAY))
            found += [(spans[0][0], spans[-1][1])] if spans else []
    except CalendarError:
        # The days up to here are known.
        pass
    return found


def _uncovered(start, end, spans):
    """Return the holes between the spans, each ending at midnight so that it belongs to a day."""
    holes, at = [], start
    for begins, ends in sorted(spans):
        if begins > at:
            holes += _by_days(at, min(begins, end))
        at = max(at, ends)
    return [*holes, *_by_days(at, end)]


def _by_days(start, end):
    while start < end:
        midnight = min(_midnight(day_of(start) + DAY), end)
        yield Hole(start, midnight)
        start = midnight
