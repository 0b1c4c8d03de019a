import pytest

from common.errors import RuleViolation
from grids import geometry

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]}
WITH_HOLE = {
    "type": "Polygon",
    "coordinates": [*SQUARE["coordinates"], [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]],
}
TWO = {
    "type": "MultiPolygon",
    "coordinates": [SQUARE["coordinates"], [[[8, 8], [9, 8], [9, 9], [8, 8]]]],
}


@pytest.mark.parametrize("good", [SQUARE, WITH_HOLE, TWO])
def test_validate_passes_sound_outlines(good):
    assert geometry.validate(good) is None


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {},
        [],
        "Polygon",
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [400, 0], [4, 4], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], ["a", 0], [4, 4], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [4, float("nan")], [4, 4], [0, 0]]]},
    ],
)
def test_validate_refuses_what_is_no_outline(bad):
    with pytest.raises(RuleViolation) as refusal:
        geometry.validate(bad)
    assert refusal.value.code == "outline"


def test_validate_refuses_an_outline_that_crosses_itself():
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]}
    with pytest.raises(RuleViolation) as refusal:
        geometry.validate(bow)
    assert refusal.value.code == "outline_crossing"


@pytest.mark.parametrize(
    ("geojson", "latitude", "longitude", "inside"),
    [
        (SQUARE, 2, 2, True),
        (SQUARE, 5, 2, False),
        (WITH_HOLE, 1.5, 1.5, False),
        (WITH_HOLE, 3, 3, True),
        (TWO, 8.3, 8.7, True),
        (TWO, 8.7, 8.3, False),
    ],
)
def test_contains(geojson, latitude, longitude, inside):
    assert geometry.contains(geojson, latitude, longitude) is inside


def test_bbox_is_west_south_east_north():
    assert geometry.bbox(TWO) == (0, 0, 9, 9)


def test_distance_of_a_degree_of_latitude():
    assert round(geometry.distance_m(36, 119, 37, 119)) == 111195


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_point"),
    [(36.7, 119.2, True), (91, 0, False), (0, 181, False), (float("nan"), 0, False)],
)
def test_is_point(latitude, longitude, is_point):
    assert geometry.is_point(latitude, longitude) is is_point
