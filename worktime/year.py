"""A year of the calendar as a person reads it: months, kinds of day, and the hours that hold."""

from calendar import Calendar
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from django.utils.dates import WEEKDAYS as DAY_NAMES

from worktime.arithmetic import WEEKDAYS
from worktime.models import WorkDay

LEAP_YEAR = 2024  # so that 29 February may belong to a season


class DayKind(StrEnum):
    """What somebody wants to know of a day at a glance."""

    WORKED = "worked"
    MAKE_UP = "make_up"
    WEEKEND = "weekend"
    OFF = "off"


@dataclass(frozen=True)
class Run:
    """Days in a row of one kind and name that are not an ordinary week."""

    first: date
    last: date
    kind: DayKind
    label: str


@dataclass(frozen=True)
class Month:
    """`weeks` are lists of seven, each a (WorkDay, kind) pair or None outside the month.

    `season` is the first and last day of the month on which a season's hours hold.
    """

    first: date
    weeks: list
    worked: int
    provisional: int
    runs: list[Run]
    season: tuple[date, date] | None
    is_all_season: bool


@dataclass(frozen=True)
class Year:
    """Twelve months; `confirmed` and `sources` are (name, number of days), the most first."""

    number: int
    months: list[Month]
    days: int
    worked: int
    provisional: int
    unconfirmed: int
    confirmed: list[tuple[str, int]]
    sources: list[tuple[str, int]]

    @property
    def days_confirmed(self) -> int:
        return self.days - self.unconfirmed


@dataclass(frozen=True)
class DayHours:
    """The same hours on weekdays in a row, named; `gaps` lie between the spans."""

    first: str
    last: str
    spans: list
    gaps: list


@dataclass(frozen=True)
class Season:
    """A part of every year with its own hours; first and last day stand in a leap year."""

    first: date
    last: date
    week: list[DayHours]


def kind_of(day: WorkDay) -> DayKind:
    is_weekend = day.date.weekday() > 4
    if day.is_working:
        return DayKind.MAKE_UP if is_weekend else DayKind.WORKED
    return DayKind.WEEKEND if is_weekend and not day.label else DayKind.OFF


def year_of(number: int, days, seasons=()) -> Year:
    """Lay out the days of one year, in order of date, under the seasons of the hours in force."""
    days = list(days)
    in_season = {day for day, those in seasons_of_the_year(seasons).items() if those}
    months = [_month(date(number, month, 1), days, in_season) for month in range(1, 13)]
    return Year(
        number=number,
        months=months,
        days=len(days),
        worked=sum(month.worked for month in months),
        provisional=sum(month.provisional for month in months),
        unconfirmed=sum(day.confirmed_at is None for day in days),
        confirmed=Counter(day.confirmed_by for day in days if day.confirmed_by).most_common(),
        sources=Counter(day.source for day in days).most_common(),
    )


def seasons_of_the_year(seasons) -> dict[str, list]:
    """Return {"MM-DD": the seasons that hold on it} for every day of a year."""
    first = date(LEAP_YEAR, 1, 1)
    days = [(first + timedelta(days=n)).strftime("%m-%d") for n in range(366)]
    return {day: [season for season in seasons if _holds(season, day)] for day in days}


def week_of(weekly) -> list[DayHours]:
    """Group the weekdays that are worked by their hours."""
    named = [(n, sorted(weekly.get(name) or [])) for n, name in enumerate(WEEKDAYS)]
    groups = [(spans, list(those)) for spans, those in groupby(named, itemgetter(1))]
    return [
        DayHours(DAY_NAMES[those[0][0]], DAY_NAMES[those[-1][0]], spans, _gaps(spans))
        for spans, those in groups
        if spans
    ]


def seasons_of(seasons) -> list[Season]:
    """Return the seasons of a calendar version to be read, in the order they are kept."""
    return [
        Season(_day(season["from"]), _day(season["to"]), week_of(season["weekly"]))
        for season in seasons
    ]


def _month(first, days, in_season):
    held = {day.date: day for day in days if day.date.month == first.month}
    weeks = [
        [(held[d], kind_of(held[d])) if d in held else None for d in week]
        for week in Calendar().monthdatescalendar(first.year, first.month)
    ]
    seasonal = [day for day in held if day.strftime("%m-%d") in in_season]
    return Month(
        first=first,
        weeks=weeks,
        worked=sum(day.is_working for day in held.values()),
        provisional=sum(day.is_provisional for day in held.values()),
        runs=_runs(held.values()),
        season=(seasonal[0], seasonal[-1]) if seasonal else None,
        is_all_season=len(seasonal) == len(held),
    )


def _runs(days):
    runs = []
    for day in days:
        kind = kind_of(day)
        if not day.label and kind in (DayKind.WORKED, DayKind.WEEKEND):
            continue
        before = runs[-1] if runs else None
        follows = before and before.last + timedelta(days=1) == day.date
        if follows and (before.kind, before.label) == (kind, day.label):
            runs[-1] = Run(before.first, day.date, kind, day.label)
        else:
            runs.append(Run(day.date, day.date, kind, day.label))
    return runs


def _holds(season, day):
    first, last = season["from"], season["to"]
    return first <= day <= last if first <= last else day >= first or day <= last


def _day(text):
    return date.fromisoformat(f"{LEAP_YEAR}-{text}")


def _gaps(spans):
    return [[a[1], b[0]] for a, b in zip(spans, spans[1:], strict=False)]
