"""Outlines on the map in plain Python: are they sound, what do they hold, how far is it."""

import math

from django.utils.translation import gettext as _

from common.errors import RuleViolation

EARTH_RADIUS_M = 6_371_008.8
LEAST_POINTS = 4


def validate(geometry):
    """Raise RuleViolation ("outline") unless this is a usable GeoJSON polygon in WGS-84.

    Usable: Polygon or MultiPolygon, every ring closed and of at least four points, every point
    within -180..180 and -90..90, no edge of a ring crossing another one.
    """
    try:
        found = list(_rings(geometry))
        sound = bool(found) and all(_is_ring(ring) for ring in found)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        sound = False
    if not sound:
        raise RuleViolation(
            _("This is not an outline: it must be a closed polygon in longitude and latitude."),
            code="outline",
            field="outline",
        )
    if any(_crosses_itself(ring) for ring in found):
        raise RuleViolation(
            _("The outline crosses itself."), code="outline_crossing", field="outline"
        )


def bbox(geometry):
    """Return (west, south, east, north) in degrees."""
    points = [point for ring in _rings(geometry) for point in ring]
    longitudes = [point[0] for point in points]
    latitudes = [point[1] for point in points]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def contains(geometry, latitude, longitude):
    """Whether the point lies inside; every ring turns inside and outside round, so holes count."""
    west, south, east, north = bbox(geometry)
    if not (west <= longitude <= east and south <= latitude <= north):
        return False
    inside = False
    for ring in _rings(geometry):
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False):
            if (y1 > latitude) != (y2 > latitude):
                inside ^= longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1
    return inside


def distance_m(latitude, longitude, other_latitude, other_longitude):
    """Return the metres between two points along the ground (haversine)."""
    north, other_north = math.radians(latitude), math.radians(other_latitude)
    half_up = (other_north - north) / 2
    half_across = math.radians(other_longitude - longitude) / 2
    chord = math.sin(half_up) ** 2
    chord += math.cos(north) * math.cos(other_north) * math.sin(half_across) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))


def is_point(latitude, longitude):
    """Whether the two numbers can be a place on earth."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def _rings(geometry):
    if geometry["type"] == "Polygon":
        yield from geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["coordinates"]:
            yield from polygon
    else:
        raise ValueError(geometry["type"])


def _is_ring(ring):
    return (
        len(ring) >= LEAST_POINTS
        and ring[0] == ring[-1]
        and all(len(point) == 2 and is_point(point[1], point[0]) for point in ring)
    )


def _crosses_itself(ring):
    edges = list(zip(ring, ring[1:], strict=False))
    boxes = [(min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1])) for a, b in edges]
    for first, edge in enumerate(edges):
        left, right, low, high = boxes[first]
        for second in range(first + 2, len(edges)):
            if first == 0 and second == len(edges) - 1:
                continue
            box = boxes[second]
            if box[0] > right or box[1] < left or box[2] > high or box[3] < low:
                continue
            if _cross(*edge, *edges[second]):
                return True
    return False


def _cross(a, b, c, d):
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
