"""Loads categories, time limits and departments of the district from `data/`; safe to run twice."""

import csv
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation
from common.models import Version
from specialists.choices import Handler
from tickets.choices import ClockMode, LimitUnit, Stage
from tickets.models import Category, Policy
from tickets.policies import VERSION_NAME

DATA = settings.BASE_DIR / "data"
HOURS_A_WORKING_DAY = 8
# Codes of the data that name a role at the place instead of one organisation.
ROLES = {
    "property": Handler.PROPERTY,
    "comm": Handler.COMMUNITY,
    "subdist": Handler.STREET,
}
# Utilities are handed over at once (architecture §4); so is whatever is urgent.
UTILITIES = "01"
EMERGENCY_NUMBERS = {
    "0104": "119", "0205": "119", "0601": "119", "0603": "119", "0604": "119",
    "0702": "110", "0703": "110", "0704": "110", "0902": "120",
}  # fmt: skip


@dataclass
class Loaded:
    """What a run found and did, in rows."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def count(self, created, changed):
        if created:
            self.added += 1
        elif changed:
            self.changed += 1
        else:
            self.unchanged += 1


def load_reference():
    """Make or correct organisations, categories and limits; return a Loaded of each.

    Existing rows keep what people changed in the admin except the columns the data names. The
    three codes that stand for "whoever is there" (property, community, street) are no
    organisations but handlers.
    """
    with transaction.atomic():
        # First of all: whoever publishes a limit meanwhile waits for this row.
        Version.objects.bump(VERSION_NAME)
        organisations, departments = _load_organisations()
        categories = _load_categories(departments)
        limits = _load_limits()
        Version.objects.bump("categories")
        Version.objects.bump("organisations")
    return organisations, categories, limits


def _rows(name):
    with open(DATA / name, encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def _load_organisations():
    loaded, departments = Loaded(), {}
    known = {each.code: each for each in Organisation.objects.all()}
    for row in _rows("departments.csv"):
        if row["code"] in ROLES:
            continue
        wanted = {key: row[key] for key in ("name", "name_en", "kind")}
        found, *outcome = _put(Organisation, known.get(row["code"]), {"code": row["code"]}, wanted)
        departments[row["name"]] = departments[row["code"]] = found
        loaded.count(*outcome)
    return loaded, departments


def _put(model, row, key, wanted):
    """Make the row or correct what differs; return (row, created, changed)."""
    if row is None:
        return model.objects.create(**key, **wanted), True, False
    differing = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, wanted[name])
    if differing:
        row.save(update_fields=differing)
    return row, False, bool(differing)


def _load_categories(departments):
    loaded, tops = Loaded(), {}
    known = {each.code: each for each in Category.objects.prefetch_related("co_departments")}
    for row in _rows("categories.csv"):
        wanted = _category(row, tops, departments)
        found, *outcome = _put(Category, known.get(row["code"]), {"code": row["code"]}, wanted)
        if not row["parent_code"]:
            tops[row["code"]] = found
        helpers = {
            departments[name].pk
            for name in row["co_dept_zh"].split("|")
            if name in departments and departments[name].pk != found.department_id
        }
        if {each.pk for each in found.co_departments.all()} != helpers:
            found.co_departments.set(helpers)
        loaded.count(*outcome)
    return loaded


def _category(row, tops, departments):
    names = {"name": row["name_zh"], "name_en": row["name_en"]}
    if not row["parent_code"]:
        return names | {"parent": None}
    handler = ROLES.get(row["dept_code"], Handler.DEPARTMENT)
    return names | {
        "parent": tops[row["parent_code"]],
        "handler": handler.value,
        "department": departments[row["dept_code"]] if handler == Handler.DEPARTMENT else None,
        "property_helps": "物业公司" in row["co_dept_zh"].split("|"),
        "priority": row["priority"],
        "keywords": row["keywords"].split("|"),
        "is_immediate": row["parent_code"] == UTILITIES or row["priority"] == "urgent",
        "is_restricted": row["restricted"] == "1",
        "emergency_number": EMERGENCY_NUMBERS.get(row["code"], ""),
    }


# --- Time limits ---------------------------------------------------------------------------

DATA_SAYS = "data"
HOUR = 3600
# What counts where the table of categories says nothing: settings of the district, to be confirmed.
FOR_ALL = {
    Stage.ACCEPT: (ClockMode.BUSINESS, 2 * HOUR, LimitUnit.SECONDS),
    Stage.CONTACT: (ClockMode.BUSINESS, HOURS_A_WORKING_DAY * HOUR, LimitUnit.SECONDS),
    Stage.RESOLVE: (ClockMode.BUSINESS, 5, LimitUnit.WORKING_DAYS),
    Stage.CONFIRM: (ClockMode.WALL, 7 * 24 * HOUR, LimitUnit.SECONDS),
    Stage.WORD: (ClockMode.BUSINESS, 3, LimitUnit.WORKING_DAYS),
}


def _load_limits():
    """Publish the limits of the data, except where a person has published or withdrawn one."""
    loaded, now = Loaded(), timezone.now()
    # The data names no priorities. The newest row of a key comes last, and is the one that counts.
    rows = Policy.objects.filter(priority="").order_by("since", "pk")
    known = {(row.stage, row.category_id): row for row in rows}
    wanted = {(stage, None): terms for stage, terms in FOR_ALL.items()} | _limits_of_categories()
    new, ended = [], []
    for (stage, category_id), (mode, amount, unit) in wanted.items():
        row = known.get((stage, category_id))
        differs = row is not None and (row.mode, row.amount, row.unit) != (mode, amount, unit)
        if row is not None and (_is_a_persons(row) or not differs):
            loaded.unchanged += 1
            continue
        ended += [row.pk] if row else []
        loaded.count(row is None, differs)
        new.append(
            Policy(
                stage=stage, category_id=category_id, mode=mode, amount=amount, unit=unit,
                since=now, published_by=DATA_SAYS,
            )
        )  # fmt: skip
    Policy.objects.filter(pk__in=ended).update(until=now)
    Policy.objects.bulk_create(new)
    return loaded


def _is_a_persons(row):
    """Whether a person published this limit, or withdrew it: the data only replaces its own."""
    return row.published_by != DATA_SAYS or row.until is not None


def _limits_of_categories():
    known = dict(Category.objects.values_list("code", "pk"))
    found = {}
    for row in _rows("categories.csv"):
        if row["parent_code"]:
            pk = known[row["code"]]
            found[Stage.RESOLVE, pk] = _resolve_limit(row)
            mode = ClockMode.WALL if row["clock"] == "calendar" else ClockMode.BUSINESS
            seconds = int(float(row["response_hours"]) * HOUR)
            found[Stage.CONTACT, pk] = (mode, seconds, LimitUnit.SECONDS)
    return found


def _resolve_limit(row):
    """Return clock and limit: wall seconds, or working days where the hours are whole days."""
    hours = float(row["resolve_hours"])
    if row["clock"] == "calendar":
        return ClockMode.WALL, int(hours * HOUR), LimitUnit.SECONDS
    days, rest = divmod(hours, HOURS_A_WORKING_DAY)
    if rest:
        return ClockMode.BUSINESS, int(hours * HOUR), LimitUnit.SECONDS
    return ClockMode.BUSINESS, int(days), LimitUnit.WORKING_DAYS
