"""The calendar's pages: a year to read, and changes that are seen before they are made."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from hanting.tests import sweep
from hanting.tests.catalogue import CJK
from hanting.tests.test_pages import words_of_the_database
from tickets import workflow as matters
from tickets.choices import ClockMode, LimitUnit
from tickets.tests.factories import make_category, make_ticket
from worktime import reports, workflow
from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, nine in the morning in Shanghai
YEAR = "/admin/working-calendar/2026/"
DAYS = f"{YEAR}days/"
HOURS = "/admin/working-calendar/hours/"
FRIDAY = date(2026, 11, 27)
SUMMER_HOURS = [["08:30", "12:00"], ["14:00", "18:00"]]
SUMMER = {"from": "06-01", "to": "08-31", "weekly": {**DEFAULT_WEEKLY, "mon": SUMMER_HOURS}}


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def keeper(client):
    """A client signed in as somebody whose only right is to keep the calendar."""
    user = get_user_model().objects.create_user("keeper", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_workday"))
    client.force_login(user)
    make_calendar()
    return client


@pytest.fixture
def open_matter(cast):
    """A matter promised within five working days: by the close of next Monday."""
    make_calendar()
    category = make_category(
        clock_mode=ClockMode.BUSINESS, limit_unit=LimitUnit.WORKING_DAYS, limit_amount=5
    )
    return make_ticket(cast.subarea, category)


def text_of(response):
    return " ".join(" ".join(sweep.read_page(response.content.decode()).text).split())


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


def line(first="2026-11-27", *, n=0, worked="no", label="停电", last=""):
    return {f"first_{n}": first, f"last_{n}": last, f"worked_{n}": worked, f"label_{n}": label}


def day_off(**more):
    return {"lines": "1", **line(), "source": "区政府通知", **more}


def hours_typed(**more):
    return {"seasons": "1", "mon": "08:30-12:00 13:30-17:30", "note": "区政府通知", **more}


def fact(day):
    return WorkDay.objects.values_list("is_working", "label", "source").get(date=day)


# --- Who may -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [YEAR, f"{YEAR}confirm/", DAYS, HOURS])
def test_pages_are_for_who_keeps_the_calendar(client, address):
    make_calendar()
    for ask in (client.get, client.post):
        assert ask(address)["Location"].startswith(reverse("account_login"))
    people = get_user_model().objects
    client.force_login(people.create_user("resident", password="x"))
    for ask in (client.get, client.post):
        assert ask(address)["Location"].startswith(reverse("admin:login"))
    client.force_login(people.create_user("other", password="x", is_staff=True))
    for ask in (client.get, client.post):
        assert ask(address).status_code == 403
    assert WorkDay.objects.unconfirmed().count() == 730


@pytest.mark.parametrize("year", [2025, 2028, 0, 99_999])
def test_year_without_days_is_no_page(keeper, year):
    assert keeper.get(f"/admin/working-calendar/{year}/").status_code == 404
    sent = keeper.post(f"/admin/working-calendar/{year}/confirm/", {"compared": "on"})
    assert sent.status_code == 404


@pytest.mark.parametrize("year", [0, 2003, 99_999])
def test_days_are_corrected_from_a_year_that_can_be(keeper, year):
    assert keeper.get(f"/admin/working-calendar/{year}/days/").status_code == 404


# --- The year ------------------------------------------------------------------------------


def test_year_shows_months_days_and_names(keeper):
    page = in_english(keeper).get(YEAR)
    text = text_of(page)
    assert "October 18 working days" in text
    assert "1–7 off · 国庆节" in text
    assert "10 work · 国庆节调休上班" in text
    assert "Working days of the year 248" in text
    assert "Monday to Friday 08:30–12:00 13:30–17:30 closed 12:00–13:30" in text
    assert "0 of 365 days" in text
    html = page.content.decode()
    assert html.count('class="day" data-kind="make_up"') == 7  # six days and the legend's
    assert html.count(f'href="{DAYS}?day=') == 365
    assert ("data-provisional" in html, "days are provisional" in text) == (True, False)


def test_neighbouring_years_are_linked_while_there_are_any(keeper):
    html = keeper.get(YEAR).content.decode()
    assert ('rel="prev"' in html, 'rel="next"' in html) == (False, True)
    html = keeper.get("/admin/working-calendar/2027/").content.decode()
    assert ('rel="prev"' in html, 'rel="next"' in html) == (True, False)


def test_provisional_year_says_so_day_by_day(keeper):
    page = in_english(keeper).get("/admin/working-calendar/2027/")
    text = text_of(page)
    assert "2027 is still provisional" in text
    assert "31 days are provisional" in text
    assert page.content.decode().count(" data-provisional ") == 365
    assert "settled for 38 more days, until 31 Dec 2026" in text


def test_short_calendar_is_no_more_warned_of_when_settled(keeper):
    workflow.confirm_year(2027, by="甲")
    page = in_english(keeper).get("/admin/working-calendar/2027/")
    text = text_of(page)
    assert ("more days" in text, "still provisional" in text) == (False, False)
    assert "Confirmed by 甲 365 days" in text


def test_seasons_are_named_with_their_months(keeper):
    season = {**SUMMER, "to": "08-15"}
    workflow.publish_calendar(weekly=DEFAULT_WEEKLY, seasons=[season], by="甲", note="夏季")
    text = text_of(in_english(keeper).get(YEAR))
    assert "Season: 1 Jun to 15 Aug of every year" in text
    assert text.count("Season's hours all month") == 2
    assert "Season's hours from 1 Aug to 15 Aug" in text
    assert "Version 2, published on 23 Nov 2026 by 甲. 夏季" in text


def test_year_without_hours_can_be_read(keeper):
    CalendarVersion.objects.all().delete()
    text = text_of(in_english(keeper).get(YEAR))
    assert "No opening hours have been published." in text


def test_year_asks_the_same_few_questions_whatever_it_holds(
    keeper, django_assert_num_queries, settings
):
    settings.STAFF_SECOND_FACTOR = False
    keeper.get(YEAR)
    # Session and user; two for the person's rights; the days; the hours; coverage in two;
    # two for the years to warn of.
    with django_assert_num_queries(10):
        keeper.get(YEAR)
    with django_assert_num_queries(10):
        keeper.get("/admin/working-calendar/2027/")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_are_whole_and_speak_one_language(keeper, open_matter, language):
    keeper.cookies["django_language"] = language
    data = words_of_the_database(CJK) | {"停电", "区政府通知"}
    for page in (
        keeper.get(YEAR),
        keeper.get(f"{DAYS}?day=2026-10-10"),
        keeper.get(HOURS),
        keeper.post(DAYS, {"lines": "1"}),
        keeper.post(HOURS, {"seasons": "1"}),
        keeper.post(DAYS, day_off()),
        keeper.post(HOURS, hours_typed()),
    ):
        html = page.content.decode()
        # The frame is the admin's own, and so is its way of naming the language.
        assert sweep.page_faults(html, lang=language) == []
        if language == "en":
            assert sweep.foreign_chinese(html, data) == []


# --- Confirming ----------------------------------------------------------------------------


def test_year_is_confirmed_by_who_has_compared_it(keeper):
    address = "/admin/working-calendar/2027/confirm/"
    assert keeper.get(address).status_code == 405
    answer = keeper.post(address, follow=True)
    assert [m.level_tag for m in answer.context["messages"]] == ["error"]
    assert WorkDay.objects.unconfirmed().count() == 730
    answer = keeper.post(address, {"compared": "on"}, follow=True)
    assert [m.level_tag for m in answer.context["messages"]] == ["success"]
    assert answer.redirect_chain[-1][0] == "/admin/working-calendar/2027/"
    assert set(WorkDay.objects.in_years(2027).values_list("confirmed_by", flat=True)) == {"keeper"}
    assert 'name="compared"' not in answer.content.decode()
    answer = keeper.post(address, {"compared": "on"}, follow=True)
    assert [m.level_tag for m in answer.context["messages"]] == ["info"]


# --- Correcting days -----------------------------------------------------------------------


def test_tapped_day_stands_in_the_form(keeper):
    page = keeper.get(f"{DAYS}?day=2026-10-10")
    html = page.content.decode()
    assert 'value="2026-10-10"' in html
    assert 'value="国庆节调休上班"' in html
    assert page.context["form"]["worked_0"].value() == "yes"
    history = reverse("admin:worktime_workday_history", args=[page.context["asked"].pk])
    assert f'href="{history}"' in html


@pytest.mark.parametrize("day", ["", "soon", "2030-01-01", "2026-02-30"])
def test_odd_day_in_the_address_gives_an_empty_form(keeper, day):
    page = keeper.get(DAYS, {"day": day})
    assert (page.status_code, page.context["asked"]) == (200, None)
    assert page.context["form"]["first_0"].value() is None


def test_preview_tells_what_moves_and_stores_nothing(keeper, open_matter):
    promised, revision = open_matter.due_at, reports.calendar_revision()
    page = in_english(keeper).post(DAYS, day_off())
    moves = page.context["moves"]
    assert (moves.count, moves.earlier, moves.later, moves.past) == (1, 0, 1, 0)
    assert moves.largest == timedelta(days=1)
    assert moves.examples == [(open_matter.reference, promised, promised + timedelta(days=1))]
    text = text_of(page)
    assert "1 date moves" in text
    assert "Largest move 1 day" in text
    assert f"{open_matter.reference} 30 Nov (Mon), 17:30 1 Dec (Tue), 17:30" in text
    assert "now: Worked" in text
    assert "Nobody is sent a message." in text
    assert fact(FRIDAY)[:2] == (True, "")
    open_matter.refresh_from_db()
    assert (open_matter.due_at, reports.calendar_revision()) == (promised, revision)


def test_preview_tells_what_would_be_past(keeper, open_matter):
    with time_machine.travel("2026-11-30T02:00Z", tick=False):
        keeper.force_login(get_user_model().objects.get(username="keeper"))
        sunday = {"lines": "1", **line("2026-11-28", worked="yes"), "source": "通知"}
        moves = keeper.post(DAYS, sunday).context["moves"]
    assert (moves.count, moves.earlier, moves.past) == (1, 1, 1)


def test_preview_of_what_moves_nothing_says_so(keeper, open_matter):
    page = in_english(keeper).post(DAYS, day_off(first_0="2026-01-05"))
    text = text_of(page)
    assert ("No date moves" in text, "Largest move" in text) == (True, False)


def test_previewed_change_is_applied(keeper, open_matter):
    carried = keeper.post(DAYS, day_off()).context["carried"]
    answer = keeper.post(DAYS, {**carried, "apply": "yes"}, follow=True)
    assert answer.redirect_chain == [(YEAR, 302)]
    assert [m.level_tag for m in answer.context["messages"]] == ["success"]
    assert fact(FRIDAY) == (False, "停电", "区政府通知")
    assert WorkDay.objects.get(date=FRIDAY).confirmed_by == "keeper"
    matters.recompute_if_needed()
    open_matter.refresh_from_db()
    assert open_matter.due_at == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("seen", [None, "", "abc", "-1", "9" * 30])
def test_change_that_nobody_has_seen_is_shown_first(keeper, seen):
    sent = day_off(apply="yes") | ({} if seen is None else {"seen": seen})
    page = keeper.post(DAYS, sent)
    assert page.status_code == 200
    assert page.context["stale"]
    assert fact(FRIDAY)[:2] == (True, "")


def test_calendar_changed_in_between_is_shown_again(keeper, open_matter):
    carried = keeper.post(DAYS, day_off()).context["carried"]
    workflow.correct_day(date(2026, 11, 30), is_working=False, source="通知", by="乙")
    page = keeper.post(DAYS, {**carried, "apply": "yes"})
    assert page.context["stale"]
    moved = page.context["moves"].examples[0][2]
    assert moved == datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
    assert fact(FRIDAY)[:2] == (True, "")
    again = keeper.post(DAYS, {**page.context["carried"], "apply": "yes"})
    assert (again.status_code, fact(FRIDAY)[0]) == (302, False)


def test_several_days_of_one_notice(keeper):
    more = keeper.post(DAYS, day_off(more="yes")).context["form"]
    assert (more.count, more["label_0"].value(), more["source"].value()) == (
        4, "停电", "区政府通知",
    )  # fmt: skip
    assert not more.errors
    notice = {
        "lines": "4",
        **line("2027-02-06", label="春节", last="2027-02-12"),
        **line("2027-02-20", n=1, worked="yes", label="春节调休上班"),
        **line("", n=2, worked="", label=""),
        "source": "国办发明电〔2026〕8号",
    }
    page = keeper.post(DAYS, notice)
    assert len(page.context["changes"]) == 8
    keeper.post(DAYS, {**page.context["carried"], "apply": "yes"})
    settled = WorkDay.objects.filter(confirmed_by="keeper").order_by("date")
    assert [(day.date.day, day.is_working) for day in settled] == [
        (6, False), (7, False), (8, False), (9, False), (10, False), (11, False), (12, False),
        (20, True),
    ]  # fmt: skip


def test_form_grows_to_its_limit(keeper):
    page = keeper.post(DAYS, {"lines": "19", "more": "yes"})
    assert (page.context["form"].count, page.context["can_grow"]) == (20, False)
    assert keeper.post(DAYS, {"lines": "many", "more": "yes"}).context["form"].count == 4


def test_way_back_from_the_preview_keeps_what_was_typed(keeper):
    carried = keeper.post(DAYS, day_off()).context["carried"]
    form = keeper.post(DAYS, {**carried, "edit": "yes"}).context["form"]
    assert form.is_bound is False
    assert {name: form[name].value() for name in carried if name in form.fields} == {
        name: value for name, value in carried.items() if name in form.fields
    }


def test_odd_correction_is_told_and_kept(keeper):
    sent = {"lines": "2", **line(last="2026-11-26"), **line("", n=1, worked="yes"), "source": ""}
    page = in_english(keeper).post(DAYS, sent)
    text, form = text_of(page), page.context["form"]
    for words in (
        "The last day lies before the first one.",
        "Name the day.",
        "Name the notice that this comes from.",
    ):
        assert text.count(words) == 2  # at the top and at the field
    assert text.startswith("Error:")
    assert {name: form[name].value() for name in sent if name in form.fields} == {
        name: value for name, value in sent.items() if name in form.fields
    }


def test_day_outside_the_calendar_is_refused_in_words(keeper):
    page = in_english(keeper).post(DAYS, day_off(first_0="2030-01-01"))
    refusal = "2030-01-01 is not in the calendar. Load its year first."
    assert page.context["form"].non_field_errors() == [refusal]
    assert refusal in text_of(page)
    page = keeper.post(DAYS, day_off(first_0="2030-01-01", apply="yes", seen="1"))
    assert page.context["form"].non_field_errors()


# --- Changing the hours --------------------------------------------------------------------


def test_hours_in_force_stand_in_the_form_as_one_types_them(keeper):
    workflow.publish_calendar(
        weekly={**DEFAULT_WEEKLY, "fri": []}, seasons=[SUMMER], by="甲", note="夏季"
    )
    form = keeper.get(HOURS).context["form"]
    shown = {name: form[name].value() for name in ("mon", "fri", "from_0", "to_0", "mon_0")}
    assert shown == {
        "mon": "08:30-12:00 13:30-17:30",
        "fri": "-",
        "from_0": "06-01",
        "to_0": "08-31",
        "mon_0": "08:30-12:00 14:00-18:00",
    }
    # One season more than there is, and only a season that there is can be dropped.
    assert (form.count, "drop_0" in form.fields, "drop_1" in form.fields) == (2, True, False)


def test_odd_hours_are_told_and_kept(keeper):
    typed = {"tue": "12:00-08:30", "wed": "08:30-12:00 11:30-17:30", "from_0": "06-31"}
    sent = hours_typed(**typed)
    page = in_english(keeper).post(HOURS, sent)
    text, form = text_of(page), page.context["form"]
    for words in (
        "The hours 12:00–08:30 end before they begin.",
        "The hours of a day overlap.",
        "“06-31” is no day of the year.",
    ):
        assert text.count(words) == 2
    assert {name: form[name].value() for name in sent if name in form.fields} == {
        name: value for name, value in sent.items() if name in form.fields
    }
    assert CalendarVersion.objects.count() == 1


def test_other_hours_are_previewed_and_then_published(keeper, open_matter):
    sent = hours_typed(mon="08:30-12:00 13:00-17:00")
    page = in_english(keeper).post(HOURS, sent)
    moves = page.context["moves"]
    assert (moves.count, moves.earlier, moves.largest) == (1, 1, timedelta(minutes=30))
    assert "08:30–12:00 13:00–17:00 closed 12:00–13:00" in text_of(page)
    assert CalendarVersion.objects.count() == 1
    answer = keeper.post(HOURS, {**page.context["carried"], "apply": "yes"})
    assert answer["Location"] == YEAR
    version = CalendarVersion.objects.active().get()
    assert (version.number, version.published_by, version.note) == (2, "keeper", "区政府通知")
    assert version.weekly["fri"] == [["08:30", "12:00"], ["13:00", "17:00"]]


def test_season_is_added_and_dropped(keeper):
    sent = hours_typed(from_0="06-01", to_0="08-31", mon_0="08:30-12:00 14:00-18:00")
    carried = keeper.post(HOURS, sent).context["carried"]
    keeper.post(HOURS, {**carried, "apply": "yes"})
    (season,) = CalendarVersion.objects.active().get().seasons
    assert (season["from"], season["weekly"]["tue"]) == ("06-01", SUMMER_HOURS)
    carried = keeper.post(HOURS, {**sent, "drop_0": "on"}).context["carried"]
    edited = keeper.post(HOURS, {**carried, "edit": "yes"}).context["form"]
    assert edited["drop_0"].value() == "on"
    keeper.post(HOURS, {**carried, "apply": "yes"})
    assert CalendarVersion.objects.active().get().seasons == []


def test_hours_published_in_between_are_not_overrun(keeper):
    carried = keeper.post(HOURS, hours_typed()).context["carried"]
    workflow.publish_calendar(weekly=DEFAULT_WEEKLY, by="乙")
    page = keeper.post(HOURS, {**carried, "apply": "yes"})
    assert (page.status_code, bool(page.context["stale"])) == (200, True)
    assert CalendarVersion.objects.active().get().published_by == "乙"


def test_hours_without_any_version_or_days_are_refused_in_words(keeper):
    CalendarVersion.objects.all().delete()
    assert keeper.get(HOURS).context["form"]["mon"].value() is None
    page = in_english(keeper).post(HOURS, hours_typed())
    assert "No opening hours have been published." in text_of(page)
