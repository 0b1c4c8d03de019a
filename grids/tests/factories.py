"""Places for tests: plain functions, numbered by themselves."""

from itertools import count

from grids import workflow

_numbers = count(1)


def make_grid(parent=None, *, name=None, code=None, **fields):
    """Return a saved grid one level below `parent`, a district without one; it began long ago."""
    number = next(_numbers)
    fields.setdefault("valid_from", "2024-01-01")
    return workflow.add_grid(
        parent, code=code or f"T{number:014d}", name=name or f"试点{number}", **fields
    )


def make_branch(*, street="东风街道", community="和平社区", village="李家村", subarea="第1片区"):
    """Return (district, street, community, village, subarea), each in the one before."""
    district = make_grid(name="测试区")
    levels = [district]
    for name in (street, community, village, subarea):
        levels.append(make_grid(levels[-1], name=name))
    return tuple(levels)
