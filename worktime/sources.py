"""What two libraries say of a year's days; asked when a year is imported, never at run time."""

from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from typing import NamedTuple

import chinese_calendar
import holidays

# The library shortens three names; the State Council's notice does not.
FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}
MAKE_UP = "%s调休上班"


class Reading(NamedTuple):
    """One library's word on one day."""

    is_working: bool
    label: str


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def published(year: int) -> dict[date, Reading] | None:
    """Read the year from chinesecalendar; None while its notice is not in the library."""
    try:
        return {day: _published_day(day) for day in days_of(year)}
    except NotImplementedError:
        return None


def statutory(year: int) -> dict[date, Reading]:
    """Read the year from holidays, which answers any year.

    For a year whose notice is not out it knows the statutory days but no make-up day.
    """
    china = holidays.China(years=year, language="zh_CN")
    readings = {}
    for day in days_of(year):
        label = china.get(day, "")
        is_working = not label and (day.weekday() < 5 or day in china.weekend_workdays)
        readings[day] = Reading(is_working, label)
    return readings


@cache
def names() -> tuple[str, str]:
    """Name both sources with the releases in use, the published one first."""
    return (
        f"chinesecalendar {version('chinesecalendar')}",
        f"holidays {version('holidays')}",
    )


def _published_day(day):
    is_holiday, name = chinese_calendar.get_holiday_detail(day)
    if not name:
        return Reading(not is_holiday, "")
    chinese = chinese_calendar.Holiday(name).chinese
    chinese = FULL_NAMES.get(chinese, chinese)
    return Reading(not is_holiday, chinese if is_holiday else MAKE_UP % chinese)
