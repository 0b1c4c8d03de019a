"""What administrators type about days and hours: every habit is read, every slip is told."""

from datetime import date

import pytest
from django.utils import translation

from hanting.calendar_forms import ConfirmForm, DaysForm, HoursForm, number
from worktime.choices import DEFAULT_WEEKLY, OFFICE_HOURS
from worktime.models import CalendarVersion

SUMMER_HOURS = [["08:30", "12:00"], ["14:00", "18:00"]]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def line(first="2026-11-27", *, n=0, worked="no", label="停电", last=""):
    return {f"first_{n}": first, f"last_{n}": last, f"worked_{n}": worked, f"label_{n}": label}


def day_off(**more):
    return {**line(), "source": "区政府通知", **more}


def hours_typed(**more):
    return {"mon": "08:30-12:00 13:30-17:30", "note": "区政府通知", **more}


@pytest.mark.parametrize(
    ("text", "read"), [("3", 3), ("0", 1), ("21", 20), ("-2", 1), ("many", 1), ("", 1), ("9999", 1)]
)
def test_number_of_parts_is_never_odd(text, read):
    assert number(text, most=20) == read


def test_lines_become_days_and_empty_ones_nothing():
    typed = {
        **line("2026-02-15", last="2026-02-17", label="春节"),
        **line("2026-02-28", n=1, worked="yes", label=""),
        **line("", n=2, worked="", label=""),
        "source": "通知",
    }
    form = DaysForm(typed, lines=3)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["days"] == {
        date(2026, 2, 15): (False, "春节"),
        date(2026, 2, 16): (False, "春节"),
        date(2026, 2, 17): (False, "春节"),
        date(2026, 2, 28): (True, ""),
    }


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (line(first=""), "first_0"),
        (line(first="31.11.2026"), "first_0"),
        (line(worked=""), "worked_0"),
        (line(worked="perhaps"), "worked_0"),
        (line(last="2026-11-26"), "last_0"),
        (line(last="2027-01-26"), "last_0"),
        (line(label="长" * 61), "label_0"),
        ({"source": " "}, "source"),
        ({"source": "长" * 201}, "source"),
        (line(n=1), "first_1"),
        (line("", n=1), "first_1"),
        (line("2026-11-30", n=1, worked=""), "worked_1"),
    ],
)
def test_odd_correction_is_refused_at_its_field(typed, field):
    form = DaysForm(day_off() | typed, lines=2)
    assert list(form.errors) == [field]


@pytest.mark.parametrize(
    "typed",
    [
        "08:30-12:00 13:30-17:30",
        "8:30–12:00, 13:30–17:30",
        "８：３０至１２：００、１３：３０到１７：３０",
        "13:30 ~ 17:30；08:30 —— 12:00",
    ],
)
def test_hours_may_be_written_in_any_habit(typed):
    form = HoursForm(hours_typed(mon=typed))
    assert form.is_valid(), form.errors
    assert sorted(form.cleaned_data["weekly"]["mon"]) == OFFICE_HOURS


def test_days_left_empty_are_as_monday_and_a_dash_is_closed():
    form = HoursForm(hours_typed(wed="09:00-12:00", fri="－"))
    assert form.is_valid(), form.errors
    weekly = form.cleaned_data["weekly"]
    assert [weekly[name] for name in ("tue", "wed", "thu", "fri", "sat", "sun")] == [
        OFFICE_HOURS, [["09:00", "12:00"]], OFFICE_HOURS, [], [], [],
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["06-01", "6-1", "6月1日", "6/1", "６．１"])
def test_days_of_a_season_may_be_written_in_any_habit(written):
    sent = {"from_0": written, "to_0": "08-31", "mon_0": "08:30-12:00 14:00-18:00"}
    form = HoursForm(hours_typed(**sent))
    assert form.is_valid(), form.errors
    (season,) = form.cleaned_data["seasons"]
    assert (season["from"], season["to"], season["weekly"]["fri"]) == (
        "06-01", "08-31", SUMMER_HOURS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"mon": ""}, "mon", "Write the hours of Monday"),
        ({"mon": "-"}, "mon", "nothing would ever be open"),
        ({"tue": "morning"}, "tue", "“morning” is no span of hours"),
        ({"tue": ","}, "tue", "nothing would ever be open"),
        ({"tue": "12:00-08:30"}, "tue", "end before they begin"),
        ({"tue": "25:00-26:00"}, "tue", "is no time of day"),
        ({"wed": "08:30-12:00 11:30-17:30"}, "wed", "overlap"),
        ({"note": ""}, "note", "Name the notice or the reason."),
        ({"from_0": "06-31", "to_0": "08-31", "mon_0": "-"}, "from_0", "is no day of the year"),
        ({"from_0": "June", "to_0": "08-31", "mon_0": "-"}, "from_0", "is no day of the year"),
        ({"from_0": "06-01", "mon_0": "08:30-12:00"}, "to_0", "last day"),
        ({"to_0": "08-31", "mon_0": "08:30-12:00"}, "from_0", "first day"),
        ({"from_0": "06-01", "to_0": "08-31"}, "mon_0", "Write the hours of Monday"),
        ({"from_0": "06-01", "to_0": "08-31", "mon_0": "-"}, "from_0", "nothing would ever"),
        (
            {"from_0": "06-01", "to_0": "08-31", "mon_0": "08:30-12:00",
             "from_1": "08-31", "to_1": "10-01", "mon_1": "08:30-12:00"},
            "from_0",
            "Two seasons have a day in common.",
        ),
    ],
)  # fmt: skip
def test_odd_hours_are_refused_in_words_at_their_field(typed, field, words):
    form = HoursForm(hours_typed() | typed, seasons=2)
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


def test_form_shows_the_hours_of_a_version_as_one_types_them():
    summer = {"from": "06-01", "to": "08-31", "weekly": {**DEFAULT_WEEKLY, "mon": SUMMER_HOURS}}
    version = CalendarVersion(weekly={**DEFAULT_WEEKLY, "fri": []}, seasons=[summer])
    form = HoursForm(initial=HoursForm.initial_of(version), seasons=2)
    week = [bound.value() for bound in form.week()]
    assert week == ["08:30-12:00 13:30-17:30"] * 4 + ["-"]
    first, second = form.seasons()
    assert (first["from"].value(), first["to"].value()) == ("06-01", "08-31")
    assert first["week"][0].value() == "08:30-12:00 14:00-18:00"
    # Only a season that there is can be dropped.
    assert (first["drop"] is None, second["drop"] is None) == (False, True)
    typed = {name: form[name].value() or "" for name in form.fields} | {"note": "照旧"}
    again = HoursForm(typed | {"drop_0": ""}, initial=form.initial, seasons=2)
    assert again.is_valid(), again.errors
    kept = [again.cleaned_data["weekly"], again.cleaned_data["seasons"]]
    assert kept == [version.weekly, version.seasons]


def test_year_is_confirmed_by_a_tick():
    assert ConfirmForm({"compared": "on"}).is_valid()
    refused = ConfirmForm({}).errors["compared"]
    assert refused == ["Compare the year with the notice first."]
