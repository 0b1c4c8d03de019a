import datetime

import pytest

from grids import directory, reports, workflow
from grids.tests.factories import make_branch, make_grid

pytestmark = pytest.mark.django_db

SQUARE = [[119.0, 36.7], [119.4, 36.7], [119.4, 37.0], [119.0, 37.0], [119.0, 36.7]]
OUTLINE = {"type": "Polygon", "coordinates": [SQUARE]}


def names(text, **options):
    return [grid.short_name for grid in reports.search(text, **options)]


@pytest.fixture
def places(db):
    district = make_grid(name="测试区", code="990703000000000")
    street = make_grid(district, name="张氏街道", code="990703001000000")
    community = make_grid(
        street,
        name="锦绣社区居民委员会",
        short_name="锦绣社区",
        code="990703001001000",
        division_code="990703001001",
        division_scheme="nbs2023",
    )
    estate = make_grid(community, name="吉祥家园", code="990703001001D10")
    make_grid(estate, name="吉祥家园第1片区", short_name="第1片区", code="990703001001D11")
    make_grid(community, name="吉祥花园", code="990703001001D20")
    return {"street": street, "community": community, "estate": estate}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("吉祥家园", ["吉祥家园", "第1片区"]),
        ("吉祥", ["吉祥家园", "吉祥花园", "第1片区"]),
        ("家园", ["吉祥家园", "第1片区"]),
        ("居民委员会", ["锦绣社区"]),
        ("jxjy", ["吉祥家园", "第1片区"]),
        ("JXHY", ["吉祥花园"]),
        ("ｊｘｈｙ", ["吉祥花园"]),
        ("jixianghua", ["吉祥花园"]),
        ("jinxiu", ["锦绣社区"]),
        ("990703001001", ["锦绣社区", "吉祥家园", "吉祥花园", "第1片区"]),
        ("990703001001d10", ["吉祥家园"]),
        ("  吉祥花园\t", ["吉祥花园"]),
        ("吉\0祥花\u202e园", ["吉祥花园"]),
        ("锦绣社区 吉祥花园", ["吉祥花园"]),
        ("张氏 锦绣 吉祥家园", ["吉祥家园", "第1片区"]),
        ("和平社区 吉祥花园", []),
    ],
)
def test_search_finds_by_name_pinyin_initials_and_code(places, text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "   ", "%", "_", "吉%园", "吉_家园", "\\", "'", '"', "\0", "🙂", "吉" * 7000]
    + ["a" * 7000, "' OR 1=1 --", "\ud800"],
)
def test_search_survives_hostile_text(places, text):
    assert names(text) == []


def test_search_finds_literal_percent_signs(places):
    make_grid(places["community"], name="100%小区")
    assert names("%") == ["100%小区"]


def test_search_leaves_out_unlisted_and_ended_places(places):
    make_grid(places["community"], name="吉祥监区", is_listed=False)
    ended = make_grid(places["community"], name="吉祥旧村", valid_from=datetime.date(2020, 1, 1))
    assert "吉祥旧村" in names("吉祥")
    workflow.retire_grid(ended)
    assert names("吉祥") == ["吉祥家园", "吉祥花园", "第1片区"]


def test_search_stops_at_the_limit(places):
    assert names("吉祥", limit=2) == ["吉祥家园", "吉祥花园"]


@pytest.mark.parametrize("text", ["吉祥", "jx", "9907"])
def test_search_is_one_query_however_much_it_finds(places, text, django_assert_num_queries):
    with django_assert_num_queries(1):
        reports.search(text)
    for number in range(3):
        make_grid(places["community"], name=f"吉祥{number}村")
    with django_assert_num_queries(1):
        reports.search(text)


def test_nearest_orders_by_distance_and_says_nothing_far_away(places):
    estate = places["estate"]
    for number, latitude in enumerate((36.801, 36.8, 36.9)):
        make_grid(places["community"], name=f"点{number}", latitude=latitude, longitude=119.2)
    found = reports.nearest(36.8, 119.2)
    assert [(near.grid.short_name, near.metres) for near in found] == [("点1", 0), ("点0", 111)]
    assert reports.nearest(36.75, 119.2) == []
    assert reports.nearest(89.99, 0) == []
    assert estate.latitude is None


def test_nearest_is_one_query(places, django_assert_num_queries):
    make_grid(places["community"], latitude=36.8, longitude=119.2)
    with django_assert_num_queries(1):
        reports.nearest(36.8, 119.2)


def test_locate_finds_the_smallest_outline_or_nothing():
    district = make_grid(outline=OUTLINE)
    small = [[119.1, 36.8], [119.2, 36.8], [119.2, 36.9], [119.1, 36.9], [119.1, 36.8]]
    street = make_grid(district, outline={"type": "Polygon", "coordinates": [small]})
    assert reports.locate(36.85, 119.15) == street
    assert reports.locate(36.75, 119.15) == district
    assert reports.locate(39.9, 116.4) is None


def test_children_of_lists_what_the_public_may_choose(places):
    make_grid(places["community"], name="监区", is_listed=False)
    assert [grid.short_name for grid in reports.children_of(places["community"])] == [
        "吉祥家园",
        "吉祥花园",
    ]


def test_scanned_knows_current_tokens_of_listed_grids_only(places):
    estate = places["estate"]
    token = reports.poster_token(estate).token
    assert reports.scanned(token) == estate
    workflow.new_poster_token(estate, by=None)
    assert reports.scanned(token) is None
    assert reports.scanned("") is None
    assert reports.scanned("a\0b") is None
    hidden = make_grid(places["community"], is_listed=False)
    assert reports.scanned(hidden.poster_tokens.get().token) is None


def test_directory_names_paths_with_one_look(django_assert_num_queries):
    district, street, community, village, subarea = make_branch()
    ids = [grid.pk for grid in (district, village, subarea)]
    directory.GRIDS.all()
    with django_assert_num_queries(1):
        paths = directory.paths_of(ids)
    assert paths == {
        district.pk: ["测试区"],
        village.pk: ["东风街道", "和平社区", "李家村"],
        subarea.pk: ["东风街道", "和平社区", "李家村", "第1片区"],
    }
    assert directory.level_ids(village.pk) == {
        1: district.pk,
        2: street.pk,
        3: community.pk,
        4: village.pk,
    }
    assert directory.path_names(0) == []
    assert directory.name(None) == ""
    assert directory.get(village.pk).code == village.code
