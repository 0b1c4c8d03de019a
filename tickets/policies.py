"""Time limits as an in-process map: filing and every page read them without a query."""

import re
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import RuleViolation
from common.maps import NameMap
from common.text import narrow
from tickets.choices import ClockMode, LimitUnit, Stage
from tickets.models import Policy

VERSION_NAME = "policies"
# The promises a matter makes when it comes in; the resident's word is waited for later.
FROM_THE_START = tuple(
    stage.value for stage in (Stage.ACCEPT, Stage.CONTACT, Stage.RESOLVE, Stage.WORD)
)


def _load():
    rows = Policy.objects.in_force()
    return {(row.stage, row.category_id, row.priority): row.limit for row in rows}


policies = NameMap(VERSION_NAME, _load)


# --- Which limit counts --------------------------------------------------------------------


def ladder(facts):
    """Return (category, priority) from the most specific to the widest: the first found counts.

    The category itself comes before its top, that before every category; at each of them the
    priority before any.
    """
    return _keys(facts.id, facts.parent_id, facts.priority)


def _keys(category_id, parent_id, own):
    categories = dict.fromkeys([category_id, parent_id, None])
    priorities = dict.fromkeys([own, ""])
    return [(category, priority) for category in categories for priority in priorities]


def limit_of(stage, facts):
    """Return the limit of a stage for a category's facts, None where nothing is promised."""
    known = policies.all()
    for category_id, priority in ladder(facts):
        found = known.get((stage, category_id, priority))
        if found is not None:
            return found
    return None


def limits_of(facts):
    """Return {stage: limit} of everything a new matter of this category is promised."""
    found = {stage: limit_of(stage, facts) for stage in FROM_THE_START}
    return {stage: limit for stage, limit in found.items() if limit is not None}


def fitting(facts):
    """Return {stage: [Policy, …]} of the limits in force that fit, the one that counts first.

    Every stage is named, with nothing behind it where nothing is promised.
    """
    steps = {step: number for number, step in enumerate(ladder(facts))}
    categories = Q(category=None) | Q(category__in=[facts.id, facts.parent_id])
    rows = Policy.objects.in_force().filter(categories, priority__in=["", facts.priority])
    rows = sorted(
        rows.select_related("category"), key=lambda row: steps[row.category_id, row.priority]
    )
    return {stage: [row for row in rows if row.stage == stage] for stage in Stage}


def wider(policy):
    """Return the Policy that would count in this one's place, None where nothing would."""
    category = policy.category
    parent_id = category.parent_id if category else None
    own = category.priority if parent_id else ""
    keys = _keys(policy.category_id, parent_id, policy.priority or own)
    found = {
        (row.category_id, row.priority): row
        for row in Policy.objects.in_force().filter(stage=policy.stage).select_related("category")
    }
    after = keys[keys.index((policy.category_id, policy.priority)) + 1 :]
    return next((found[key] for key in after if key in found), None)


# --- Limits in words, and read from what people write --------------------------------------

HOUR, DAY = 3600, 86_400
# What nobody counts in hours any more.
SAID_IN_DAYS = 3 * DAY
AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")


def in_words(mode, amount, unit):
    """Say a limit as people do: 24 hours round the clock, 8 working hours, 5 working days."""
    if unit == LimitUnit.WORKING_DAYS:
        return ngettext("%(count)d working day", "%(count)d working days", amount) % {
            "count": amount
        }
    return (_wall_words if mode == ClockMode.WALL else _working_words)(amount)


def _wall_words(seconds):
    if seconds % DAY == 0 and seconds >= SAID_IN_DAYS:
        count = seconds // DAY
        said = ngettext("%(count)d day round the clock", "%(count)d days round the clock", count)
    elif seconds % HOUR == 0:
        count = seconds // HOUR
        said = ngettext("%(count)d hour round the clock", "%(count)d hours round the clock", count)
    else:
        count = round(seconds / 60)
        said = ngettext(
            "%(count)d minute round the clock", "%(count)d minutes round the clock", count
        )
    return said % {"count": count}


def _working_words(seconds):
    if seconds % HOUR == 0:
        count = seconds // HOUR
        said = ngettext("%(count)d working hour", "%(count)d working hours", count)
    else:
        count = round(seconds / 60)
        said = ngettext("%(count)d working minute", "%(count)d working minutes", count)
    return said % {"count": count}


def amount_of(text, unit):
    """Read a limit as people write it, hours or whole working days, in the unit of the row.

    Hours may have a fraction and become seconds, to the minute. Raises RuleViolation for what is
    no number, or half a working day.
    """
    typed = narrow(str(text)).strip()
    if not AMOUNT.fullmatch(typed):
        raise RuleViolation(_("Write the limit as a number, such as 24."), field="amount")
    number = Decimal(typed)
    if unit == LimitUnit.WORKING_DAYS:
        if number != int(number):
            raise RuleViolation(_("Working days are whole days."), field="amount")
        return int(number)
    return round(number * 60) * 60


def hours_of(seconds):
    """Write seconds as hours, in the form that `amount_of` reads."""
    return f"{Decimal(seconds) / HOUR:.4f}".rstrip("0").rstrip(".")
