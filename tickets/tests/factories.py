"""Categories and tickets for tests: plain functions, through the same verbs as the pages."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from common.models import Version
from specialists.choices import Handler
from tickets import workflow
from tickets.choices import ClockMode, LimitUnit, Stage
from tickets.models import Category, Policy
from tickets.policies import VERSION_NAME

_numbers = count(1)


def make_category(department=None, **fields):
    """Return a saved leaf category: a department's with 24 hours, or the community's own.

    `clock_mode`, `limit_unit` and `limit_amount` say what is promised; a confirmation is waited
    for seven days. Other stages promise nothing unless `make_policy` says so.
    """
    number = next(_numbers)
    top, _made = Category.objects.get_or_create(
        code=f"{number // 90 + 1:02d}", defaults={"name": "测试大类", "name_en": "Test top"}
    )
    values = {
        "name": f"测试类别{number}",
        "name_en": f"Test category {number}",
        "handler": Handler.DEPARTMENT if department else Handler.COMMUNITY,
        "department": department,
    } | fields
    terms = [
        values.pop(name, default)
        for name, default in (
            ("clock_mode", ClockMode.WALL),
            ("limit_amount", 24 * 3600),
            ("limit_unit", LimitUnit.SECONDS),
        )
    ]
    category = Category.objects.create(
        code=values.pop("code", f"{top.code}{number % 90 + 10}"), parent=top, **values
    )
    make_policy(Stage.RESOLVE, *terms, category=category)
    make_policy(Stage.CONFIRM, ClockMode.WALL, 7 * 24 * 3600, LimitUnit.SECONDS, category=category)
    Version.objects.bump("categories")
    return category


def make_policy(stage, mode, amount, unit, *, category=None, priority=""):
    """Return the limit now in force for a stage; one before it ends."""
    same = Policy.objects.in_force().filter(stage=stage, category=category, priority=priority)
    same.update(until=timezone.now())
    policy = Policy.objects.create(
        stage=stage, category=category, priority=priority, mode=mode, amount=amount, unit=unit,
        published_by="test",
    )  # fmt: skip
    Version.objects.bump(VERSION_NAME)
    return policy


def make_receipt(grid, category, *, by=workflow.RESIDENT, at=None, user=None, **said):
    """File a ticket and return its receipt (with the tracking code)."""
    said.setdefault("description", "家里停电了，麻烦来看看。")
    filing = workflow.Filing(category_id=category.pk, grid=grid, **said)
    return workflow.file_ticket(filing, by=by, at=at, user=user)


def make_ticket(grid, category, **said):
    """File a ticket and return it."""
    return make_receipt(grid, category, **said).ticket


def later(ticket, **delta):
    """Return a moment after the ticket's last step, one minute unless told otherwise."""
    return ticket.last_event_at + timedelta(**(delta or {"minutes": 1}))
