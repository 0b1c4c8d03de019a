"""The benches run, on small numbers, and say what they found; no figure is judged here."""

import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hanting.bench import worktime
from worktime import sources
from worktime.tests import invariants


def bench(*words):
    out = StringIO()
    call_command("bench", *words, stdout=out)
    return out.getvalue()


def test_worktime_times_the_arithmetic_and_tries_every_invariant():
    said = bench("worktime", "--cases", "25", "--adds", "500", "--rounds", "1")
    assert "500 questions of each kind a round, median of 1 interleaved rounds" in said
    rows = re.findall(r"^([a-z][a-z, ]*?) +[\d.]+ +[\d.]+ +[\d,]+ +1/[\d.]+$", said, re.M)
    assert rows == ["floor", "add", "within", "add, two pauses"]
    assert re.search(r"^1,000,000 add\(\) in at most 2.0 s: (reached|MISSED), ", said, re.M)
    tried = re.findall(r"^ +25 cases, held in all .* s  invariant (\d+) ", said, re.M)
    assert tried == [str(number) for number in invariants.INVARIANTS]


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(2.0, "reached, 2.00 s of the processor"), (2.01, "MISSED, 2.01 s of the processor")],
)
def test_worktime_judges_the_work_of_the_processor(seconds, verdict):
    said = []
    worktime.report({"floor": (0.5, 0.6), "add": (seconds, 3.5)}, said.append)
    assert said[1:] == [
        "floor                 0.50         0.60   2,000,000     1/1.0",
        f"add                   {seconds:.2f}         3.50{1_000_000 / seconds:>12,.0f}     1/4.0",
        f"1,000,000 add() in at most 2.0 s: {verdict}, 3.50 s by the wall clock",
    ]


def test_worktime_fails_when_an_invariant_does(monkeypatch):
    def broken(name, s):
        raise AssertionError("planted")

    monkeypatch.setitem(invariants.INVARIANTS, 1, (broken, invariants.cases(1)))
    with pytest.raises(AssertionError, match="planted"):
        bench("worktime", "--cases", "5", "--adds", "5", "--rounds", "1")


def test_five_years_are_worked_as_published():
    calendar = worktime.five_years()
    spans = calendar.spans(datetime(2022, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    published = {
        day
        for year in worktime.YEARS
        for day, reading in sources.published(year).items()
        if reading.is_working
    }
    # Half past eight in Shanghai is past midnight in UTC: the date is the same.
    assert {start.date() for start, _end in spans} == published


def test_web_refuses_a_portal_without_tickets(db):
    with pytest.raises(CommandError, match="There are no tickets"):
        bench("web")


@pytest.mark.parametrize("words", [[], ["everything"], ["web", "--cases", "5"]])
def test_unknown_bench_or_option_is_refused(words):
    with pytest.raises(CommandError):
        bench(*words)
