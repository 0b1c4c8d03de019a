import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from common.errors import AlreadyDone, RuleViolation
from common.models import Version
from grids import directory, workflow
from grids.choices import GridKind, GridLevel
from grids.models import Grid, PosterToken
from grids.tests.factories import make_branch, make_grid

pytestmark = pytest.mark.django_db


def test_add_grid_makes_path_level_pinyin_and_poster_token():
    district, street, community, village, subarea = make_branch()
    assert [grid.path for grid in (district, street, community, village, subarea)] == [
        "0001",
        "00010001",
        "000100010001",
        "0001000100010001",
        "00010001000100010001",
    ]
    assert [grid.level for grid in (district, street, community, village, subarea)] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert (village.pinyin, village.initials) == ("lijiacun", "ljc")
    assert PosterToken.objects.active().filter(grid=village).count() == 1


def test_add_grid_counts_siblings_in_base_36():
    district = make_grid()
    for _number in range(36):
        last = make_grid(district)
    assert last.path == district.path + "0010"


def test_add_grid_writes_who_did_it(django_user_model):
    person = django_user_model.objects.create_user("someone", "x")
    grid = workflow.add_grid(None, code="A1", name="测试区", by=person)
    assert grid.history.get().history_user_id == person.pk


@pytest.mark.parametrize("level", [1, 2, 4, 5, 6])
def test_add_grid_skips_no_level(level):
    _district, street, *_rest = make_branch()
    with pytest.raises(RuleViolation) as refusal:
        workflow.add_grid(street, code="A1", name="错", level=level)
    assert (refusal.value.code, refusal.value.field) == ("level", "level")
    assert not Grid.objects.filter(code="A1").exists()


def test_add_grid_without_parent_is_a_district_only():
    with pytest.raises(RuleViolation) as refusal:
        workflow.add_grid(None, code="A1", name="错", level=GridLevel.STREET)
    assert refusal.value.code == "parent"


def test_add_grid_refuses_a_code_that_is_taken():
    grid = make_grid()
    with pytest.raises(ValidationError) as refusal:
        make_grid(code=grid.code)
    assert list(refusal.value.message_dict) == ["code"]


def test_micro_grid_lies_in_a_sub_area_and_shares_its_level():
    *_upper, village, subarea = make_branch()
    micro = make_grid(subarea, level=GridLevel.SUBAREA, kind=GridKind.MICRO, name="1单元")
    assert micro.path == subarea.path + "0001"
    assert directory.level_ids(micro.pk)[GridLevel.SUBAREA] == subarea.pk
    for parent in (village, micro):
        with pytest.raises(RuleViolation):
            make_grid(parent, level=GridLevel.SUBAREA, kind=GridKind.MICRO)


def test_move_grid_carries_the_subtree():
    district, street, community, village, subarea = make_branch()
    other = make_grid(district, name="西风街道")
    make_grid(other)
    moved = workflow.move_grid(community, other)
    village.refresh_from_db()
    subarea.refresh_from_db()
    assert moved.path == other.path + "0002"
    assert village.path == moved.path + "0001"
    assert subarea.path == village.path + "0001"
    assert list(Grid.objects.within(street)) == [street]


def test_move_grid_refuses_itself_wrong_level_and_ended_parents():
    district, street, community, village, _subarea = make_branch()
    ended = workflow.retire_grid(make_grid(district, valid_from=datetime.date(2020, 1, 1)))
    for target, code in ((village, "level"), (district, "level"), (ended, "retired")):
        with pytest.raises(RuleViolation) as refusal:
            workflow.move_grid(community, target)
        assert refusal.value.code == code
    with pytest.raises(AlreadyDone):
        workflow.move_grid(community, street)


def test_rename_changes_pinyin_and_the_map():
    *_upper, village, _subarea = make_branch()
    assert directory.name(village.pk) == "李家村"
    before = Version.objects.current("grids")
    workflow.rename(village, name="孙家村村民委员会", short_name="孙家村")
    assert directory.name(village.pk) == "孙家村"
    assert Grid.objects.get(pk=village.pk).initials == "sjc"
    assert Version.objects.current("grids") == before + 1


def test_retire_grid_ends_it_and_its_posters():
    district = make_grid()
    street = make_grid(district, valid_from=datetime.date(2020, 1, 1))
    ended = workflow.retire_grid(street)
    assert ended.valid_to == timezone.localdate()
    assert not Grid.objects.current().filter(pk=street.pk).exists()
    assert not street.poster_tokens.active().exists()
    with pytest.raises(AlreadyDone):
        workflow.retire_grid(street)


def test_retire_grid_keeps_a_grid_with_parts():
    _district, street, *_rest = make_branch()
    with pytest.raises(RuleViolation) as refusal:
        workflow.retire_grid(street)
    assert refusal.value.code == "has_parts"


def test_retire_grid_on_its_first_day_is_refused():
    with pytest.raises(ValidationError):
        workflow.retire_grid(make_grid(valid_from=timezone.localdate()))


def test_new_poster_token_replaces_the_old_one(django_user_model):
    person = django_user_model.objects.create_user("someone", "x")
    grid = make_grid()
    old = grid.poster_tokens.get()
    new = workflow.new_poster_token(grid, by=person)
    old.refresh_from_db()
    assert old.retired_at is not None
    assert list(grid.poster_tokens.active()) == [new]
    assert new.token != old.token


def test_new_poster_token_of_an_ended_grid_is_refused():
    grid = workflow.retire_grid(make_grid(valid_from=datetime.date(2020, 1, 1)))
    with pytest.raises(RuleViolation):
        workflow.new_poster_token(grid, by=None)


def test_save_grid_refuses_a_new_level_while_it_has_parts():
    _district, _street, community, village, _subarea = make_branch()
    community.level = GridLevel.VILLAGE
    with pytest.raises(RuleViolation) as refusal:
        workflow.save_grid(community)
    assert refusal.value.code == "level"


def test_save_grid_refuses_a_broken_outline():
    with pytest.raises(RuleViolation) as refusal:
        make_grid(outline={"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]})
    assert refusal.value.field == "outline"
