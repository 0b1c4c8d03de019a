"""Who serves a place, whose own specialist one is, and what is not covered."""

from datetime import date

import pytest

from accounts.models import Leave
from accounts.reports import forget_reach
from accounts.tests.factories import make_organisation, make_user
from grids.models import Grid
from specialists import reports
from specialists.tests.factories import make_contact, make_own_specialist

DAY = date(2026, 3, 10)


def names(people):
    return [(person.kind, person.name) for person in people]


def test_people_for_a_sub_area(cast):
    assert names(reports.people_for_grid(cast.subarea)) == [
        ("worker", "worker"),
        ("head", "head"),
        ("head", "village_head"),
        ("secretary", "secretary"),
        ("steward", "steward"),
        ("own_specialist", "own_specialist"),
        ("contact", "specialist"),
    ]


def test_people_for_a_community_are_not_those_of_its_parts(cast):
    assert names(reports.people_for_grid(cast.community)) == [
        ("secretary", "secretary"),
        ("own_specialist", "own_specialist"),
        ("contact", "specialist"),
    ]
    assert names(reports.people_for_grid(cast.street)) == [("secretary", "street_secretary")]


def test_people_nearest_contact_of_each_organisation(cast):
    make_contact(cast.power, cast.street, user=make_user("街道的"))
    make_contact(cast.housing, cast.street, user=make_user("住建的"))
    found = [p.name for p in reports.people_for_grid(cast.subarea) if p.kind == "contact"]
    assert found == ["specialist", "住建的"]


def test_people_on_leave_give_place_to_substitute_or_next_upward(cast):
    upper = make_contact(cast.power, cast.street, user=make_user("街道的"))
    leave = Leave.objects.create(posting=cast.contact.posting, first_day=DAY, last_day=DAY)
    [contact] = [p for p in reports.people_for_grid(cast.subarea, DAY) if p.kind == "contact"]
    assert (contact.name, contact.grid, contact.is_substitute) == ("街道的", upper.grid, False)
    leave.substitute = make_user("替班人")
    leave.save()
    [contact] = [p for p in reports.people_for_grid(cast.subarea, DAY) if p.kind == "contact"]
    assert (contact.name, contact.grid, contact.is_substitute) == ("替班人", cast.community, True)


@pytest.mark.parametrize("contacts", [1, 3])
def test_people_take_four_queries_at_most(cast, contacts, django_assert_max_num_queries):
    for _number in range(contacts):
        make_contact(make_organisation(), cast.community)
    Leave.objects.create(
        posting=cast.contact.posting, first_day=DAY, last_day=DAY, substitute=make_user()
    )
    with django_assert_max_num_queries(4):
        reports.people_for_grid(cast.subarea, DAY)


def test_specialist_grids_are_ones_own_and_those_one_stands_in_for(cast):
    assert reports.specialist_grids(cast.own_specialist, DAY) == {cast.community.pk}
    assert reports.specialist_grids(cast.specialist, DAY) == frozenset()
    Leave.objects.create(
        posting=cast.own.posting, first_day=DAY, last_day=DAY, substitute=cast.specialist
    )
    forget_reach(cast.specialist)
    assert reports.specialist_grids(cast.specialist, DAY) == {cast.community.pk}


def test_directory_of_a_place_and_an_organisation(cast):
    street = make_contact(cast.housing, cast.street)
    make_contact(cast.housing, cast.neighbour)
    assert list(reports.directory(grid=cast.village, organisation=cast.housing)) == [
        street,
        cast.own,
    ]
    assert reports.directory().count() == 4


@pytest.mark.parametrize("extra", [0, 2])
def test_coverage_names_what_is_missing_in_one_query(cast, extra, django_assert_num_queries):
    for _number in range(extra):
        make_contact(make_organisation(), cast.community)
    water = make_organisation("区水利局")
    make_contact(water, cast.street)
    places = list(Grid.objects.filter(pk__in=[cast.community.pk, cast.neighbour.pk]))
    with django_assert_num_queries(1):
        found = reports.coverage([cast.power, cast.housing, water], places)
    first, second = found.rows
    assert (first.missing, first.from_above) == ((cast.housing,), (water,))
    assert (second.missing, second.from_above) == ((cast.power, cast.housing), (water,))
    assert (first.has_own_specialist, second.has_own_specialist) == (True, False)
    assert (found.pairs, found.gaps, found.covered, found.without_own_specialist) == (6, 3, 3, 1)
    make_own_specialist(cast.neighbour)
    assert reports.coverage([cast.power], places).without_own_specialist == 0
