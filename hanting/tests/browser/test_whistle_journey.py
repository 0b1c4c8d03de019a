"""A whistle on a phone: two departments called, one comes, one is silent, both are scored."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from accounts.choices import Role
from accounts.tests.factories import PASSWORD, make_posting, make_user
from notices.workflow import deliver_all
from receptions import tasks
from receptions.choices import SummonsStatus, WhistleStatus
from receptions.models import Whistle
from tickets.models import Category
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.browser

AFTERNOON = datetime(2026, 11, 25, 14, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
HALF_AN_HOUR = 31 * 60


@pytest.fixture
def clock(town):
    """A Wednesday afternoon; it runs, and `shift` moves it on."""
    with time_machine.travel(AFTERNOON, tick=True) as traveller:
        yield traveller


@pytest.fixture
def leader(town):
    """Who heads the housing bureau, whose contact will stay silent."""
    user = make_user("leader", name="何立新", password=PASSWORD, is_demonstration=True)
    make_posting(user, Role.ORGANISATION_LEADER, organisation=town.housing)
    return user


def opened(visit, user):
    """Return this person's phone, signed in, with its scripts switched off."""
    phone = visit(scripts=False)
    phone.sign_in(user)
    return phone


def say(phone, name, *args, **said):
    """Fill in the form of a step and press its red button."""
    phone.open(name, *args)
    for field, value in said.items():
        phone._say(phone.page.locator("main form.card"), field, value)
    with phone.page.expect_navigation():
        phone.main().click()


def test_two_are_whistled_one_is_silent_and_both_are_scored(visit, town, clock, leader):
    ticket = make_ticket(
        town.subarea, Category.objects.get(code="0102"), description="变压器进水，整栋楼停电。"
    )
    secretary = opened(visit, town.secretary)
    secretary.open_matter(ticket.reference)
    secretary.page.locator(f"a[href='{reverse('whistles:new', args=[ticket.reference])}']").click()
    secretary.choose("kind", "emergency")
    secretary.page.fill("[name=ground]", "变压器归供电公司，配电室漏雨要住建局来看。")
    expect(secretary.page.locator(f"[name=organisations][value='{town.power.pk}']")).to_be_checked()
    # The steward is on the spot anyway.
    secretary.page.uncheck(f"[name=organisations][value='{town.property.pk}']")
    secretary.page.locator("details.folded > summary").click()
    secretary.choose("organisations", str(town.housing.pk))
    secretary.picture("whistle-01-new")
    number = f"{ticket.reference}-1"
    secretary.press("whistles:detail", number)
    secretary.picture("whistle-02-blown")
    whistle = Whistle.objects.get(number=number)
    power = whistle.summonses.get(organisation=town.power)
    housing = whistle.summonses.get(organisation=town.housing)
    assert (power.person, housing.person) == (town.specialist, town.own_specialist)

    specialist = opened(visit, town.specialist)
    specialist.open("whistles:detail", number)
    specialist.press("whistles:detail", number)
    specialist.picture("whistle-03-coming")
    clock.shift(20 * 60)
    specialist.press("whistles:detail", number)
    power.refresh_from_db()
    assert power.status == SummonsStatus.ON_SITE

    for _step in range(2):
        clock.shift(HALF_AN_HOUR)
        tasks.climb()
    deliver_all()
    for user in (town.street_secretary, leader):
        phone = opened(visit, user)
        phone.open("notices:list")
        expect(phone.page.locator("main")).to_contain_text(f"{town.housing.name}没有应答")
        phone.picture(f"whistle-04-silent-{user.username}")
    # Idle for an hour, everybody signs in anew.
    secretary, specialist = opened(visit, town.secretary), opened(visit, town.specialist)
    secretary.open("whistles:detail", number)
    expect(secretary.page.locator(".summoned[data-status=late] h3")).to_have_text(town.housing.name)
    secretary.picture("whistle-05-one-silent")

    say(
        secretary,
        "whistles:resolve",
        number,
        minutes="供电公司抽水并换了接头，屋面漏雨待修。",
        text="修好配电室屋面防水",
        lead=str(town.housing.pk),
        due_on="2026-12-04",
    )
    secretary.at("whistles:detail", number)
    promise = whistle.commitments.get()
    assert promise.ticket.is_open
    assert promise.ticket.clocks.filter(stopped_at=None).exists()
    expect(secretary.page.locator("main")).to_contain_text("修好配电室屋面防水")

    for summons, points in ((power, "5"), (housing, "1")):
        say(secretary, "whistles:summons_score", summons.pk, score=points, words="现场情况如实")
    say(specialist, "whistles:summons_score", power.pk, score="4")
    silent = opened(visit, town.own_specialist)
    say(silent, "whistles:summons_score", housing.pk, score="3", words="当时手机没电")
    tasks.close_whistles()
    secretary.open("whistles:detail", number)
    expect(secretary.badge()).to_have_attribute("data-status", WhistleStatus.CLOSED)
    secretary.picture("whistle-06-closed")
    secretary.page.locator(
        f"main .rows a[href='{reverse('tickets:detail', args=[promise.ticket.reference])}']"
    ).click()
    secretary.at("tickets:detail", promise.ticket.reference)
