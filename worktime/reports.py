"""The calendar in force, and how far its days can be trusted."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone

from common.maps import NameMap
from common.models import Version
from worktime.arithmetic import CalendarHorizon, WorkCalendar, gettext_noop
from worktime.models import CalendarVersion, WorkDay

VERSION_NAME = "worktime"
WARNING_MONTH = 12  # the notice on the next year is out by then: 4 November in 2025
WANTED_DAYS = 90  # settled days ahead; with fewer a person looks for the notice


def current_calendar(mode: str = "business") -> WorkCalendar:
    """Return the calendar in force ("business") or the plain clock ("wall").

    Safe to call for every ticket: the calendar is kept in memory and the database is asked at
    most once in `settings.NAME_MAP_SECONDS` whether it has changed. Raises CalendarHorizon when
    no calendar is loaded, or when it is asked about a day that the day table does not hold.
    """
    if mode == "wall":
        return WALL
    return _calendars[mode]


def proposed_calendar(*, weekly=None, seasons=None, days=None) -> WorkCalendar:
    """Return the calendar in force with these hours, or {date: is_working}, in place of its own.

    Nothing is stored. Raises CalendarHorizon when no calendar is loaded or a day is not in it,
    CalendarError when the hours contradict themselves.
    """
    version = CalendarVersion.objects.active().first()
    if version is None:
        raise CalendarHorizon(gettext_noop("No opening hours have been published."))
    held = dict(WorkDay.objects.order_by("date").values_list("date", "is_working"))
    for day in sorted(days or ()):
        if day not in held:
            template = gettext_noop("%(day)s is not in the calendar. Load its year first.")
            raise CalendarHorizon(template, day=day.isoformat())
    spec = calendar_spec(
        weekly=version.weekly if weekly is None else weekly,
        seasons=version.seasons if seasons is None else seasons,
        days=(held | (days or {})).items(),
    )
    return WorkCalendar.from_spec(spec)


def calendar_revision() -> int:
    """Return a number that moves with every change of the hours or of a day."""
    return Version.objects.current(VERSION_NAME)


def forget_calendar() -> None:
    """Forget the calendar kept in this process; the next call loads it."""
    _calendars.clear()


def calendar_spec(*, weekly, seasons, days) -> dict:
    """Join hours and (date, is_working) pairs into the form that WorkCalendar reads.

    Raises CalendarHorizon when there are no days or when one between the first and the last is
    missing: what the table does not say is not known.
    """
    days = sorted(days)
    if not days:
        raise CalendarHorizon(gettext_noop("No days are loaded into the working calendar."))
    first, last = days[0][0], days[-1][0]
    if (last - first).days + 1 != len(days):
        raise CalendarHorizon(gettext_noop("The working calendar has days missing."))
    return {
        "mode": "business",
        "tz": settings.TIME_ZONE,
        "weekly": weekly,
        "seasons": seasons,
        "holidays": [day.isoformat() for day, is_working in days if not is_working],
        "workdays": {
            day.isoformat(): None for day, is_working in days if is_working and day.weekday() > 4
        },
        "horizon": [first.isoformat(), last.isoformat()],
    }


def provisional_years(at=None) -> list[int]:
    """List the years that need a person now: provisional or missing in the day table.

    This year always counts, the next one from 1 December (Shanghai time).
    """
    today = timezone.localdate(at)
    years = [today.year] + [today.year + 1] * (today.month >= WARNING_MONTH)
    held = set(WorkDay.objects.in_years(*years).years())
    guessed = set(WorkDay.objects.in_years(*years).provisional().years())
    return [year for year in years if year not in held or year in guessed]


@dataclass(frozen=True)
class Coverage:
    """How far the day table reaches; `days_left` counts the settled days after today."""

    first: date | None
    last: date | None
    provisional_from: date | None
    days_left: int

    @property
    def is_short(self) -> bool:
        """Whether a person should look for the next year's notice now."""
        return self.days_left < WANTED_DAYS

    @property
    def settled_until(self) -> date | None:
        """The last day before the first provisional one, or of the table."""
        return self.provisional_from - timedelta(days=1) if self.provisional_from else self.last


def coverage(at=None) -> Coverage:
    """Say how many days ahead the calendar is settled, for health checks."""
    today = timezone.localdate(at)
    ends = WorkDay.objects.aggregate(first=Min("date"), last=Max("date"))
    ahead = WorkDay.objects.filter(date__gte=today)
    provisional_from = ahead.provisional().values_list("date", flat=True).first()
    days_left = 0
    if ends["last"]:
        settled = (provisional_from - today).days - 1 if provisional_from else None
        days_left = max((ends["last"] - today).days if settled is None else settled, 0)
    return Coverage(ends["first"], ends["last"], provisional_from, days_left)


def _load():
    return {"business": proposed_calendar()}


WALL = WorkCalendar.from_spec({"mode": "wall", "tz": settings.TIME_ZONE})
_calendars = NameMap(VERSION_NAME, _load)
