"""What a page shows of a clock: every stretch that makes up its date, and how far it has run.

The stretches are all there is between the start and the due time: what is counted adds up to the
limit with what was granted, and what lies between has a name. Nothing here asks the database but
for the names of the calendar's days, which stay in memory.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from common.maps import NameMap
from tickets.choices import (
    HALF,
    LATE,
    MOST,
    STEPS,
    YELLOW_CARD,
    ClockMode,
    HoldReason,
    LimitUnit,
)
from worktime.arithmetic import CalendarHorizon
from worktime.models import WorkDay
from worktime.reports import VERSION_NAME, current_calendar

DAY = timedelta(days=1)
# The calendar's days have Chinese names, as the State Council's notice gives them.
IN_ENGLISH = {
    "元旦": "New Year",
    "春节": "Spring Festival",
    "农历除夕": "Spring Festival's Eve",
    "清明节": "Tomb-Sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}
BETWEEN = "、"
MAKE_UP = "调休上班"


def _load_names():
    return dict(WorkDay.objects.exclude(label="").values_list("date", "label"))


_names = NameMap(VERSION_NAME, _load_names)


def name_of_day(day):
    """Return what the calendar calls this day off, or the holiday it is worked for; "" for none."""
    return _in_words(_names.get(day, "").removesuffix(MAKE_UP))


def _in_words(label):
    """Return the calendar's name of one holiday or several in the language of the page."""
    if get_language() != "en":
        return label
    return ", ".join(IN_ENGLISH.get(name, name) for name in label.split(BETWEEN))


# --- Why this date -------------------------------------------------------------------------


class Kind(StrEnum):
    """What a stretch of time is to a promise."""

    COUNTED = "counted"
    FIRST_DAY = "first_day"
    AFTER_HOURS = "after_hours"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    WAITED = "waited"
    LATER = "later"


OFF = frozenset({Kind.WEEKEND, Kind.HOLIDAY, Kind.CLOSED})
DAY_BY_DAY = OFF | {Kind.COUNTED}


@dataclass(frozen=True)
class Line:
    """One stretch between start and due time, as a reader adds it up.

    `first` and `last` are days, or moments where the time of day matters. `seconds` are of the
    clock's own time: counted, lost by waiting, or added for it. `number` is that of the first of
    `days` counted towards a limit in days. `hours` are those of each day.
    """

    kind: Kind
    first: date
    last: date
    seconds: int = 0
    days: int = 0
    number: int = 0
    name: str = ""
    hours: tuple[tuple[time, time], ...] = ()

    @property
    def last_number(self):
        return self.number + self.days - 1

    @property
    def is_make_up(self):
        """Whether these are weekend days that are worked for days off elsewhere."""
        is_counted = self.kind in (Kind.COUNTED, Kind.FIRST_DAY)
        return is_counted and bool(self.name) and self.first.weekday() > 4

    @property
    def is_by_moments(self):
        """Whether it is time counted from one moment to another, as round the clock."""
        return self.kind == Kind.COUNTED and isinstance(self.first, datetime)

    @property
    def is_one_day(self):
        return _day(self.first) == _day(self.last)


@dataclass(frozen=True)
class Wait:
    """A pause of a clock; `seconds` of its own time fell into it."""

    start: datetime
    end: datetime
    reason: str
    seconds: int

    @property
    def why(self):
        return HoldReason(self.reason).label if self.reason in HoldReason.values else ""


def waits_of(clock):
    """Return the pauses that begin before the due time, in order."""
    calendar = current_calendar(clock.mode)
    found = []
    for start, end, reason in clock.pauses:
        start, end = datetime.fromisoformat(start), datetime.fromisoformat(end)
        if start < clock.due_at:
            found.append(Wait(start, end, reason, calendar.within(start, end)))
    return sorted(found, key=lambda wait: wait.start)


def lines_of(clock):
    """Return the Lines from a clock's start to its due time, in order."""
    waits = waits_of(clock)
    if clock.mode == ClockMode.WALL:
        return _round_the_clock(clock, waits)
    if clock.limit_unit == LimitUnit.WORKING_DAYS:
        return _merged(_in_days(clock, waits))
    return _merged(_in_hours(clock, waits))


def _round_the_clock(clock, waits):
    lines, here = [], clock.started_at
    for wait in waits:
        lines += [_counted(here, wait.start)] if wait.start > here else []
        lines.append(_waited(wait))
        here = wait.end
    return [*lines, _counted(here, clock.due_at)] if clock.due_at > here else lines


def _counted(start, end):
    seconds = int((end - start).total_seconds())
    return Line(Kind.COUNTED, timezone.localtime(start), timezone.localtime(end), seconds)


def _waited(wait):
    start, end = timezone.localtime(wait.start), timezone.localtime(wait.end)
    return Line(Kind.WAITED, start, end, wait.seconds, name=str(wait.why))


def _in_hours(clock, waits):
    """Return a line for every day and wait of a limit in opening hours."""
    calendar = current_calendar(clock.mode)
    pieces = _by_day(_outside(calendar.spans(clock.started_at, clock.due_at), waits))
    lines = [_waited(wait) for wait in waits]
    for day in _days(clock.started_at, clock.due_at):
        if day in pieces:
            lines.append(_hours_of(day, pieces[day]))
        elif not _is_worked(calendar, day):
            lines.append(_off(day))
        elif day == timezone.localdate(clock.started_at) and not _is_waited(day, waits):
            lines.append(Line(Kind.AFTER_HOURS, timezone.localtime(clock.started_at), day))
    return sorted(lines, key=_moment)


def _hours_of(day, spans):
    seconds = sum(int((end - start).total_seconds()) for start, end in spans)
    hours = tuple((start.time(), end.time()) for start, end in spans)
    return Line(Kind.COUNTED, day, day, seconds, days=1, name=_make_up(day), hours=hours)


def _in_days(clock, waits):
    """Return a line for every day and wait of a limit in working days.

    The date of the start is not counted; what was lost by waiting is added after the last day.
    """
    calendar = current_calendar(clock.mode)
    amount = clock.limit_amount + clock.extra_amount
    plain = calendar.add_working_days(clock.started_at, amount)
    started, last = timezone.localdate(clock.started_at), timezone.localdate(plain)
    lines, number = [_waited(wait) for wait in waits], 0
    for day in _days(clock.started_at, max(plain, clock.due_at)):
        if day == started:
            moment = timezone.localtime(clock.started_at)
            lines.append(Line(Kind.FIRST_DAY, moment, day, name=name_of_day(day)))
        elif not _is_worked(calendar, day):
            lines.append(_off(day))
        elif day <= last:
            number += 1
            lines.append(Line(Kind.COUNTED, day, day, days=1, number=number, name=_make_up(day)))
    if clock.due_at > plain:
        start, end = timezone.localtime(plain), timezone.localtime(clock.due_at)
        lines.append(Line(Kind.LATER, start, end, calendar.within(plain, clock.due_at)))
    return sorted(lines, key=_moment)


def _days(start, end):
    """Yield the days in Shanghai from one moment to another."""
    day, last = timezone.localdate(start), timezone.localdate(end)
    while day <= last:
        yield day
        day += DAY


def _outside(spans, waits):
    """Return the parts of the spans that no wait covers."""
    for wait in waits:
        cut = []
        for start, end in spans:
            cut += [(start, min(end, wait.start))] if start < wait.start else []
            cut += [(max(start, wait.end), end)] if end > wait.end else []
        spans = cut
    return spans


def _by_day(spans):
    found = {}
    for start, end in spans:
        start, end = timezone.localtime(start), timezone.localtime(end)
        found.setdefault(start.date(), []).append((start, end))
    return found


def _is_worked(calendar, day):
    midnight = _midnight(day)
    return calendar.within(midnight, midnight + DAY) > 0


def _is_waited(day, waits):
    midnight = _midnight(day)
    return any(wait.start < midnight + DAY and wait.end > midnight for wait in waits)


def _off(day):
    name = name_of_day(day)
    plain = Kind.WEEKEND if day.weekday() > 4 else Kind.CLOSED
    return Line(Kind.HOLIDAY if name else plain, day, day, days=1, name=name)


def _make_up(day):
    return name_of_day(day) if day.weekday() > 4 else ""


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def _day(moment):
    return moment.date() if isinstance(moment, datetime) else moment


def _moment(line):
    """Return where a line stands in time; days before what happens on them."""
    is_moment = isinstance(line.first, datetime)
    return line.first if is_moment else _midnight(line.first)


def _merged(lines):
    """Put days in a row that are alike into one line."""
    found = []
    for line in lines:
        before = found[-1] if found else None
        if before and _is_alike(before, line):
            days, seconds = before.days + line.days, before.seconds + line.seconds
            name = _both_names(before.name, line.name)
            found[-1] = replace(before, last=line.last, days=days, seconds=seconds, name=name)
        else:
            found.append(line)
    return found


def _is_alike(before, line):
    if (before.kind, before.hours) != (line.kind, line.hours):
        return False
    if line.kind == Kind.COUNTED and before.name != line.name:
        return False
    return line.kind in DAY_BY_DAY and line.first - before.last == DAY


def _both_names(before, name):
    """Join the names of holidays that follow each other, each once."""
    between = ", " if get_language() == "en" else BETWEEN
    return between.join(dict.fromkeys([*before.split(between), *name.split(between)]))


def days_off(lines):
    """Return every day among the lines on which nobody works."""
    return tuple(
        line.first + number * DAY
        for line in lines
        if line.kind in OFF
        for number in range(line.days)
    )


# --- How far it has run --------------------------------------------------------------------


def ran(clock, start, end):
    """Return for how many seconds of its own time a clock ran between two moments.

    None past the last day that the working calendar knows.
    """
    waits = [(wait.start, wait.end) for wait in waits_of(clock)]
    try:
        return current_calendar(clock.mode).within(start, end, waits)
    except CalendarHorizon:
        return None


LEVEL_WORDS = {
    HALF: gettext_lazy("Half of the time"),
    MOST: gettext_lazy("Four fifths of the time"),
    YELLOW_CARD: gettext_lazy("Yellow card, one working day left"),
    LATE: gettext_lazy("Red card, late"),
    STEPS[0]: gettext_lazy("Still late"),
    STEPS[1]: gettext_lazy("Late for long"),
    STEPS[2]: gettext_lazy("Late beyond the last step"),
}
SHORT_WORDS = {
    HALF: "50%",
    MOST: "80%",
    YELLOW_CARD: pgettext_lazy("card", "yellow"),
    LATE: pgettext_lazy("card", "red"),
}
SIGNS = {YELLOW_CARD: "yellow", LATE: "red"}
# Two words closer than this share of the scale would run into each other.
ROOM_FOR_A_WORD = 17


@dataclass(frozen=True)
class Mark:
    """A level on the scale: where, with which sign, and its word where there is room for it."""

    share: float
    level: int
    sign: str
    word: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Scale:
    """The time of a clock from its start to its end, or to now when it is late, in per cent."""

    used: float
    due: float
    marks: tuple[Mark, ...]

    @property
    def over(self):
        """How much of the scale lies after the due time and is gone."""
        return max(self.used - self.due, 0)


def scale_of(clock, at):
    """Return how far a clock has run and where its levels lie, by its own time.

    None past the last day that the working calendar knows.
    """
    now = clock.stopped_at or at
    levels = [(level, datetime.fromtimestamp(instant, UTC)) for level, instant in clock.thresholds]
    end = clock.due_at
    if now > clock.due_at:
        end = min((moment for _level, moment in levels if moment > now), default=now)
    whole = ran(clock, clock.started_at, end)
    if whole is None:
        return None

    def share(moment):
        return round(100 * ran(clock, clock.started_at, min(moment, end)) / (whole or 1), 1)

    marks = [
        Mark(share(moment), level, SIGNS.get(level, ""))
        for level, moment in levels
        if moment <= end
    ]
    return Scale(share(now), share(clock.due_at), tuple(_with_words(marks)))


def _with_words(marks):
    """Give words to the marks that have room for one, the red card before all others."""
    red = next((mark.share for mark in marks if mark.level == LATE), None)
    last = -ROOM_FOR_A_WORD
    for mark in marks:
        is_free = mark.share - last >= ROOM_FOR_A_WORD and (
            red is None or mark.level >= LATE or red - mark.share >= ROOM_FOR_A_WORD
        )
        if mark.level in SHORT_WORDS and is_free:
            last = mark.share
            anchor = "end" if mark.share > 92 else "start" if mark.share < 8 else "middle"
            yield replace(mark, word=str(SHORT_WORDS[mark.level]), anchor=anchor)
        else:
            yield mark
