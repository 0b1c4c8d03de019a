"""Receipt, tracking, large print, read-aloud, WeChat: the rest of ux.md §5 in Chromium."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from hanting.templatetags.ui import promised_date
from hanting.tests.browser import measures
from tickets.models import Ticket

pytestmark = pytest.mark.browser

WECHAT = {
    "WeChat on Android": "Mozilla/5.0 (Linux; Android 14; PGT-AN20 Build/HONORPGT-AN20; wv) "
    "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 "
    "XWEB/1160083 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64",
    "WeChat on iOS": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.48(0x18003030) NetType/WIFI",
    "Android 8 WebView": "Mozilla/5.0 (Linux; Android 8.1.0; OPPO A83 Build/O11019; wv) "
    "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/66.0.3359.126 Mobile Safari/537.36",
}
PUBLIC = ["home", "phone", "tickets:report", "tickets:track", "grids:who", "specialists:directory"]
BROUGHT = 200_000
WHOLE = """() => ({
  text: document.body.innerText,
  ways: [...document.querySelectorAll("a[href]")].map((each) => each.getAttribute("href")),
  fields: [...document.querySelectorAll("button, input:not([type=hidden]), select, textarea")]
    .map((each) => `${each.type} ${each.name}`),
})"""


def page_count(pdf):
    return len(re.findall(rb"/Type\s*/Page(?![s\w])", pdf))


# --- The receipt, and following a matter ------------------------------------------------------


@pytest.mark.parametrize("way", ["normal", "elder", "largest"])
def test_u19_receipt_says_everything_and_prints_on_one_slip(portal, way):
    visit = portal.visit(way=way)
    page = visit.page
    reference, code = visit.report()
    ticket = Ticket.objects.select_related("holder", "organisation").get(reference=reference)
    labels = [each.get_attribute("aria-label") for each in page.locator(".digits").all()]
    assert labels == [" ".join(reference), " ".join(code)]
    said = page.inner_text("main")
    due = ticket.due_at.astimezone(ZoneInfo("Asia/Shanghai"))
    wanted = [ticket.holder.name, ticket.organisation.name, f"{due.month}月{due.day}日"]
    assert [words for words in wanted if words not in said] == []
    assert page.locator(f"main a[href='tel:{ticket.holder.phone}']").count() == 1
    page.emulate_media(media="print")
    for part in ("header", "footer", "nav", ".btn"):
        assert [each for each in page.locator(part).all() if each.is_visible()] == []
    for part in (".receipt__numbers", "time", "main a[href^='tel:']"):
        expect(page.locator(part).first).to_be_visible()
    slip = page.pdf(prefer_css_page_size=True)
    size = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", slip)
    assert [round(float(each) / 72 * 25.4) for each in size.groups()] == [105, 148]
    assert page_count(slip) == 1


def test_u19_poster_prints_on_one_page(portal):
    for way in ("normal", "largest"):
        visit = portal.visit(way=way)
        visit.open("grids:poster", portal.town.subarea.code)
        assert page_count(visit.page.pdf(prefer_css_page_size=True)) == 1


def test_u20_wrong_code_and_wrong_reference_are_the_same(portal):
    visit = portal.visit(scripts=False)
    known = portal.matters["open"].ticket.reference
    tries = {known: ["ABCDE23456", []], "1234567890": ["ABCDE23456", []]}
    words = {}
    for _round in range(5):
        for reference, (code, took) in tries.items():
            visit.open("tickets:track")
            visit.page.fill("[name=reference]", reference)
            visit.page.fill("[name=code]", code)
            with visit.page.expect_response(lambda each: each.request.method == "POST") as answer:
                visit.main().click()
            took.append(answer.value.request.timing["responseStart"])
            body = re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", answer.value.text())
            words[reference] = (answer.value.status, body.replace(reference, ""))
    assert words[known] == words["1234567890"]
    assert _("Reference and tracking code do not fit together. Please check.") in words[known][1]
    quickest = [min(took) for _code, took in tries.values()]
    assert abs(quickest[0] - quickest[1]) < max(25, 0.5 * max(quickest))


def test_u37_promises_are_told_in_local_time_wherever_the_browser_is(portal):
    shown = {}
    receipt = portal.matters["open"]
    for zone in ("Asia/Shanghai", "America/New_York"):
        visit = portal.visit(timezone_id=zone)
        visit.track(receipt.ticket.reference, receipt.tracking_code)
        shown[zone] = visit.page.locator("main time").all_inner_texts()
        assert visit.page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == zone
    assert shown["Asia/Shanghai"] == shown["America/New_York"]
    receipt.ticket.refresh_from_db()
    assert shown["America/New_York"][0] == str(promised_date(receipt.ticket.due_at))
    due = receipt.ticket.due_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{due:%H:%M}" in shown["America/New_York"][0]


# --- Large print ------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_u23_large_print_is_one_tap_away_and_remembered(portal, scripts):
    visit = portal.visit(scripts=scripts)
    page = visit.page
    page.goto(reverse("home"))
    page.locator("header button[name=mode][value=elder]").click()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    assert page.url.endswith(reverse("home"))
    page.close()
    visit.page = visit.context.new_page()
    visit.open("tickets:report")
    expect(visit.page.locator("html")).to_have_attribute("data-mode", "elder")
    visit.page.locator("header button[name=mode][value=normal]").click()
    expect(visit.page.locator("html")).not_to_have_attribute("data-mode", "elder")
    visit.at("tickets:report")


VOICE = """
  window.said = [];
  const voice = {
    cancel() { window.said.push(null); },
    speak(each) { window.said.push(each.text); },
  };
  Object.defineProperty(window, "speechSynthesis", { value: voice });
"""


def test_u24_reading_aloud_begins_and_stops(portal):
    visit = portal.visit(way="elder")
    visit.page.add_init_script(VOICE)
    visit.open("home")
    button = visit.page.locator("button[data-read-aloud]")
    expect(button).to_be_visible()
    begin = button.inner_text()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert button.inner_text().strip() == button.get_attribute("data-stop") != begin.strip()
    said = visit.page.evaluate("window.said.filter(Boolean)")
    assert said[0] in visit.page.inner_text("main h1")
    assert all(len(sentence) <= 120 for sentence in said)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert visit.page.evaluate("window.said.at(-1)") is None


def test_u24_without_a_voice_nothing_is_promised(portal):
    visit = portal.visit(way="elder")
    visit.page.add_init_script(
        "Object.defineProperty(window, 'speechSynthesis', {value: undefined})"
    )
    visit.open("home")
    expect(visit.page.locator("button[data-read-aloud]")).to_have_count(1)
    expect(visit.page.locator("button[data-read-aloud]")).to_be_hidden()
    plain = portal.visit()
    plain.open("home")
    expect(plain.page.locator("button[data-read-aloud]")).to_have_count(0)


# --- First load, fields, WeChat ---------------------------------------------------------------


def first_load(visit, name):
    """Open a page with nothing in the cache; return what each of its parts brought, in bytes."""
    brought = []
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda each: brought.append(each["encodedDataLength"]))
    visit.page.goto(reverse(name), wait_until="networkidle")
    return brought


def test_u28_first_load_is_light(portal):
    for way in ("normal", "elder"):
        for name in ("home", "tickets:report"):
            visit = portal.visit(way=way)
            brought = first_load(visit, name)
            assert len(brought) >= 8
            assert (way, name, sum(brought)) <= (way, name, BROUGHT)
            assert visit.page.evaluate(measures.SHIFTED) <= 0.1


def test_u29_pasting_works_and_waiting_clears_nothing(portal):
    visit = portal.visit()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.page
    page.clock.install()

    def paste(name, words):
        page.evaluate("words => navigator.clipboard.writeText(words)", words)
        page.focus(f"main [name={name}]")
        page.keyboard.press("Control+V")
        assert page.input_value(f"main [name={name}]") == words
        page.clock.fast_forward(10 * 60_000)
        assert page.input_value(f"main [name={name}]") == words

    visit.open("tickets:track")
    paste("reference", "1234 5678 90")
    paste("code", "ABCDE 23456")
    visit.open("account_request_login_code")
    paste("phone", visit.phone)
    visit.press("account_confirm_login_code")
    paste("code", "123456")
    visit.open("tickets:report")
    paste("description", "楼前的树倒了，挡住了路。")


def test_u31_wechat_sees_the_same_pages(portal):
    plain, wanted = portal.visit(), {}
    for name in PUBLIC:
        plain.open(name)
        wanted[name] = plain.page.evaluate(WHOLE)
        assert len(wanted[name]["text"]) > 100
    for browser, agent in WECHAT.items():
        visit = portal.visit(user_agent=agent)
        for name in PUBLIC:
            visit.open(name)
            assert (browser, visit.page.evaluate(WHOLE)) == (browser, wanted[name])


@pytest.mark.parametrize("agent", WECHAT.values(), ids=WECHAT)
def test_u31_filing_in_wechat_ends_with_a_receipt(portal, agent):
    visit = portal.visit(user_agent=agent)
    before = Ticket.objects.count()
    visit.to_check(phone=visit.phone)
    visit.send()
    assert Ticket.objects.count() == before + 1
