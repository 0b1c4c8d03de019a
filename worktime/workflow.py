"""Changing the working calendar: importing years, correcting and confirming days, new hours."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from common.errors import AlreadyDone, RuleViolation, StalePage
from common.models import Version
from common.workflow import record
from worktime import sources
from worktime.arithmetic import WEEKDAYS, CalendarError, WorkCalendar
from worktime.choices import FIRST_YEAR, LAST_YEAR
from worktime.models import CalendarVersion, WorkDay
from worktime.reports import VERSION_NAME, forget_calendar
from worktime.year import seasons_of_the_year

BATCH = 400
IMPORTED_FIELDS = ["is_working", "label", "source", "is_provisional"]
CORRECTED_FIELDS = [*IMPORTED_FIELDS, "confirmed_by", "confirmed_at"]


@dataclass(frozen=True)
class ImportResult:
    """What an import did. Days are dates; `kept` were settled before and say otherwise."""

    years: tuple[int, ...]
    created: int
    unchanged: int
    changed: tuple[date, ...]
    kept: tuple[date, ...]
    disagreements: tuple[date, ...]
    provisional_years: tuple[int, ...]


def import_years(
    years, *, by="system", at=None, published=sources.published, statutory=sources.statutory
) -> ImportResult:
    """Fill the day table for these years and return what changed; safe to run again.

    A day on which the two sources disagree is taken from the published one and marked
    provisional. A year that is not published yet is Monday to Friday without the statutory days,
    and all of it provisional. What a person has confirmed is never overwritten, nor a published
    day by a guess. One transaction a year. Raises RuleViolation for years that would leave a gap.
    """
    years = tuple(sorted(set(years)))
    _check_years(years)
    created, unchanged, changed, kept, disagreements, guessed = 0, 0, [], [], [], []
    for year in years:
        notice, guess = published(year), statutory(year)
        if notice is None:
            guessed.append(year)
        else:
            disagreements += [d for d in notice if notice[d].is_working != guess[d].is_working]
        wanted = [_wanted(day, notice, guess) for day in sources.days_of(year)]
        with transaction.atomic():
            new, moved, left = _write_year(year, wanted, is_guess=notice is None)
            created += len(new)
            changed += moved
            kept += left
            unchanged += len(wanted) - len(new) - len(moved) - len(left)
            if new or moved:
                _announce()
                detail = {"year": year, "created": len(new), "changed": len(moved)}
                record("import_calendar_year", by=by, object=("year", year), detail=detail, at=at)
    return ImportResult(
        years,
        created,
        unchanged,
        tuple(changed),
        tuple(kept),
        tuple(disagreements),
        tuple(guessed),
    )


def correct_day(day: date, *, is_working: bool, source: str, by, label="", at=None) -> WorkDay:
    """Say whether a day is worked, from a notice that a person has read, and return the day."""
    return correct_days({day: (is_working, label)}, source=source, by=by, at=at)[0]


def correct_days(days: dict, *, source: str, by, seen=None, at=None) -> list[WorkDay]:
    """Say of {date: (is_working, label)} what one notice says, and return the days in order.

    `by` is a user or a word, `seen` the calendar's revision that the person decided on. The days
    count as confirmed afterwards; all of them change or none. Raises RuleViolation when a day is
    not in the table or no source is named, StalePage when the calendar has changed since `seen`.
    """
    source = source.strip()
    if not source:
        raise RuleViolation(_("Name the notice that this comes from."), field="source")
    at = at or timezone.now()
    with transaction.atomic():
        _claim(seen)
        rows = list(WorkDay.objects.select_for_update().filter(date__in=days).order_by("date"))
        _check_held(days, rows)
        changed = [row for row in rows if _correct(row, *days[row.date], source, by, at)]
        if changed:
            bulk_update_with_history(
                changed, WorkDay, CORRECTED_FIELDS, batch_size=BATCH, default_user=_user(by)
            )
            _announce()
            corrected = {row.date.isoformat(): row.is_working for row in changed}
            detail = {"days": corrected, "source": source}
            record("correct_days", by=by, object=("workday", min(corrected)), detail=detail, at=at)
    return rows


def confirm_year(year: int, *, by, at=None) -> int:
    """Note that a person has compared the year with the notice; return how many days it settled.

    Days confirmed before keep their name. Raises RuleViolation for a year without days,
    AlreadyDone when all of it is confirmed.
    """
    with transaction.atomic():
        days = WorkDay.objects.in_years(year)
        if not days.exists():
            raise RuleViolation(_("The year %(year)s is not loaded.") % {"year": year})
        rows = list(days.unconfirmed().select_for_update())
        if not rows:
            raise AlreadyDone(_("The year %(year)s is already confirmed.") % {"year": year})
        for row in rows:
            row.is_provisional = False
            row.confirmed_by, row.confirmed_at = _name(by), at or timezone.now()
        bulk_update_with_history(
            rows,
            WorkDay,
            ["is_provisional", "confirmed_by", "confirmed_at"],
            batch_size=BATCH,
            default_user=_user(by),
        )
        _announce()
        record("confirm_calendar_year", by=by, object=("year", year), at=at)
    return len(rows)


def publish_calendar(
    *, weekly: dict, seasons=(), by, note="", seen=None, at=None
) -> CalendarVersion:
    """Put other opening hours in force as a new version and return it; nothing is edited.

    `seen` is the calendar's revision that the person decided on. Raises RuleViolation when the
    hours contradict themselves, StalePage when the calendar has changed since `seen`.
    """
    weekly, seasons = check_hours(weekly, seasons)
    with transaction.atomic():
        _claim(seen)
        # Publishers queue at the version in force; the first two ever meet at the unique number.
        list(CalendarVersion.objects.active().select_for_update())
        CalendarVersion.objects.active().update(is_active=False)
        last = CalendarVersion.objects.aggregate(last=Max("number"))["last"] or 0
        version = CalendarVersion(
            number=last + 1,
            weekly=weekly,
            seasons=seasons,
            is_active=True,
            published_at=at or timezone.now(),
            published_by=_name(by),
            note=note.strip(),
        )
        version.full_clean()
        version.save(force_insert=True)
        _announce()
        record("publish_calendar", by=by, object=version, detail={"number": version.number}, at=at)
    return version


def check_hours(weekly, seasons=()) -> tuple[dict, list]:
    """Return hours and seasons in full form, every weekday named; RuleViolation when wrong."""
    weekly = _full_week(weekly, "weekly")
    full = []
    for season in [seasons] if isinstance(seasons, dict) else seasons or ():
        if not isinstance(season, dict) or set(season) != {"from", "to", "weekly"}:
            raise RuleViolation(_("A season has “from”, “to” and “weekly”."), field="seasons")
        full.append({**season, "weekly": _full_week(season["weekly"], "seasons")})
    for field, spec in (("weekly", {"weekly": weekly}), ("seasons", {"seasons": full})):
        try:
            WorkCalendar.from_spec(spec)
        except CalendarError as error:
            raise RuleViolation(_(error.template) % error.params, field=field) from error
    if any(len(those) > 1 for those in seasons_of_the_year(full).values()):
        raise RuleViolation(_("Two seasons have a day in common."), field="seasons")
    return weekly, full


def _full_week(weekly, field):
    if not isinstance(weekly, dict) or not all(isinstance(s, list) for s in weekly.values()):
        raise RuleViolation(_("Weekly hours are a list of spans for each day."), field=field)
    if weekly.get("sat") or weekly.get("sun"):
        raise RuleViolation(
            _(
                "Leave Saturday and Sunday empty: they are worked only where the day table says "
                "so, with Monday's hours."
            ),
            field=field,
        )
    if not any(weekly.values()):
        raise RuleViolation(_("With these hours nothing would ever be open."), field=field)
    return {**dict.fromkeys(WEEKDAYS, []), **weekly}


def _check_years(years):
    if not years:
        raise RuleViolation(_("Name the years to load."))
    for year in years:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise RuleViolation(
                _("Years from %(first)d to %(last)d can be loaded.")
                % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )
    all_years = set(years) | set(WorkDay.objects.years())
    if len(all_years) != max(all_years) - min(all_years) + 1:
        raise RuleViolation(_("The years would leave a gap in the calendar."))


def _wanted(day, notice, guess):
    first, second = sources.names()
    if notice is None:
        reading, source, is_provisional = guess[day], second, True
    else:
        reading, source = notice[day], f"{first} = {second}"
        is_provisional = reading.is_working != guess[day].is_working
        if is_provisional:
            source = f"{first} ≠ {second}"
    return WorkDay(
        date=day,
        is_working=reading.is_working,
        label=reading.label,
        source=source,
        is_provisional=is_provisional,
    )


def _write_year(year, wanted, *, is_guess):
    """Write what differs; return the dates that are new, changed, and left as they were settled."""
    held = {row.date: row for row in WorkDay.objects.in_years(year).select_for_update()}
    new, changed, kept = [], [], []
    for want in wanted:
        row = held.get(want.date)
        if row is None:
            new.append(want)
        elif row.confirmed_at or (is_guess and not row.is_provisional):
            if row.is_working != want.is_working:
                kept.append(row.date)
        # A newer release of a library that says the same is no change.
        elif any(
            getattr(row, name) != getattr(want, name)
            for name in IMPORTED_FIELDS
            if name != "source"
        ):
            for name in IMPORTED_FIELDS:
                setattr(row, name, getattr(want, name))
            changed.append(row)
    bulk_create_with_history(new, WorkDay, batch_size=BATCH)
    bulk_update_with_history(changed, WorkDay, IMPORTED_FIELDS, batch_size=BATCH)
    return [row.date for row in new], [row.date for row in changed], kept


def _check_held(days, rows):
    held = {row.date for row in rows}
    for day in sorted(days):
        if day not in held:
            raise RuleViolation(
                _("%(day)s is not in the calendar. Load its year first.") % {"day": day},
                field="date",
            )


def _correct(row, is_working, label, source, by, at):
    """Set what the notice says and who read it; tell whether that was news."""
    values = {"is_working": is_working, "label": label.strip(), "source": source}
    if row.confirmed_at and all(getattr(row, name) == values[name] for name in values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.is_provisional = False
    row.confirmed_by, row.confirmed_at = _name(by), at
    row.clean_fields()
    return True


def _claim(seen):
    """Go on only if the calendar is still at the revision that somebody has seen."""
    if seen is None:
        return
    at_it = Version.objects.filter(name=VERSION_NAME, number=seen)
    if not at_it.update(number=F("number") + 1):
        raise StalePage(_("The calendar has changed since you looked. Please look once more."))


def _announce():
    """Let every process reload the calendar: this one now, and again when it is committed."""
    Version.objects.bump(VERSION_NAME)
    forget_calendar()
    transaction.on_commit(forget_calendar)


def _name(by):
    return by if isinstance(by, str) else by.get_username()


def _user(by):
    return None if isinstance(by, str) else by
