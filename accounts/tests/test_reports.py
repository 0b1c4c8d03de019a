"""Reach, duty and leave."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import reports, workflow
from accounts.choices import Role
from accounts.models import Leave, User
from accounts.reports import forget_reach, is_staff_member, reach
from accounts.tests.factories import make_posting, make_user
from grids.choices import GridLevel

DAY = date(2026, 3, 10)


def fresh(user):
    return User.objects.get(pk=user.pk)


def away(user, substitute=None, *, first=DAY, last=DAY):
    posting = user.postings.get()
    return Leave.objects.create(
        posting=posting, first_day=first, last_day=last, substitute=substitute
    )


def test_day_of_takes_the_day_in_shanghai():
    late = datetime(2026, 3, 9, 23, 30, tzinfo=ZoneInfo("UTC"))
    assert reports.day_of(late) == DAY
    assert reports.day_of(DAY) == DAY


@pytest.mark.django_db
def test_reach_of_a_visitor_is_empty_and_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        seen = reach(AnonymousUser())
    assert seen.is_empty
    assert seen.grids == {}
    assert not seen.covers("0001")


def test_reach_of_a_resident_is_empty(cast):
    assert reach(cast.outsider).is_empty
    assert not is_staff_member(cast.outsider)


def test_reach_of_a_worker(cast):
    seen = reach(cast.worker)
    assert seen.roles == {Role.GRID_WORKER}
    assert seen.grids == {GridLevel.SUBAREA: frozenset({cast.subarea.pk})}
    assert seen.organisations == frozenset()
    assert seen.covers(cast.subarea.path)
    assert not seen.covers(cast.village.path)
    assert not seen.covers(cast.neighbour_subarea.path)
    assert seen.roles_at(cast.subarea.path) == {Role.GRID_WORKER}
    assert seen.roles_at(cast.neighbour_subarea.path) == frozenset()
    assert seen.has(Role.GRID_WORKER, Role.SUPERVISOR)
    assert not seen.has(Role.SUPERVISOR)
    assert is_staff_member(cast.worker)


def test_reach_of_organisation_roles_is_no_place(cast):
    seen = reach(cast.steward)
    assert seen.organisations == {cast.property.pk}
    assert seen.grids == {}
    assert not seen.covers(cast.village.path)
    assert seen.roles_in(cast.property.pk) == {Role.STEWARD}
    assert seen.roles_in(cast.power.pk) == frozenset()


def test_reach_leaves_out_places_inside_others(cast):
    make_posting(cast.worker, Role.SUPERVISOR, grid=cast.street)
    make_posting(cast.worker, Role.GRID_HEAD, grid=cast.neighbour_village)
    seen = reach(cast.worker)
    assert seen.grids == {GridLevel.STREET: frozenset({cast.street.pk})}
    assert seen.roles_at(cast.neighbour_subarea.path) == {Role.SUPERVISOR, Role.GRID_HEAD}


def test_reach_follows_the_dates(cast):
    posting = cast.worker.postings.get()
    posting.valid_from, posting.valid_to = DAY, DAY
    posting.save()
    assert not reach(cast.worker, DAY).is_empty
    assert reach(cast.worker, date(2026, 3, 9)).is_empty
    assert reach(cast.worker, date(2026, 3, 11)).is_empty


def test_substitute_reaches_the_same_only_while_it_lasts(cast):
    stand_in = make_user()
    away(cast.secretary, stand_in)
    assert reach(stand_in, DAY).grids == reach(cast.secretary, DAY).grids
    assert reach(stand_in, DAY).roles == {Role.COMMUNITY_SECRETARY}
    assert reach(stand_in, date(2026, 3, 11)).is_empty
    assert not reach(cast.secretary, DAY).is_empty


def test_admin_reaches_everything_without_a_role(cast):
    seen = reach(cast.admin)
    assert seen.is_admin
    assert seen.covers(cast.subarea.path)
    assert seen.roles_at(cast.subarea.path) == frozenset()
    assert not seen.has(*Role.values)


@pytest.mark.parametrize("extra", [0, 2])
def test_reach_is_one_query_and_kept(cast, extra):
    for grid in [cast.village, cast.neighbour][:extra]:
        make_posting(cast.worker, Role.GRID_HEAD, grid=grid)
    user = fresh(cast.worker)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        reach(user).covers(cast.subarea.path)
        reach(user).roles_at(cast.subarea.path)
    assert len(queries) == 1
    forget_reach(user)
    with CaptureQueriesContext(connection) as queries:
        reach(user)
    assert len(queries) == 1


def test_holders_names_who_is_there_exactly_here(cast):
    assert [duty.user for duty in reports.holders(Role.DISPATCHER, grid=cast.street)] == [
        cast.street_dispatcher
    ]
    assert reports.holders(Role.DISPATCHER, grid=cast.community) == []
    found = reports.holders(Role.SPECIALIST, organisation=cast.power)
    assert [duty.user for duty in found] == [cast.specialist]


def test_holders_names_the_substitute(cast):
    away(cast.secretary, cast.neighbour_secretary)
    [duty] = reports.holders(Role.COMMUNITY_SECRETARY, grid=cast.community, at=DAY)
    assert (duty.user, duty.is_substitute) == (cast.neighbour_secretary, True)


def test_substitute_on_leave_does_not_stand_in(cast):
    away(cast.secretary, cast.neighbour_secretary)
    away(cast.neighbour_secretary)
    assert reports.holders(Role.COMMUNITY_SECRETARY, grid=cast.community, at=DAY) == []


def test_substitute_with_closed_account_does_not_stand_in(cast):
    away(cast.secretary, cast.neighbour_secretary)
    workflow.disable(cast.neighbour_secretary, by=cast.admin)
    assert reports.holders(Role.COMMUNITY_SECRETARY, grid=cast.community, at=DAY) == []


def test_ladder_climbs_one_head_a_level(cast, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        steps = reports.ladder(cast.subarea)
    assert [duty.user for duty in steps] == [
        cast.head,
        cast.village_head,
        cast.secretary,
        cast.street_secretary,
        cast.district_secretary,
    ]


def test_ladder_leaves_out_who_is_away(cast):
    away(cast.village_head)
    users = [duty.user for duty in reports.ladder(cast.village, DAY)]
    assert users == [cast.secretary, cast.street_secretary, cast.district_secretary]


def test_secretary_of_goes_up_until_one_is_there(cast):
    assert reports.secretary_of(cast.subarea).user == cast.secretary
    away(cast.secretary)
    assert reports.secretary_of(cast.subarea, DAY).user == cast.street_secretary


def test_manager_and_leader_of_an_organisation(cast):
    assert reports.manager_of(cast.power).user == cast.manager
    assert reports.leader_of(cast.power).user == cast.leader
    assert reports.manager_of(cast.housing) is None
    assert reports.leader_of(cast.housing) is None
