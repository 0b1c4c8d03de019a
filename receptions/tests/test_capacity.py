"""What can run out, on real rows: never below nothing, never above the limit, exact under rivals.

The abstract row of `common` is tried on the fund, whose limit is any number.
"""

from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.tests.factories import run_rivals
from grids.choices import GridLevel
from grids.tests.factories import make_grid
from receptions.models import Fund

pytestmark = pytest.mark.django_db
CONNECTIONS = 40
RIVALS = 100
PLACES = 13


def make_row(limit, taken=0):
    place = make_grid()
    assert place.level == GridLevel.DISTRICT
    return Fund.objects.create(grid=place, year=2026, limit=limit, taken=taken)


def taken(row):
    return Fund.objects.values_list("taken", flat=True).get(pk=row.pk)


def test_what_is_left_is_claimed_and_given_back():
    row = make_row(3)
    assert [Fund.objects.claim(row.pk) for _ in range(4)] == [True, True, True, False]
    assert Fund.objects.get(pk=row.pk).left == 0
    assert Fund.objects.release(row.pk, 2)
    assert not Fund.objects.release(row.pk, 2)
    assert taken(row) == 1
    assert not Fund.objects.claim(row.pk, 3)
    assert Fund.objects.claim(row.pk, 2)


def test_a_row_that_is_gone_gives_nothing():
    assert not Fund.objects.claim(0)
    assert not Fund.objects.release(0)


@pytest.mark.parametrize("values", [{"taken": 4}, {"limit": 0, "taken": 1}])
def test_the_database_refuses_more_than_there_is(values):
    row = make_row(3)
    with pytest.raises(IntegrityError), transaction.atomic():
        Fund.objects.filter(pk=row.pk).update(**values)


@given(
    st.integers(0, 20),
    st.lists(st.tuples(st.sampled_from(["claim", "release"]), st.integers(1, 25)), max_size=20),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_taken_is_what_was_claimed_and_not_given_back(limit, steps):
    with transaction.atomic():
        row, live = make_row(limit), 0
        for verb, count in steps:
            done = getattr(Fund.objects, verb)(row.pk, count)
            expected = live + count <= limit if verb == "claim" else count <= live
            assert done == expected
            if done:
                live += count if verb == "claim" else -count
            assert taken(row) == live
            assert 0 <= live <= limit
        transaction.set_rollback(True)


# --- rivals: on SQLite in a file with threads, on PostgreSQL with as many connections


def claim_many(row, numbers):
    """Each of 100 asks for one; the connections share them out, all released by one barrier."""

    def ask(i):
        won = 0
        for _rival in range(i, numbers, CONNECTIONS):
            with transaction.atomic():
                won += Fund.objects.claim(row.pk)
        return won

    return run_rivals(ask, CONNECTIONS)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_rivals_for_thirteen_places():
    row = make_row(PLACES)
    outcomes = claim_many(row, RIVALS)
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert sum(outcomes) == PLACES
    assert taken(row) == PLACES


@pytest.mark.django_db(transaction=True)
def test_rivals_that_claim_and_give_back_end_where_they_began():
    row = make_row(PLACES)

    def take_and_return(i):
        kept = Counter()
        for _turn in range(3):
            if Fund.objects.claim(row.pk, 2):
                kept["claimed"] += 1
                kept["returned"] += Fund.objects.release(row.pk, 2)
        return kept["claimed"] - kept["returned"]

    outcomes = run_rivals(take_and_return, 20)
    assert outcomes == [0] * 20
    assert taken(row) == 0


@pytest.mark.django_db(transaction=True)
def test_the_rivals_of_sqlite_share_a_file():
    """In memory each connection would see a database of its own."""
    name = str(connection.settings_dict["NAME"])
    assert connection.vendor != "sqlite" or (":memory:" not in name and "mode=memory" not in name)
