"""What goes wrong on real phones: double taps, back, two tabs, no network, a killed tab."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from grids import workflow as places
from hanting.tests.browser.visits import WORDS
from tickets.models import Ticket

pytestmark = pytest.mark.browser

LONG = "从上周三夜里起，" + "楼道灯一直不亮，老人上下楼很不方便。" * 60
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
PHONE_DIGITS = "10000001234"


def stored_in_browser(page):
    """Return everything the page's origin keeps in the browser, as one text; databases: none."""
    texts, databases = page.evaluate(
        """async () => [
          JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}),
          await indexedDB.databases(),
        ]"""
    )
    assert databases == []
    return texts


def leave_idle():
    """Let every session look as if nobody had touched it for an hour."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if "seen" in session:
            session["seen"] -= 3600
            session.save()


# --- Once, however often ---------------------------------------------------------------------


@SCRIPTS
def test_double_tap_files_one_ticket(visit, scripts):
    resident = visit(scripts=scripts)
    resident.to_check()
    resident.main().dblclick()
    resident.page.wait_for_url("**/report/receipt/*/")
    assert Ticket.objects.count() == 1
    assert Ticket.objects.get().reference == resident.receipt()[0]


@SCRIPTS
def test_back_and_sending_the_same_form_again_file_one_ticket(visit, scripts):
    resident = visit(scripts=scripts)
    resident.to_check()
    sent = []
    resident.page.on("request", lambda request: sent.append(request))
    first = resident.send()
    resident.page.go_back()
    resident.page.wait_for_url("**/report/receipt/*/")
    assert resident.receipt() == first
    form = next(request for request in sent if request.method == "POST")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    again = resident.context.request.post(form.url, data=form.post_data, headers=headers)
    assert (again.status, again.url.rstrip("/").rsplit("/", 1)[-1]) == (200, first[0])
    assert Ticket.objects.count() == 1


def test_same_page_sent_from_two_tabs_files_one_ticket(visit):
    resident = visit()
    resident.to_check()
    other = resident.context.new_page()
    other.goto(reverse("tickets:report_check"))
    first = resident.send()
    other.locator("main .btn--main").click()
    other.wait_for_url("**/report/receipt/*/")
    resident.page = other
    assert resident.receipt() == first
    assert Ticket.objects.count() == 1


def test_change_in_another_tab_is_shown_before_sending(visit):
    resident = visit()
    resident.to_check()
    other = resident.context.new_page()
    other.goto(reverse("tickets:report"))
    other.fill("[name=description]", "电又来了，可是电压不稳。")
    other.locator("main .btn--main").click()
    other.wait_for_url(f"**{reverse('tickets:report_photos')}")
    resident.press("tickets:report_check")
    notice = _("You changed this in another window. Please check it again.")
    expect(resident.page.locator("main .notice").first).to_have_text(notice)
    assert "电压不稳" in resident.page.inner_text(".said")
    assert Ticket.objects.count() == 0
    resident.send()
    assert Ticket.objects.get().description == "电又来了，可是电压不稳。"


# --- Nothing typed is lost -------------------------------------------------------------------


@SCRIPTS
def test_back_from_every_step_keeps_the_answers(visit, scripts):
    resident = visit(scripts=scripts)
    resident.to_check()
    for name in ("report_contact", "report_photos", "report"):
        resident.page.go_back()
        resident.at(f"tickets:{name}")
        answer = resident.page.reload()
        assert (answer.status, answer.request.method) == (200, "GET")
        if name == "report_contact":
            assert resident.page.input_value("[name=phone]").endswith(PHONE_DIGITS)
    assert resident.page.input_value("[name=description]") == WORDS


def test_network_lost_before_sending_keeps_everything(visit):
    resident = visit()
    resident.scan()
    resident.page.fill("[name=description]", WORDS)
    resident.context.set_offline(True)
    resident.main().click()
    expect(resident.page.locator("[data-form-status]")).to_be_visible()
    said = resident.page.get_attribute("body", "data-offline")
    expect(resident.page.locator("[data-form-status]")).to_have_text(said)
    assert len(said) > 8
    assert resident.page.input_value("[name=description]") == WORDS
    resident.context.set_offline(False)
    expect(resident.page.locator("[data-form-status]")).to_be_hidden()
    resident.press("tickets:report_photos")
    resident.press("tickets:report_contact")
    resident.press("tickets:report_check")
    resident.context.set_offline(True)
    resident.main().click()
    expect(resident.page.locator("[data-form-status]")).to_be_visible()
    assert Ticket.objects.count() == 0
    resident.context.set_offline(False)
    resident.send()
    assert Ticket.objects.get().description == WORDS


@SCRIPTS
def test_answer_lost_on_the_way_back_files_one_ticket(visit, scripts):
    """The server has it, the phone does not know: the worst moment for a network to go."""
    resident = visit(scripts=scripts)
    resident.to_check()
    check = reverse("tickets:report_check")

    def lose(route):
        route.fetch(max_redirects=0)
        route.abort("internetdisconnected")

    resident.page.route(f"**{check}", lose, times=1)
    resident.main().click()
    resident.page.wait_for_url("chrome-error://**")
    resident.page.goto(check)
    resident.page.wait_for_url("**/report/receipt/*/")
    assert Ticket.objects.get().reference == resident.receipt()[0]
    assert Ticket.objects.get().description == WORDS


def test_killed_tab_offers_the_draft_and_keeps_no_number_in_the_browser(visit):
    resident = visit()
    resident.to_check()
    kept = stored_in_browser(resident.page)
    assert [number for number in (PHONE_DIGITS, "1234") if number in kept] == []
    resident.page.close()
    resident.page = resident.context.new_page()
    resident.open("home")
    resident.page.locator(f"main a[href='{reverse('tickets:report')}']").first.click()
    resident.at("tickets:report")
    assert resident.page.input_value("[name=description]") == WORDS
    expect(resident.page.locator("form.draft button")).to_be_visible()
    kept = stored_in_browser(resident.page)
    assert [number for number in (PHONE_DIGITS, "1234") if number in kept] == []
    resident.page.locator("form.draft button").click()
    resident.at("home")
    resident.open("tickets:report")
    assert resident.page.input_value("[name=description]") == ""


@SCRIPTS
def test_session_that_ends_during_a_long_text_loses_no_word(visit, scripts):
    resident = visit(scripts=scripts)
    resident.scan()
    resident.page.fill("[name=description]", LONG)
    Session.objects.all().delete()
    resident.main().click()
    resident.at("tickets:report_where")
    resident.open("tickets:report")
    assert resident.page.input_value("[name=description]") == LONG


@SCRIPTS
def test_staff_session_that_ends_during_a_long_text_loses_no_word(visit, town, scripts):
    reference, _code = visit(scripts=False).report()
    specialist = visit(scripts=scripts)
    specialist.sign_in(town.specialist)
    specialist.open("tickets:record_finding", reference)
    specialist.page.fill("[name=note]", LONG)
    leave_idle()
    specialist.main().click()
    specialist.at("account_login")
    specialist.sign_in_here(town.specialist)
    specialist.at("tickets:record_finding", reference)
    assert specialist.page.input_value("[name=note]") == LONG


# --- The way from the poster -----------------------------------------------------------------


def test_retired_poster_gets_a_plain_page(visit, town):
    places.new_poster_token(town.subarea, by=town.secretary)
    resident = visit(scripts=False)
    for token in (town.qr, "nobody-knows-it"):
        answer = resident.scan(token)
        assert answer.status == 200
        assert resident.page.locator("main h1").inner_text() == _("This code is no longer in use")
        assert resident.main().get_attribute("href") == reverse("tickets:report")
    resident.picture("40-retired-poster")


def test_place_of_the_poster_can_be_changed(visit, town):
    resident = visit(scripts=False)
    resident.scan()
    resident.write()
    resident.page.goto(f"{reverse('tickets:report_where')}?q=友谊花园")
    resident.picture("41-another-place")
    resident.press("tickets:report_photos")
    resident.press("tickets:report_contact")
    resident.press("tickets:report_check")
    resident.send()
    assert Ticket.objects.get().grid == town.neighbour


def test_poster_to_receipt_in_few_taps_and_pages(visit):
    resident = visit(scripts=False)
    pages = []
    resident.page.on("response", lambda answer: pages.append(answer))
    resident.scan()
    resident.page.fill("[name=description]", WORDS)
    taps = 0
    while "/receipt/" not in resident.page.url:
        with resident.page.expect_navigation():
            resident.main().click()
        taps += 1
        assert taps <= 5
    seen = [each for each in pages if each.status == 200 and each.request.is_navigation_request()]
    assert len(seen) <= 7
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("way", ["refused", "silent"])
def test_position_that_never_comes_leaves_the_manual_way(visit, way):
    resident = visit(permissions=[])
    if way == "silent":
        resident.context.add_init_script("navigator.geolocation.getCurrentPosition = () => {};")
        resident.page.clock.install()
    resident.open("tickets:report")
    resident.page.fill("[name=description]", WORDS)
    resident.press("tickets:report_where")
    locate = resident.page.locator("form[data-locate]")
    expect(resident.page.locator("#id_q")).to_be_visible()
    locate.locator("button").click()
    if way == "silent":
        expect(locate.locator("[role=status]")).to_have_text(locate.get_attribute("data-waiting"))
        resident.page.clock.fast_forward(8_000)
    expect(locate.locator("[role=status]")).to_have_text(locate.get_attribute("data-failed"))
    expect(resident.page.locator("#id_q")).to_be_focused()
    resident.page.fill("#id_q", "吉祥家园")
    resident.page.keyboard.press("Enter")
    resident.page.wait_for_url("**q=*")
    assert resident.page.locator("[name=place]").count() >= 1


# --- Two of the staff at once ----------------------------------------------------------------


@SCRIPTS
def test_second_of_two_staff_gets_a_plain_notice(visit, town, scripts):
    reference, _code = visit(scripts=False).report()
    first, second = visit(scripts=scripts), visit(scripts=scripts)
    for person, user in ((first, town.specialist), (second, town.colleague)):
        person.sign_in(user)
        person.open_matter(reference)
    first.step("acknowledge", reference)
    address = reverse("tickets:acknowledge", args=[reference])
    with second.page.expect_navigation():
        second.page.locator(f".acts form[action='{address}'] button").click()
    expect(second.page.locator(".notice").first).to_have_text(
        _("Somebody else has just done this.")
    )
    assert second.page.locator(".notice").first.get_attribute("data-kind") == "info"
    ticket = Ticket.objects.get(reference=reference)
    assert ticket.holder == town.specialist
    assert ticket.events.filter(verb="acknowledge").count() == 1


def test_result_written_while_a_colleague_was_faster_is_kept(visit, town):
    reference, _code = visit(scripts=False).report()
    first, second = visit(scripts=False), visit(scripts=False)
    first.sign_in(town.specialist)
    first.open_matter(reference)
    first.step("acknowledge", reference)
    second.sign_in(town.colleague)
    second.open("tickets:resolve", reference)
    second.page.fill("[name=note]", "更换了开关，已通电。")
    first.step("call_contractor", reference, note="抢修二队")
    second.main().click()
    expect(second.page.locator(".notice[role=alert]")).to_have_attribute("data-kind", "info")
    second.picture("42-somebody-was-faster")
    assert second.page.input_value("[name=note]") == "更换了开关，已通电。"
    with second.page.expect_navigation():
        second.main().click()
    ticket = Ticket.objects.get(reference=reference)
    assert (ticket.status, ticket.holder) == ("resolved", town.colleague)
