"""The calendar feed: folded and escaped as RFC 5545 asks, secret where it is a person's own."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from receptions.calendar import calendar_token, escaped, folded, user_id_of
from receptions.tests.factories_days import plan, publish


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])))
def test_folding_is_undone_by_unfolding_and_no_line_is_longer(text):
    lines = folded(text).split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "".join([lines[0], *(line[1:] for line in lines[1:])]) == text
    assert all(line.startswith(" ") for line in lines[1:])


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b;c\\d", "a\\,b\\;c\\\\d"), ("一\n二\r\n三\r四", "一\\n二\\n三\\n四")],
)
def test_signs_with_a_meaning_are_escaped(text, said):
    assert escaped(text) == said


@pytest.mark.django_db
def test_public_calendar_holds_public_days_of_one_community(client, cast):
    day = publish(cast, place="一楼, 议事厅")
    plan(cast)
    page = client.get(reverse("receptions:community_calendar", args=[cast.community.code]))
    text = page.content.decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == 1
    assert f"UID:session-{day.pk}@hanting-grid" in text
    assert "LOCATION:一楼\\, 议事厅" in text
    assert page["Content-Type"] == "text/calendar; charset=utf-8"
    other = reverse("receptions:community_calendar", args=[cast.neighbour.code])
    assert "VEVENT" not in client.get(other).content.decode()


@pytest.mark.django_db
def test_own_calendar_ends_with_the_password_and_the_post(client, cast):
    plan(cast)
    address = reverse("receptions:staff_calendar", args=[calendar_token(cast.worker)])
    assert client.get(address).content.decode().count("BEGIN:VEVENT") == 1
    cast.worker.set_password("another-long-one")
    cast.worker.save()
    assert client.get(address).status_code == 404
    address = reverse("receptions:staff_calendar", args=[calendar_token(cast.outsider)])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "-1-2", "9" * 40, "一-二"])
def test_token_of_nobody_is_nobody(token):
    assert user_id_of(token) == 0
