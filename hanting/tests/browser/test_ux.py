"""Public pages measured in Chromium, by the numbers of ux.md §5 (the U in each test's name)."""

import os
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import modify_settings
from django.urls import reverse

from common import maps
from hanting.tests.browser import measures
from hanting.tests.browser.portal import Portal
from hanting.tests.browser.town import build_town
from hanting.tests.browser.visits import WORDS
from hanting.tests.remembered import remembered
from tickets.models import Ticket

pytestmark = pytest.mark.browser

PAGES = 49


@pytest.fixture(scope="module")
def sweep(browser, live_server, django_db_setup, django_db_blocker):
    """Every public page, seen once in every way of reading, and what was measured there.

    It outlives the test that asks first, so it makes its own town and takes it away again.
    """
    hosts = {"append": live_server.thread.host}
    folder = os.environ.get("HANTING_TEST_PICTURES")
    with django_db_blocker.unblock(), modify_settings(ALLOWED_HOSTS=hosts):
        maps.clear_all()
        cache.clear()
        town = remembered(build_town)
        portal = Portal(browser, live_server, town, Path(folder) if folder else None)
        sweep = sweep_of(portal)
        call_command("flush", verbosity=0, interactive=False)
        maps.clear_all()
    return sweep


def sweep_of(portal):
    sweep = measures.Sweep()
    for way in measures.WAYS:
        visit = portal.visit(way=way)
        visit.page.on("dialog", lambda box: sweep.add("uncalled", "dialog", [box.message]))
        measures.walk(visit, measures.Look(sweep, visit, way), portal.matters)
        windows = len(visit.context.pages)
        sweep.add("uncalled", way, [] if windows == 1 else [f"{windows} windows"])
        portal.close()
    sweep.add("foreign", "sweep", portal.foreign)
    sweep.add("errors", "sweep", portal.errors)
    sweep.counted["requests"] = portal.requests
    return sweep


# --- What every page must keep ---------------------------------------------------------------


def test_sweep_saw_every_page_in_every_way(sweep):
    seen = {way: [name for one, name in sweep.pages if one == way] for way in measures.WAYS}
    assert {way: len(names) for way, names in seen.items()} == dict.fromkeys(measures.WAYS, PAGES)
    assert sweep.counted["axe"] == 3 * PAGES
    assert sweep.counted["texts"] > 40 * PAGES
    assert sweep.counted["targets"] > 20 * PAGES


@pytest.mark.parametrize(
    "check",
    [
        pytest.param("axe", id="U1 WCAG"),
        pytest.param("best", id="U2 best practice"),
        pytest.param("text", id="U4 and U5 size of text"),
        pytest.param("clipped", id="U5 nothing cut off or covered"),
        pytest.param("lines", id="U6 lines and paragraphs"),
        pytest.param("targets", id="U7 size of targets"),
        pytest.param("near", id="U7 space between targets"),
        pytest.param("sideways", id="U8 no sideways scroll"),
        pytest.param("moving", id="U25 nothing moves"),
        pytest.param("shift", id="U28 nothing shifts"),
        pytest.param("uncalled", id="U30 nothing unasked for"),
    ],
)
def test_every_public_page_keeps(sweep, check):
    faults = sweep.faults(check)
    assert faults == [], "\n".join(faults)


def test_u3_language_and_titles(sweep):
    faults, titles = [], {}
    for (way, name), seen in sweep.pages.items():
        if seen["lang"] != ("en" if way == "english" else "zh-CN"):
            faults.append((way, name, seen["lang"]))
        begins = seen["title"].startswith("Error:" if way == "english" else "错误：")
        if begins != bool(seen["mistakes"]):
            faults.append((way, name, seen["title"]))
        titles.setdefault((way, seen["title"]), set()).add(name.split(",")[0])
    faults += [(title, sorted(names)) for title, names in titles.items() if len(names) > 1]
    assert faults == []


def test_u9_pages_can_be_enlarged(sweep):
    lines = {seen["viewport"] for seen in sweep.pages.values()}
    assert [line for line in lines if re.search(r"user-scalable|maximum-scale", line)] == []
    assert all("width=device-width" in line for line in lines)


def test_u23_large_print_offers_the_same_ways(sweep):
    def same(path):
        return re.sub(r"(?<![0-9])[0-9]{10}(?![0-9])", "N", path)

    faults = []
    for (way, name), seen in sweep.pages.items():
        normal = sweep.pages["normal", name]
        for what in ("ways", "forms"):
            ours = {same(each) for each in seen[what]}
            others = {same(each) for each in normal[what]}
            if ours != others:
                faults.append((way, name, sorted(ours ^ others)))
    assert faults == []


def test_u29_phones_fill_in_what_they_know(sweep):
    asked, faults = set(), []
    for (way, name), seen in sweep.pages.items():
        for field in seen["inputs"]:
            if field["type"] == "tel":
                asked.add("tel")
                if field["autocomplete"] != "tel" or field["inputmode"] != "tel":
                    faults.append((way, name, field))
            if name.startswith("code sent") and field["name"] == "code":
                asked.add("code")
                if (field["autocomplete"], field["inputmode"]) != ("one-time-code", "numeric"):
                    faults.append((way, name, field))
            if "phone" in field["name"] and field["type"] != "tel":
                faults.append((way, name, field))
    assert (faults, asked) == ([], {"tel", "code"})


def test_u32_every_script_is_a_module(sweep):
    kinds = {kind for seen in sweep.pages.values() for kind in seen["scripts"]}
    assert kinds == {"module"}


def test_u27_no_other_host_is_asked_and_no_script_fails(sweep):
    assert sweep.counted["requests"] > 10 * PAGES
    assert (sweep.faults("foreign"), sweep.faults("errors")) == ([], [])


def test_u1_staff_pages_have_no_serious_fault(portal):
    found = measures.Sweep()
    visit = portal.visit(width=1280, height=800)
    look = measures.Look(found, visit, "normal")
    measures.walk_staff(visit, look, portal.matters["open"])
    assert found.counted["axe"] == 4
    assert (found.faults("axe"), found.faults("best")) == ([], [])


# --- Without scripts, by keyboard, with mistakes ---------------------------------------------


NEEDS_SCRIPTS = """() => [
  ...[...document.querySelectorAll("button, input, select, textarea")]
    .filter((each) => each.checkVisibility() && (!each.form || each.type === "button")),
  ...document.querySelectorAll("a[href='#'], a[href^='javascript:'], a:not([href]), [onclick]"),
  ...[...document.forms].filter((each) => each.checkVisibility()
    && (!["get", "post"].includes(each.method)
      || new URL(each.getAttribute("action") || "", location.href).origin !== location.origin
      || (each.method === "post" && !each.querySelector("button:not([type=button])")))),
].map((each) => each.outerHTML.slice(0, 120))"""


def test_u32_without_scripts_nothing_is_offered_that_needs_them(portal):
    visit, faults, seen = portal.visit(way="elder", scripts=False), [], []

    def look(name):
        seen.append(name)
        faults.extend((name, each) for each in visit.page.evaluate(NEEDS_SCRIPTS))

    measures.walk_simple(visit, look)
    assert (faults, len(seen)) == ([], 17)


FOCUSED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const ring = node.closest("label.choice") || node;
  const style = getComputedStyle(ring);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).slice(0, 3).map((each) => each / 255)
      .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = ring.parentElement;
  while (ground.parentElement && rgb(getComputedStyle(ground).backgroundColor)[3] === 0) {
    ground = ground.parentElement;
  }
  const [low, high] = [light(style.outlineColor), light(getComputedStyle(ground).backgroundColor)]
    .sort((a, b) => a - b);
  const box = node.getBoundingClientRect();
  return {
    what: node.outerHTML.slice(0, 80), isMain: node.matches("main .btn--main"), name: node.name,
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    contrast: (high + 0.05) / (low + 0.05),
    order: [...document.querySelectorAll("*")].indexOf(node),
    top: box.top + scrollY, bottom: box.bottom + scrollY, isSkip: node.matches(".skip"),
  };
}"""


def tab_to(page, wanted, faults):
    """Press Tab until `wanted(focus)`; note rings that nobody sees and steps against the order."""
    before = None
    for _step in range(80):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUSED)
        if focus is None:
            continue
        if focus["ring"] < 2 or focus["contrast"] < 3:
            faults.append(f"no clear focus: {focus}")
        if before and not before["isSkip"]:
            backwards = focus["order"] < before["order"] or focus["bottom"] < before["top"]
            if backwards:
                faults.append(f"{focus['what']} comes after {before['what']}")
        if wanted(focus):
            return
        before = focus
    raise AssertionError(f"never reached on {page.url}: {wanted}")


@pytest.mark.parametrize("way", ["normal", "elder"])
def test_u11_filing_and_tracking_by_keyboard_alone(portal, way):
    visit, faults = portal.visit(way=way), []
    page, keys = visit.page, visit.page.keyboard

    def send(to=None):
        tab_to(page, lambda focus: focus["isMain"], faults)
        with page.expect_navigation():
            keys.press("Enter")

    def into(name, words):
        tab_to(page, lambda focus: focus["name"] == name, faults)
        keys.type(words)

    page.goto(reverse("home"))
    send()
    into("description", WORDS)
    send()
    into("q", "吉祥家园")
    with page.expect_navigation():
        keys.press("Enter")
    tab_to(page, lambda focus: focus["name"] == "place", faults)
    keys.press("Space")
    send()
    send()
    if page.url.endswith(reverse("tickets:report_similar")):
        send()
    into("phone", visit.phone)
    send()
    before = Ticket.objects.count()
    send()
    page.wait_for_url("**/report/receipt/*/")
    assert Ticket.objects.count() == before + 1
    reference, code = visit.receipt()
    page.goto(reverse("tickets:track"))
    into("reference", reference)
    into("code", code)
    send()
    visit.at("tickets:progress", reference)
    assert faults == []


MISTAKES = """() => {
  const faults = [];
  const summary = document.querySelector(".error-summary");
  if (!summary) return ["no summary"];
  if (summary.getAttribute("role") !== "alert") faults.push("the summary is no alert");
  if (document.activeElement !== summary) faults.push("the summary has not the focus");
  const items = [...summary.querySelectorAll("li")];
  if (!items.length) faults.push("the summary is empty");
  items.forEach((item) => {
    const link = item.querySelector("a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) { faults.push(`leads nowhere: ${item.innerText}`); return; }
    const fields = target.matches("fieldset") ? [...target.querySelectorAll("input")] : [target];
    const told = [target, target.closest("fieldset")].filter(Boolean)
      .flatMap((each) => (each.getAttribute("aria-describedby") || "").split(" "))
      .map((id) => id && document.getElementById(id)).filter(Boolean)
      .map((each) => each.innerText).join(" ");
    if (!fields.every((each) => each.getAttribute("aria-invalid") === "true")) {
      faults.push(`not marked: ${target.outerHTML.slice(0, 90)}`);
    }
    if (!told.includes(item.innerText.trim())) faults.push(`not described: ${item.innerText}`);
  });
  return faults;
}"""


def test_u12_mistakes_are_told_and_what_was_typed_stays(portal):
    visit, faults, seen = portal.visit(), [], []
    page = visit.page

    def send(step, /, **typed):
        for field, words in typed.items():
            page.fill(f"main [name={field}]", words)
        measures.press_here(visit)
        seen.append(step)
        faults.extend((step, each) for each in page.evaluate(MISTAKES))
        for field, words in typed.items():
            kept = page.input_value(f"main [name={field}]")
            if kept != words:
                faults.append((step, f"{field}: {kept}"))

    visit.open("tickets:portal_remark")
    send("remark", phone="12")
    visit.open("tickets:track")
    send("track, empty")
    send("track, no code", reference="1234567890")
    visit.open("account_login")
    send("sign in", login="nobody")
    visit.open("account_request_login_code")
    send("code, empty")
    send("code, no number", phone="abc")
    page.fill("main [name=phone]", visit.phone)
    visit.press("account_confirm_login_code")
    send("code sent, empty")
    visit.open("tickets:report")
    send("report", title="没有说")
    page.fill("[name=description]", "门口的井盖松动了。")
    visit.press("tickets:report_where")
    page.goto(f"{reverse('tickets:report_where')}?q=花园")
    page.evaluate("() => document.querySelectorAll('[name=place]').forEach(e => e.disabled = true)")
    send("where", address="东门旁边")
    page.goto(f"{reverse('tickets:report_where')}?q=吉祥家园")
    page.locator("main label.choice").first.click()
    visit.press("tickets:report_photos")
    page.locator("[name=photos]").first.set_input_files(measures.BROKEN)
    send("photos")
    page.goto(reverse("tickets:report_contact"))
    send("contact", phone="12", name="王芳")
    page.fill("[name=phone]", visit.phone)
    visit.press("tickets:report_check")
    measures.spoil_categories(page)
    send("check")
    assert (faults, len(seen)) == ([], 12)
