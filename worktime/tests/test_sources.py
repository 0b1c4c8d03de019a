from datetime import date

import pytest

from worktime import sources


def test_published_year_knows_its_make_up_days():
    year = sources.published(2026)
    make_up = {day: reading.label for day, reading in year.items() if _is_make_up(day, reading)}
    assert make_up == {
        date(2026, 1, 4): "元旦调休上班",
        date(2026, 2, 14): "春节调休上班",
        date(2026, 2, 28): "春节调休上班",
        date(2026, 5, 9): "劳动节调休上班",
        date(2026, 9, 20): "国庆节调休上班",
        date(2026, 10, 10): "国庆节调休上班",
    }
    assert year[date(2026, 9, 25)] == (False, "中秋节")
    assert year[date(2026, 11, 23)] == (True, "")
    assert year[date(2026, 11, 22)] == (False, "")
    assert len(year) == 365


def _is_make_up(day, reading):
    return reading.is_working and day.weekday() > 4


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_both_sources_agree_on_published_years(year):
    published, second = sources.published(year), sources.statutory(year)
    assert [day for day in published if published[day].is_working != second[day].is_working] == []


def test_unpublished_year_is_none_and_its_guess_has_no_make_up_day():
    assert sources.published(2027) is None
    guess = sources.statutory(2027)
    assert [day for day in guess if _is_make_up(day, guess[day])] == []
    assert guess[date(2027, 10, 1)] == (False, "国庆节")
    assert guess[date(2027, 10, 8)] == (True, "")
