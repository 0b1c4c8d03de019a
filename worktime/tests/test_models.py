from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from worktime.models import CalendarVersion, WorkDay

pytestmark = pytest.mark.django_db


def make_day(day, is_working=True, **values):
    return WorkDay.objects.create(date=day, is_working=is_working, source="test", **values)


def test_day_querysets_split_the_table():
    monday = make_day(date(2025, 12, 29))
    sunday = make_day(date(2026, 1, 4), is_provisional=True)
    new_year = make_day(date(2026, 1, 1), False, confirmed_by="甲", confirmed_at=timezone.now())
    days = WorkDay.objects
    assert list(days.all()) == [monday, new_year, sunday]
    assert list(days.working()) == [monday, sunday]
    assert list(days.closed()) == [new_year]
    assert list(days.provisional()) == [sunday]
    assert list(days.unconfirmed()) == [monday, sunday]
    assert list(days.in_years(2026)) == [new_year, sunday]
    assert list(days.in_years(2025, 2026)) == [monday, new_year, sunday]
    assert list(days.in_years()) == []
    assert days.years() == [2025, 2026]


@pytest.mark.parametrize(
    "values",
    [
        {"confirmed_by": "甲"},
        {"confirmed_at": timezone.now()},
        {"confirmed_by": "甲", "confirmed_at": timezone.now(), "is_provisional": True},
    ],
)
def test_day_is_confirmed_wholly_or_not_at_all(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_day(date(2026, 1, 5), **values)


def test_a_day_stands_once():
    make_day(date(2026, 1, 5))
    with pytest.raises(IntegrityError), transaction.atomic():
        make_day(date(2026, 1, 5))


def test_only_one_version_is_active():
    for number, is_active in ((1, False), (2, True), (3, False)):
        CalendarVersion.objects.create(number=number, weekly={}, is_active=is_active)
    assert [version.number for version in CalendarVersion.objects.active()] == [2]
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarVersion.objects.create(number=4, weekly={}, is_active=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarVersion.objects.create(number=2, weekly={})


def test_rows_print_as_their_key():
    assert str(make_day(date(2026, 1, 5))) == "2026-01-05"
    assert str(CalendarVersion(number=7)) == "7"
