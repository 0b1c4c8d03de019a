"""The public directory and the coverage page."""

import pytest
from django.urls import reverse

from accounts.tests.factories import make_organisation, make_user
from specialists.tests.factories import make_contact

DIRECTORY = "specialists:directory"
COVERAGE = "specialists:coverage"


def shown(answer):
    return [row.posting.user.name for row in answer.context["page"].object_list]


def test_directory_is_public_and_names_people_with_phones(cast, client):
    answer = client.get(reverse(DIRECTORY))
    assert sorted(shown(answer)) == ["own_specialist", "specialist"]
    assert cast.specialist.shown_phone in answer.content.decode()


def test_directory_of_a_place_and_an_organisation(cast, client):
    make_contact(cast.housing, cast.neighbour, user=make_user("邻社区的"))
    by_place = client.get(reverse(DIRECTORY), {"grid": cast.neighbour.code})
    assert shown(by_place) == ["邻社区的"]
    by_both = client.get(
        reverse(DIRECTORY), {"grid": cast.community.code, "organisation": "housing"}
    )
    assert shown(by_both) == ["own_specialist"]


@pytest.mark.parametrize("query", [{"grid": "nowhere"}, {"organisation": "\x00"}, {"page": "x"}])
def test_directory_takes_nonsense_calmly(cast, client, query):
    assert client.get(reverse(DIRECTORY), query).status_code == 200


def test_directory_without_anybody_says_where_to_go(cast, client):
    answer = client.get(reverse(DIRECTORY), {"organisation": "power", "grid": cast.neighbour.code})
    assert shown(answer) == []
    assert 'data-kind="info"' in answer.content.decode()


def test_directory_is_paged(cast, client):
    for _number in range(60):
        make_contact(cast.housing, cast.neighbour)
    first = client.get(reverse(DIRECTORY), {"organisation": "housing"})
    assert len(shown(first)) == 50
    assert "organisation=housing&amp;page=2" in first.content.decode()
    assert len(shown(client.get(reverse(DIRECTORY), {"page": "2"}))) == 12


@pytest.mark.parametrize("rows", [1, 3])
def test_directory_takes_four_queries(cast, client, rows, django_assert_max_num_queries):
    for _number in range(rows):
        make_contact(make_organisation(), cast.neighbour)
    with django_assert_max_num_queries(4):
        client.get(reverse(DIRECTORY))


@pytest.mark.parametrize(
    "name", ["dispatcher", "street_dispatcher", "supervisor", "admin", "street_secretary"]
)
def test_coverage_is_for_who_can_close_the_gaps(cast, client, name):
    client.force_login(getattr(cast, name))
    answer = client.get(reverse(COVERAGE))
    assert [row.grid for row in answer.context["coverage"].rows] == [
        cast.community,
        cast.neighbour,
    ]


@pytest.mark.parametrize("name", ["worker", "secretary", "specialist", "steward", "outsider"])
def test_coverage_is_not_found_for_others(cast, client, name):
    client.force_login(getattr(cast, name))
    assert client.get(reverse(COVERAGE)).status_code == 404


def test_coverage_needs_signing_in(cast, client):
    assert client.get(reverse(COVERAGE)).status_code == 302


def test_coverage_of_one_street(cast, client):
    client.force_login(cast.dispatcher)
    answer = client.get(reverse(COVERAGE), {"street": cast.street.code})
    first, second = answer.context["coverage"].rows
    assert first.missing == (cast.housing,)
    assert second.missing == (cast.housing, cast.power)
    assert answer.context["coverage"].without_own_specialist == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_coverage_takes_seven_queries(cast, client, rows, django_assert_max_num_queries):
    for _number in range(rows):
        make_contact(make_organisation(), cast.neighbour)
    client.force_login(cast.dispatcher)
    client.get(reverse(COVERAGE))
    with django_assert_max_num_queries(7):
        client.get(reverse(COVERAGE))
