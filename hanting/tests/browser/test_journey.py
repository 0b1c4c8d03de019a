"""A power cut in 吉祥家园 from the poster to the resident's last word, without a single script."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import ngettext
from playwright.sync_api import expect

from tickets import workflow
from tickets.choices import Outcome, Source, Status
from tickets.models import Ticket
from tickets.progress import PARTS, routing_reason
from tickets.reports import contractor_times

pytestmark = pytest.mark.browser

AFTERNOON = datetime(2026, 11, 25, 14, 2, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def clock(town):
    """A Wednesday afternoon; it runs, and `shift` moves it on."""
    with time_machine.travel(AFTERNOON, tick=True) as traveller:
        yield traveller


def verbs_of(ticket):
    return list(ticket.events.in_order().values_list("verb", flat=True))


@pytest.fixture
def visit(visit):
    """Every browser of this journey has its scripts switched off."""

    def open_visit(**options):
        return visit(scripts=False, **options)

    return open_visit


def test_scripts_are_off(visit):
    resident = visit()
    resident.page.set_content("<p id=p>off</p><script>p.textContent = 'on'</script>")
    assert resident.page.inner_text("#p") == "off"


def test_power_cut_from_poster_to_last_word(visit, town, clock):
    resident = visit()
    resident.scan()
    resident.picture("01-report")
    expect(resident.page.locator(".where-line strong")).to_contain_text("吉祥家园")
    resident.write()
    resident.picture("02-photos")
    resident.press("tickets:report_contact")
    resident.picture("03-contact")
    resident.page.fill("[name=phone]", "１００００００１２３４")
    resident.press("tickets:report_check")
    resident.picture("04-check")
    assert resident.page.input_value("[name=category]:checked") == "0102"
    reference, code = resident.send()
    resident.picture("05-receipt")
    ticket = Ticket.objects.get(reference=reference)
    assert (ticket.holder, ticket.organisation) == (town.specialist, town.power)
    assert (ticket.source, ticket.grid, ticket.status) == (Source.QR, town.subarea, "dispatched")
    said = resident.page.inner_text("main")
    assert [
        words
        for words in (town.specialist.name, town.power.name, routing_reason(ticket), "14:02")
        if words not in said
    ] == []
    assert resident.page.locator(f"main a[href='tel:{town.specialist.phone}']").count() == 1

    own = visit()
    own.sign_in(town.own_specialist)
    own.open("tickets:list")
    own.picture("06-own-specialist-list")
    own.page.locator(f"a[href='{reverse('tickets:detail', args=[reference])}']").click()
    own.at("tickets:detail", reference)
    own.picture("07-own-specialist-ticket")

    steward = visit()
    steward.sign_in(town.steward)
    steward.open("tickets:list")
    steward.page.locator(f"a[href='{reverse('tickets:detail', args=[reference])}']").click()
    found = "3号楼配电箱进水跳闸，已拉警戒线。"
    steward.step("record_finding", reference, note=found, picture="08-steward-finding")

    clock.shift(600)
    specialist = visit()
    specialist.sign_in(town.specialist)
    specialist.picture("09-specialist-today")
    specialist.open_matter(reference)
    specialist.picture("10-specialist-ticket")
    assert found in specialist.page.inner_text(".timeline")
    specialist.step("acknowledge", reference)
    specialist.step("call_contractor", reference, note="寒亭电力抢修二队")
    clock.shift(1500)
    specialist.step("record_arrival", reference, picture="11-arrival", note="两人到场")
    specialist.step("hold", reference, reason="parts", until="2026-11-25T17:30", picture="12-hold")
    specialist.picture("13-on-hold")
    resident.open("tickets:progress", reference)
    resident.picture("14-resident-waiting")
    expect(resident.badge()).to_have_attribute("data-status", "on_hold")
    clock.shift(1500)
    specialist.step("resume", reference)
    clock.shift(1500)
    specialist.open_matter(reference)
    clock.shift(1500)
    specialist.open_matter(reference)
    done = "更换3号楼受潮电缆，已恢复供电。"
    specialist.step("resolve", reference, note=done, picture="15-resolve")
    specialist.picture("16-resolved")
    minutes = contractor_times(ticket)[0].minutes_of_work
    assert 75 <= minutes <= 90
    work = ngettext(
        "Done %(count)s minute after arrival", "Done %(count)s minutes after arrival", minutes
    )
    said = specialist.page.inner_text("[aria-labelledby=contractors]")
    assert work % {"count": minutes} in said

    at_home = visit()
    at_home.open("home")
    at_home.picture("17-home")
    at_home.track(reference, code)
    at_home.picture("18-progress-resolved")
    assert done in at_home.page.inner_text(".timeline")
    at_home.main().click()
    at_home.at("tickets:confirm", reference)
    at_home.picture("19-confirm")
    at_home.choose("satisfied", "yes")
    at_home.press("tickets:progress", reference)
    at_home.picture("20-closed")
    expect(at_home.badge()).to_have_attribute("data-status", "closed")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.outcome) == (Status.CLOSED, Outcome.SOLVED)
    assert ticket.events.get(verb="confirm").data["satisfied"] is True
    assert verbs_of(ticket) == [
        "submit", "accept", "dispatch", "record_finding", "acknowledge", "call_contractor",
        "record_arrival", "hold", "resume", "resolve", "confirm",
    ]  # fmt: skip
    for page, name in ((specialist, "tickets:detail"), (at_home, "tickets:progress")):
        page.open(name, reference)
        assert page.page.locator(".timeline li").count() == 11
    assert workflow.available(ticket, town.specialist) == ["note"]


def test_returned_twice_arbitrated_not_solved_reopened(visit, town, clock):
    resident = visit()
    reference, code = resident.report()
    ticket = Ticket.objects.get(reference=reference)
    power, housing = str(town.power.pk), str(town.housing.pk)

    specialist = visit()
    specialist.sign_in(town.specialist)
    specialist.open_matter(reference)
    specialist.step(
        "return", reference, note="小区内部线路，产权不在供电公司。", suggested=housing,
        picture="30-return",
    )  # fmt: skip
    ticket.refresh_from_db()
    assert (ticket.status, ticket.holder) == (Status.RETURNED, town.dispatcher)

    dispatcher = visit(desk=True)
    dispatcher.sign_in(town.dispatcher)
    dispatcher.picture("31-dispatcher-today")
    dispatcher.open_matter(reference)
    dispatcher.step(
        "dispatch", reference, organisation=housing, note="请看小区内线。", picture="32-dispatch"
    )
    ticket.refresh_from_db()
    assert (ticket.organisation, ticket.holder) == (town.housing, town.own_specialist)

    other = visit()
    other.sign_in(town.own_specialist)
    other.open_matter(reference)
    other.step("return", reference, note="故障在供电公司的电缆上。", suggested=power)
    ticket.refresh_from_db()
    assert (ticket.return_count, ticket.holder) == (2, town.supervisor)
    dispatcher.open_matter(reference)
    assert "dispatch" not in dispatcher.verbs()

    arbiter = visit(desk=True)
    arbiter.sign_in(town.supervisor)
    arbiter.open_matter(reference)
    arbiter.picture("33-arbiter")
    arbiter.step(
        "arbitrate", reference, organisation=power, note="电缆到表前归供电公司。",
        picture="34-arbitrate",
    )  # fmt: skip
    ticket.refresh_from_db()
    assert (ticket.status, ticket.holder) == (Status.DISPATCHED, town.specialist)

    specialist.open_matter(reference)
    assert "return" not in specialist.verbs()
    specialist.step("acknowledge", reference)
    specialist.step("resolve", reference, note="已复电。")

    resident.track(reference, code)
    resident.page.locator(f"main a[href='{reverse('tickets:dispute', args=[reference])}']").click()
    resident.at("tickets:dispute", reference)
    resident.page.fill("[name=comment]", "只好了半天，又跳闸了。")
    resident.picture("35-dispute")
    resident.press("tickets:progress", reference)
    resident.picture("36-goes-on")
    expect(resident.badge()).to_have_attribute("data-status", "in_progress")
    told = resident.page.locator(".timeline li").all_inner_texts()
    decided, handed_over = told[3], told[5]
    assert (str(PARTS["arbiter"]) in decided, str(PARTS["dispatcher"]) in handed_over) == (
        True,
    ) * 2
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cycle, ticket.reopen_count) == (Status.IN_PROGRESS, 2, 1)

    specialist.open_matter(reference)
    specialist.picture("37-second-cycle")
    assert "只好了半天" in specialist.page.inner_text(".timeline")
    specialist.step("resolve", reference, note="更换整段电缆。")
    resident.open("tickets:confirm", reference)
    resident.choose("satisfied", "no")
    resident.press("tickets:progress", reference)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cycle, ticket.outcome) == (Status.CLOSED, 2, Outcome.SOLVED)
    assert ticket.events.get(verb="confirm").data["satisfied"] is False
    assert verbs_of(ticket) == [
        "submit", "accept", "dispatch", "return", "dispatch", "return", "arbitrate",
        "acknowledge", "resolve", "dispute", "resolve", "confirm",
    ]  # fmt: skip
