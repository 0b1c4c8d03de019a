"""A slow second opinion: one byte per second of a window, laid out by reading the wall clock."""

from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = [["08:30", "12:00"], ["13:30", "17:30"]]
SUMMER = [["08:30", "12:00"], ["14:00", "18:00"]]
WEEKDAYS = DAYS[:5]


def office_week(hours=None, days=WEEKDAYS):
    return {day: (hours or OFFICE) if day in days else [] for day in DAYS}


def hours_at(spec, local):
    """Give the spans of a local minute's date by the order of precedence, and its breaks."""
    day, month_day = local.date().isoformat(), local.strftime("%m-%d")
    if day in spec.get("holidays", ()):
        return [], []
    weekly = spec["weekly"]
    for season in spec.get("seasons", ()):
        first, last = season["from"], season["to"]
        if (first <= month_day <= last) or (first > last and not last < month_day < first):
            weekly = season["weekly"]
            break
    spans = weekly.get(DAYS[local.weekday()], [])
    if day in spec.get("workdays", {}):
        own = spec["workdays"][day]
        spans = weekly.get("mon", []) if own is None else own
    return spans, spec.get("breaks", {}).get(day, [])


def is_open_minute(spec, local):
    clock = local.strftime("%H:%M")
    spans, breaks = hours_at(spec, local)
    return any(a <= clock < b for a, b in spans) and not any(a <= clock < b for a, b in breaks)


class Walker:
    """The open seconds of a window, counted one by one."""

    def __init__(self, spec, first, days):
        self.zone = ZoneInfo(spec["tz"])
        self.begin = datetime.fromisoformat(first).replace(tzinfo=self.zone).astimezone(UTC)
        self.seconds = bytearray()
        for minute in range(days * 1440):
            local = (self.begin + timedelta(minutes=minute)).astimezone(self.zone)
            is_open = spec["mode"] == "wall" or is_open_minute(spec, local)
            self.seconds += (b"\1" if is_open else b"\0") * 60

    def at(self, offset):
        return self.begin + timedelta(seconds=offset)

    def offset(self, instant):
        return int((instant - self.begin).total_seconds())

    @cached_property
    def edges(self):
        """The ends of the window and, between them, every opening and closing."""
        end = len(self.seconds)
        changes = (i for i in range(60, end, 60) if self.seconds[i - 1] != self.seconds[i])
        return [0, end, *changes]

    def without(self, pauses, end=None):
        seconds = self.seconds[:end]
        for paused, resumed in pauses:
            resumed = len(seconds) if resumed is None else min(resumed, len(seconds))
            seconds[paused:resumed] = bytes(max(resumed - paused, 0))
        return seconds

    def within(self, start, end, pauses=()):
        seconds = self.without(pauses, end) if pauses else self.seconds
        return seconds.count(1, start, end)

    def add(self, start, seconds, pauses=()):
        """Give the offset at which the n-th open second from start ends; None: not in here."""
        open_seconds = self.without(pauses) if pauses else self.seconds
        at = start
        if seconds == 0:
            return start
        for stride in (3600, 60, 1):
            while (passed := open_seconds.count(1, at, at + stride)) < seconds:
                seconds, at = seconds - passed, at + stride
                if at >= len(open_seconds):
                    return None
        return at + 1


@cache
def walker(name):
    return Walker(SPECS[name], *WINDOWS[name])


# Autumn 2026: Mid-autumn and National Day, with the make-up days of 20 September and 10 October.
AUTUMN = {
    "holidays": [
        "2026-09-25",
        *(f"2026-10-0{day}" for day in range(1, 8)),
    ],
    "workdays": {"2026-09-20": None, "2026-10-10": None},
}
SPECS = {
    "autumn": {"mode": "business", "tz": "Asia/Shanghai", "weekly": office_week(), **AUTUMN},
    "seasons": {
        "mode": "business",
        "tz": "Asia/Shanghai",
        "weekly": office_week(),
        "seasons": [
            {"from": "06-15", "to": "09-22", "weekly": office_week(SUMMER, DAYS[:6])},
            {"from": "12-20", "to": "01-10", "weekly": office_week([["09:00", "16:00"]])},
        ],
        "workdays": {"2026-09-20": None, "2026-09-26": [["10:00", "11:00"]], "2026-09-21": []},
        "breaks": {
            "2026-09-18": [["00:00", "09:00"], ["11:00", "15:00"], ["14:00", "16:00"]],
            "2026-09-23": [["08:30", "17:30"]],
        },
    },
    "night": {
        "mode": "business",
        "tz": "Asia/Shanghai",
        "weekly": {
            day: [["00:00", "06:00"], ["06:00", "07:10"], ["22:00", "24:00"]] for day in DAYS
        },
    },
    "berlin": {
        "mode": "business",
        "tz": "Europe/Berlin",
        "weekly": {day: [["00:30", "02:20"], ["02:40", "24:00"]] for day in DAYS},
    },
    "berlin_spring": {
        "mode": "business",
        "tz": "Europe/Berlin",
        "weekly": {
            day: [["00:30", "02:20"], ["02:40", "03:10"], ["20:00", "24:00"]] for day in DAYS
        },
    },
    # Seven days, and no two alike.
    "week": {
        "mode": "business",
        "tz": "Asia/Shanghai",
        "weekly": {**office_week(), "fri": [["00:00", "01:10"], ["22:00", "24:00"]]},
        "seasons": [{"from": "06-06", "to": "06-30", "weekly": office_week(SUMMER, DAYS[:6])}],
        "holidays": ["2026-06-03"],
        "workdays": {"2026-06-04": [["09:00", "11:30"]], "2026-06-07": None},
        "breaks": {"2026-06-02": [["10:00", "10:20"], ["11:50", "13:31"]]},
    },
    "wall": {"mode": "wall", "tz": "Asia/Shanghai", "weekly": {}},
}
WINDOWS = {
    "autumn": ("2026-09-14", 30),
    "seasons": ("2026-09-14", 21),
    "night": ("2026-09-14", 14),
    "berlin": ("2026-10-20", 14),
    "berlin_spring": ("2026-03-24", 14),
    "week": ("2026-06-01", 7),
    "wall": ("2026-09-14", 7),
}
