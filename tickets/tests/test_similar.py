"""Similar open matters near by: what is found, what is never shown, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tickets import similar, workflow
from tickets.choices import Kind, Status
from tickets.models import Attachment, Ticket
from tickets.tests.factories import make_category, make_ticket

pytestmark = pytest.mark.django_db
WORDS = "三号楼从早上就停电了，没人来修"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


def found_at(grid, **said):
    return similar.find(description=WORDS, grid_id=grid.pk, **said)


def test_the_same_in_other_words_is_found_in_the_same_estate(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, description="四号楼早上停电了，到现在没人来修")
    make_ticket(cast.subarea, power_cut, description="下水道堵住了臭得很")
    found = found_at(cast.village)
    assert [each.reference for each in found] == [ticket.reference]
    assert (found[0].place, found[0].people, found[0].words) == ("吉祥家园", 1, "")
    assert found[0].category.id == power_cut.pk


def test_the_same_category_tips_the_scales(cast, power_cut):
    make_ticket(cast.subarea, power_cut, description="小区又停电了，冰箱里的东西都坏了怎么办")
    assert found_at(cast.subarea) == []
    assert len(found_at(cast.subarea, category_id=power_cut.pk)) == 1


def test_another_estate_is_another_matter_but_a_community_holds_its_estates(cast, power_cut):
    make_ticket(cast.neighbour_subarea, power_cut, description=WORDS)
    assert found_at(cast.subarea) == []
    assert len(found_at(cast.neighbour)) == 1


def test_nothing_is_found_for_a_street(cast, power_cut):
    make_ticket(cast.street, power_cut, description=WORDS)
    assert found_at(cast.street) == []


def test_closed_and_confidential_matters_are_never_shown(cast, power_cut):
    make_ticket(cast.subarea, power_cut, description=WORDS, kind=Kind.TIP_OFF)
    ended = make_ticket(cast.subarea, power_cut, description=WORDS)
    workflow.withdraw(ended)
    assert found_at(cast.subarea) == []
    assert Ticket.objects.filter(status=Status.WITHDRAWN).count() == 1


def test_three_at_most_the_likest_first(cast, power_cut):
    for extra in ("", "，快来", "，快来吧各位师傅", "，麻烦你们快来看看行不行"):
        make_ticket(cast.subarea, power_cut, description=WORDS + extra)
    found = found_at(cast.subarea)
    assert len(found) == 3
    assert [each.score for each in found] == sorted([each.score for each in found], reverse=True)
    assert found[0].score == pytest.approx(1, abs=0.2)


def test_released_words_and_photo_are_shown(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, description=WORDS)
    workflow.release(ticket, by=cast.dispatcher, text="三号楼停电")
    photo = Attachment.objects.create(
        ticket=ticket, file="a", thumbnail="b", width=1, height=1, sha256="1", is_released=True
    )
    Attachment.objects.create(ticket=ticket, file="c", thumbnail="d", width=1, height=1, sha256="2")
    (found,) = found_at(cast.subarea)
    assert (found.words, found.photo_id) == ("三号楼停电", photo.pk)


@pytest.mark.parametrize("text", ["", " ", "停", "😀", "，。！"])
def test_hardly_any_words_find_nothing(cast, power_cut, text):
    make_ticket(cast.subarea, power_cut, description=WORDS)
    assert similar.find(description=text, grid_id=cast.subarea.pk) == []


@pytest.mark.parametrize("count", [1, 3])
def test_two_queries_whatever_is_found(cast, power_cut, settings, count):
    settings.NAME_MAP_SECONDS = 60
    for _number in range(count):
        make_ticket(cast.subarea, power_cut, description=WORDS)
    found_at(cast.subarea)
    with CaptureQueriesContext(connection) as queries:
        assert len(found_at(cast.subarea)) == count
    assert len(queries) == 2
