"""Numbers of many matters: as people copy them, and as the page of the look sends them."""

import pytest

from tickets import several
from tickets.forms.bulk import picks_in, references_in


@pytest.mark.parametrize(
    ("text", "found", "strange"),
    [
        ("1234567890", ["1234567890"], []),
        ("1234 5678 90\n2234 5678 90", ["1234567890", "2234567890"], []),
        ("1234567890，2234567890、1234567890", ["1234567890", "2234567890"], []),
        ("１２３４５６７８９０\t停电了", ["1234567890"], []),
        ("1234567890 2234567890", ["1234567890", "2234567890"], []),
        ("13800012345", [], ["13800012345"]),
        ("123 停电", [], ["123"]),
        ("停电", [], []),
    ],
)
def test_numbers_are_read_as_people_copy_them(text, found, strange):
    assert references_in(text) == (found, strange)


def test_each_reference_is_done_once_however_often_it_is_picked():
    assert picks_in(["1234567890:3", "1234567890:3", "2234567890:1"]) == [
        ("1234567890", 3),
        ("2234567890", 1),
    ]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["1234567890"],
        ["1234567890:x"],
        ["12345678901:1"],
        [f"{number:010d}:1" for number in range(several.MOST + 1)],
    ],
)
def test_picks_that_are_not_whole_are_unusable(texts):
    assert picks_in(texts) is None
