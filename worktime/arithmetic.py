"""Count open seconds on a working calendar, exactly: prefix sums over spans, found by bisection."""

import json
import re
import threading
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from operator import index
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MODES = ("business", "wall")
DEFAULT_TZ = "Asia/Shanghai"
DAY_SECONDS = 86_400
FIRST_YEAR, LAST_YEAR = 2, 9998  # a year inside datetime's range, so that no zone offset overflows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = 2**62  # the end of an open pause, later than any instant
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation by whoever shows it; this module needs no Django."""
    return text


class CalendarError(ValueError):
    """A calendar, an instant or a pause that cannot be reckoned with.

    ``template`` is the English sentence with %-names and ``params`` fills it, so that a caller
    may translate the one and keep the other.
    """

    def __init__(self, template: str, **params):
        self.template = template
        self.params = params
        super().__init__(template % params)


class CalendarHorizon(CalendarError):
    """The answer lies outside the days the calendar knows; a date would be a guess."""


def _refused(template: str, text) -> CalendarError:
    return CalendarError(template, text=text)


class _Table(NamedTuple):
    """A run of whole years laid out as spans. Never changed, so threads may read it unlocked."""

    years: range
    first: int  # epoch seconds at which the run begins
    last: int  # and ends
    starts: list[int]
    ends: list[int]
    after: list[int]  # open seconds from the start of the run to the end of each span
    day_ends: list[int]  # closing time of each working day


class WorkCalendar:
    """The open time of one calendar, and the two questions asked of it: when, and how long.

    An instant is an aware datetime, cut to its whole second; durations are integer seconds of
    open time. ``add`` gives the *earliest* instant at which the time is used up, so a target
    used up at closing time is due at closing time, not at the next opening. A pause takes away
    open time only. Years are laid out when first asked for and then kept.
    """

    def __init__(self, *, mode, zone, rules, holidays, workdays, breaks, horizon):
        self.mode, self.zone, self.horizon = mode, zone, horizon
        self._rules, self._holidays = rules, holidays
        self._workdays, self._breaks = workdays, breaks
        self._is_recurring = any(any(rule) for rule in rules.values())
        self._last_dated_year = max((day.year for day in workdays), default=FIRST_YEAR)
        self._lock = threading.Lock()
        self._table = None
        first, last = self._known = horizon or (date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
        self._limits = (self._midnight(first), self._midnight(last + timedelta(days=1)))

    @classmethod
    def from_spec(cls, spec) -> "WorkCalendar":
        """Read a calendar from its JSON form (a mapping, or its text).

        Keys: mode, tz, weekly, seasons, holidays, workdays, breaks, horizon; a missing key is
        empty, a missing weekday is closed. Raises CalendarError when it contradicts itself.
        """
        if isinstance(spec, str):
            spec = json.loads(spec)
        mode = spec.get("mode", "business")
        if mode not in MODES:
            raise _refused(gettext_noop("“%(text)s” is no kind of calendar."), mode)
        name = spec.get("tz") or DEFAULT_TZ
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise _refused(gettext_noop("“%(text)s” is no time zone."), name) from None
        horizon = spec.get("horizon")
        if horizon:
            horizon = tuple(_date(text) for text in horizon)
            if len(horizon) != 2 or horizon[0] > horizon[1]:
                raise CalendarError(gettext_noop("The calendar ends before it begins."))
        return cls(
            mode=mode,
            zone=zone,
            rules=_rules_of_the_year(
                _weekly(spec.get("weekly") or {}),
                [_season(season) for season in spec.get("seasons") or ()],
            ),
            holidays={_date(text) for text in spec.get("holidays") or ()},
            workdays={
                _date(text): None if spans is None else _spans(spans)
                for text, spans in (spec.get("workdays") or {}).items()
            },
            breaks={
                _date(text): _spans(spans, may_overlap=True)
                for text, spans in (spec.get("breaks") or {}).items()
            },
            # Clock time needs no table of days.
            horizon=horizon if horizon and mode == "business" else None,
        )

    # Questions

    def add(self, start: datetime, seconds: int, pauses=()) -> datetime | None:
        """Find the earliest instant at which ``seconds`` of open time have passed since start.

        None: never, because an open pause swallows the rest or the calendar opens no more.
        Raises CalendarHorizon when the days needed are not known.
        """
        begin, seconds = _epoch(start), _duration(seconds)
        if not pauses:
            return _instant(self._after(begin, seconds))
        return _instant(self._due(begin, seconds, _merged(pauses)))

    def within(self, start: datetime, end: datetime, pauses=()) -> int:
        """Count the open seconds in [start, end) that no pause covers; 0 if end is not later."""
        return self._elapsed(_epoch(start), _epoch(end), _merged(pauses))

    def thresholds(self, start: datetime, seconds: int, percents, pauses=()) -> list:
        """Find the instants at which these percentages of a target are used up, in this order.

        A share of a second counts as a whole one: the level is reached, never nearly reached.
        """
        begin, target, pauses = _epoch(start), _duration(seconds), _merged(pauses)
        shares = [-(-target * _duration(percent) // 100) for percent in percents]
        return [_instant(self._due(begin, share, pauses)) for share in shares]

    def add_working_days(self, start: datetime, days: int, pauses=()) -> datetime | None:
        """Find the close of the n-th working day after the start's local date.

        The start date is not counted. Pauses move the answer by the open time they cover, as
        they do everywhere else: a day-long pause costs a day, a ten-minute one ten minutes.
        """
        if _duration(days) == 0:
            raise CalendarError(gettext_noop("A limit in working days begins with one day."))
        begin, pauses = _epoch(start), _merged(pauses)
        due = self._close_of_day(begin, days)
        if due is not None and pauses:
            due = self._due(begin, self._elapsed(begin, due, ()), pauses)
        return _instant(due)

    def is_open(self, t: datetime) -> bool:
        """Tell whether the second that begins at t is open time."""
        t = _epoch(t)
        if self.mode == "wall":
            return True
        self._covering(t)
        table = self._covering(t + 1)
        i = bisect_right(table.starts, t) - 1
        return i >= 0 and t < table.ends[i]

    def next_open(self, t: datetime) -> datetime | None:
        """Find the first open instant from t on: t itself when open; None: it opens no more."""
        t = _epoch(t)
        if self.mode == "wall":
            return _instant(t)
        due = self._due(t, 1, ())  # the first open second ends one later than it begins
        return None if due is None else _instant(due - 1)

    def spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """List the open spans in [start, end), cut to it; spans that touch are one."""
        begin, stop = _epoch(start), _epoch(end)
        if stop <= begin:
            return []
        if self.mode == "wall":
            return [(_instant(begin), _instant(stop))]
        self._covering(begin)
        table = self._covering(stop)
        found = []
        for i in range(bisect_right(table.ends, begin), bisect_left(table.starts, stop)):
            opens, closes = max(table.starts[i], begin), min(table.ends[i], stop)
            if found and found[-1][1] == opens:
                opens = found.pop()[0]
            found.append((opens, closes))
        return [(_instant(opens), _instant(closes)) for opens, closes in found]

    # Sums

    def _open_between(self, begin: int, end: int) -> int:
        """Count open seconds in [begin, end), begin <= end."""
        if self.mode == "wall":
            return end - begin
        table = self._table
        if table is None or not table.first <= begin <= end <= table.last:
            self._covering(begin)
            table = self._covering(end)
        return _before(table, end) - _before(table, begin)

    def _elapsed(self, begin: int, end: int, pauses) -> int:
        if end <= begin:
            self._covering(begin)
            return 0
        total = self._open_between(begin, end)
        for paused, resumed in pauses:
            lo, hi = max(paused, begin), min(resumed, end)
            if lo < hi:
                total -= self._open_between(lo, hi)
        return total

    def _due(self, begin: int, seconds: int, pauses) -> int | None:
        if pauses:
            self._covering(begin)
        for paused, resumed in pauses:
            if seconds == 0 or paused >= self._limits[1]:
                break
            if resumed <= begin:
                continue
            if paused > begin:
                available = self._open_between(begin, paused)
                if available >= seconds:
                    break
                seconds -= available
            if resumed == FOREVER:
                return None
            begin = resumed
        return self._after(begin, seconds)

    def _after(self, begin: int, seconds: int) -> int | None:
        """Find the instant that has ``seconds`` of open time behind it since begin."""
        if self.mode == "wall":
            if begin + seconds > self._limits[1]:
                raise self._beyond()
            return begin + seconds
        table = self._table
        if table is None or not table.first <= begin <= table.last:
            table = self._covering(begin)
        if seconds == 0:
            return begin
        target = _before(table, begin) + seconds
        while not table.after or table.after[-1] < target:
            if (table := self._later(table)) is None:
                return None
            target = _before(table, begin) + seconds  # an earlier year may have joined
        i = bisect_left(table.after, target)
        return table.ends[i] - (table.after[i] - target)

    def _close_of_day(self, begin: int, days: int) -> int | None:
        day = datetime.fromtimestamp(begin, self.zone).date()
        if self.mode == "wall":
            if days >= (self._known[1] - day).days:
                raise self._beyond()
            return self._midnight(day + timedelta(days=days + 1))
        midnight = self._midnight(day + timedelta(days=1))
        self._covering(begin)
        table = self._covering(midnight)
        while len(table.day_ends) < (due := bisect_right(table.day_ends, midnight) + days):
            if (table := self._later(table)) is None:
                return None
        return table.day_ends[due - 1]

    # Laying out years

    def _covering(self, t: int) -> _Table | None:
        """Lay out what is missing up to t (epoch seconds). Raises CalendarHorizon beyond it."""
        if self.mode == "wall":
            return None
        if not self._limits[0] <= t <= self._limits[1]:
            raise self._beyond()
        table = self._table
        if table is not None and table.first <= t <= table.last:
            return table
        year = min(datetime.fromtimestamp(t, self.zone).year, self._known[1].year)
        with self._lock:
            years = self._table.years if self._table else range(year, year + 1)
            return self._lay_out(range(min(years.start, year), max(years.stop, year + 1)))

    def _later(self, table: _Table) -> _Table | None:
        """Lay out more years after this table; None when the calendar can never open again."""
        year, last = table.years.stop, self._known[1].year
        if year > last:
            raise self._beyond()
        if not self.horizon and not self._is_recurring and year > self._last_dated_year:
            return None
        with self._lock:
            years = self._table.years
            stop = min(year + 1 + len(years) // 8, last + 1)
            return self._lay_out(range(years.start, max(years.stop, stop)))

    def _lay_out(self, years: range) -> _Table:
        """Replace the table by one of these years; the caller holds the lock."""
        held = self._table
        if held is not None and held.years == years:
            return held
        starts, ends, day_ends = [], [], []
        for year in years:
            if held is not None and year in held.years:
                if year == held.years.start:
                    starts, ends = starts + held.starts, ends + held.ends
                    day_ends = day_ends + held.day_ends
                continue
            for spans in self._open_days(year):
                starts += [opens for opens, _ in spans]
                ends += [closes for _, closes in spans]
                day_ends.append(ends[-1])
        after = list(accumulate(e - s for s, e in zip(starts, ends, strict=True)))
        first = max(self._midnight(date(years.start, 1, 1)), self._limits[0])
        last = min(self._midnight(date(years.stop, 1, 1)), self._limits[1])
        self._table = _Table(years, first, last, starts, ends, after, day_ends)
        return self._table

    def _open_days(self, year: int):
        """Yield, for each working day of the year, its open spans in epoch seconds."""
        first = max(date(year, 1, 1), self._known[0])
        last = min(date(year, 12, 31), self._known[1])
        segments = self._segments(self._midnight(first), self._midnight(last + timedelta(days=1)))
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            hours = self._hours(date.fromordinal(ordinal))
            if not hours:
                continue
            local = (ordinal - EPOCH_ORDINAL) * DAY_SECONDS
            spans = [
                (max(local + opens - offset, begin), min(local + closes - offset, end))
                for begin, end, offset in segments
                if begin < local + 2 * DAY_SECONDS - offset and local - DAY_SECONDS - offset < end
                for opens, closes in hours
            ]
            if spans := [(opens, closes) for opens, closes in spans if opens < closes]:
                yield spans

    def _hours(self, day: date) -> list[tuple[int, int]]:
        """Give one day's hours as seconds of the local day, in the order of precedence."""
        if day in self._holidays:
            return []
        rule = self._rules[day.month, day.day]
        hours = rule[day.weekday()]
        if day in self._workdays:
            # A Saturday made into a working day is worked like that season's Monday.
            own = self._workdays[day]
            hours = rule[0] if own is None else own
        for breaks_from, breaks_to in self._breaks.get(day, ()):
            hours = [
                piece
                for opens, closes in hours
                for piece in ((opens, min(closes, breaks_from)), (max(opens, breaks_to), closes))
                if piece[0] < piece[1]
            ]
        return hours

    def _segments(self, begin: int, end: int) -> list[tuple[int, int, int]]:
        """Cut [begin, end) where the zone's offset changes: (from, to, offset in seconds)."""
        segments, at, offset = [], begin, self._offset(begin)
        for lo in range(begin, end, DAY_SECONDS):
            hi = min(lo + DAY_SECONDS, end)
            if self._offset(hi) != offset:
                while hi - lo > 1:
                    middle = (lo + hi) // 2
                    lo, hi = (middle, hi) if self._offset(middle) == offset else (lo, middle)
                segments.append((at, hi, offset))
                at, offset = hi, self._offset(hi)
        segments.append((at, end, offset))
        return segments

    def _offset(self, t: int) -> int:
        return int(datetime.fromtimestamp(t, self.zone).utcoffset().total_seconds())

    def _midnight(self, day: date) -> int:
        return _epoch(datetime(day.year, day.month, day.day, tzinfo=self.zone))

    def _beyond(self) -> CalendarHorizon:
        first, last = self._known
        template = gettext_noop("The working calendar only knows the days %(first)s to %(last)s.")
        return CalendarHorizon(template, first=first.isoformat(), last=last.isoformat())


def _before(table: _Table, t: int) -> int:
    """Count the table's open seconds before t, which lies inside it."""
    i = bisect_right(table.starts, t) - 1
    if i < 0:
        return 0
    end = table.ends[i]
    return table.after[i] if t >= end else table.after[i] - end + t


def _epoch(t: datetime) -> int:
    try:
        since = t - EPOCH
    except TypeError:
        raise _refused(gettext_noop("“%(text)s” is no instant with a time zone."), t) from None
    return since.days * DAY_SECONDS + since.seconds


def _instant(t: int | None) -> datetime | None:
    return None if t is None else datetime.fromtimestamp(t, UTC)


def _duration(value) -> int:
    number = index(value)
    if number < 0:
        raise CalendarError(gettext_noop("A duration cannot be negative."))
    return number


def _merged(pauses) -> list[tuple[int, int]]:
    """Sort pauses and join those that meet; an open one lasts for ever."""
    read = [(_epoch(p), FOREVER if q is None else _epoch(q)) for p, q in pauses]
    if len(read) > 1:
        read.sort()
    merged = []
    for paused, resumed in read:
        if resumed < paused:
            raise CalendarError(gettext_noop("A pause cannot end before it begins."))
        if merged and paused <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], resumed))
        else:
            merged.append((paused, resumed))
    return merged


def _date(text) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise _refused(gettext_noop("“%(text)s” is no date."), text) from None


def _month_day(text) -> tuple[int, int]:
    if isinstance(text, str) and MONTH_DAY.fullmatch(text):
        day = _date(f"2024-{text}")  # a leap year, so that 29 February may be named
        return day.month, day.day
    raise _refused(gettext_noop("“%(text)s” is no day of the year."), text)


def _time(text, *, may_be_midnight: bool) -> int:
    match = TIME.fullmatch(text) if isinstance(text, str) else None
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 if match else DAY_SECONDS + 1
    if seconds > DAY_SECONDS or (seconds == DAY_SECONDS and not may_be_midnight):
        raise _refused(gettext_noop("“%(text)s” is no time of day."), text)
    return seconds


def _spans(spans, *, may_overlap=False) -> list[tuple[int, int]]:
    """Read [["08:30", "12:00"], …] as seconds of the day, in order of time."""
    read = []
    for span in spans:
        if not isinstance(span, list | tuple) or len(span) != 2:
            raise _refused(gettext_noop("“%(text)s” is no pair of a beginning and an end."), span)
        opens = _time(span[0], may_be_midnight=False)
        closes = _time(span[1], may_be_midnight=True)
        if closes <= opens:
            text = "–".join(span)
            raise _refused(gettext_noop("The hours %(text)s end before they begin."), text)
        read.append((opens, closes))
    read.sort()
    if not may_overlap and any(b[0] < a[1] for a, b in zip(read, read[1:], strict=False)):
        raise CalendarError(gettext_noop("The hours of a day overlap."))
    return read


def _weekly(weekly) -> list[list[tuple[int, int]]]:
    for name in weekly:
        if name not in WEEKDAYS:
            raise _refused(gettext_noop("“%(text)s” is no day of the week."), name)
    return [_spans(weekly.get(name) or ()) for name in WEEKDAYS]


def _season(season) -> tuple[tuple, tuple, list]:
    first, last = _month_day(season.get("from")), _month_day(season.get("to"))
    return first, last, _weekly(season.get("weekly") or {})


def _rules_of_the_year(weekly, seasons) -> dict:
    """Give each (month, day) the weekly hours that hold on it: the first season that matches."""
    rules = {}
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2025, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        key = day.month, day.day
        matching = (
            hours
            for first, last, hours in seasons
            if first <= key <= last or (first > last and (key >= first or key <= last))
        )
        rules[key] = next(matching, weekly)
    return rules
