"""A whistle on a phone, from the call to the scores, and on to the district's reception day."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from accounts.choices import Role
from accounts.tests.factories import PASSWORD, make_posting, make_user
from notices.workflow import deliver_all
from receptions import tasks
from receptions.choices import SessionForm, SessionKind, SummonsStatus, WhistleStatus
from receptions.models import AgendaItem, Whistle
from receptions.workflow import sessions, whistles
from tickets.models import Category
from tickets.tests.factories import make_receipt, make_ticket

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


def test_what_the_spot_cannot_settle_leaves_the_list_with_the_residents_word(visit, town, clock):
    receipt = make_receipt(town.subarea, Category.objects.get(code="0102"))
    reference = receipt.ticket.reference
    whistle = whistles.write(
        receipt.ticket, by=town.secretary, kind="emergency", ground="配电室要整体改造，社区没有钱。"
    )
    whistle = whistles.blow(whistle, by=town.secretary, organisations=[town.power, town.housing])
    day = coming_day(town)

    secretary = opened(visit, town.secretary)
    minutes = "已临时送电。改造经费请书记接待日定。"
    say(secretary, "whistles:hand_over", whistle.number, minutes=minutes, level="district")
    item = AgendaItem.objects.get()
    assert (item.ticket, item.whistle, item.grid) == (receipt.ticket, whistle, town.district)

    chair = opened(visit, town.district_secretary)
    chair.open("agenda:list")
    chair.page.locator(f"main a[href='{reverse('agenda:item', args=[item.pk])}']").first.click()
    expect(chair.page.locator("main")).to_contain_text(minutes)
    chair.picture("agenda-01-item")
    take(chair, item, "schedule", session=str(day.pk))
    clock.move_to(day.starts_at)
    sessions.open(day, by=town.district_secretary)
    chair = opened(visit, town.district_secretary)
    take(
        chair,
        item,
        "decide",
        decision="列入改造计划，供电公司牵头。",
        text_1="更换配电室整套设备",
        lead_1=str(town.power.pk),
        due_on_1="2026-12-18",
    )
    promise = item.commitments.get()
    assert promise.ticket == receipt.ticket

    specialist = opened(visit, town.specialist)
    specialist.open_matter(reference)
    specialist.step("acknowledge", reference)
    specialist.step("resolve", reference, note="整套设备已更换，正常供电。")
    tasks.look_again()
    assert listed(chair, promise, "done")
    chair.picture("agenda-02-said-to-be-done")

    resident = visit(scripts=False)
    resident.track(reference, receipt.tracking_code)
    resident.main().click()
    resident.at("tickets:confirm", reference)
    resident.choose("satisfied", "yes")
    resident.press("tickets:progress", reference)
    tasks.look_again()
    assert not listed(chair, promise, "done")
    assert listed(chair, promise, "struck_off")
    chair.picture("agenda-03-struck-off")


def coming_day(town):
    """Return the district secretaries' next day, a week ahead and published."""
    starts_at = AFTERNOON + timedelta(days=7)
    day = sessions.plan_session(
        kind=SessionKind.DISTRICT_DAY,
        form=SessionForm.TALK,
        grid=town.district,
        host=town.district_secretary,
        place="区会议中心",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        by=town.district_secretary,
    )
    return sessions.publish(day, by=town.district_secretary)


def take(phone, item, verb, **said):
    """Take a step from an agenda item's page."""
    phone.open("agenda:item", item.pk)
    step = phone.page.locator(f"#step-{verb}")
    if step.get_attribute("open") is None:
        step.locator("summary").first.click()
    for field, value in said.items():
        phone._say(step.locator("form"), f"{verb}-{field}", value)
    with phone.page.expect_navigation():
        step.locator("form > button").click()
    expect(phone.page.locator("main .notice[data-kind=error]")).to_have_count(0)


def listed(phone, promise, state):
    """Whether the promise stands on the list of this state."""
    phone.page.goto(f"{reverse('agenda:commitments')}?state={state}")
    address = reverse("agenda:commitment", args=[promise.pk])
    return phone.page.locator(f"main a[href='{address}']").count() > 0
