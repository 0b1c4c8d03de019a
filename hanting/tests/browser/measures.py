"""Visits every public page in a way of reading and measures it; bounds from ux.md §5."""

from collections import Counter
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse

MEASURE = Path(__file__).with_name("measures.js").read_text("utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEST = ["region", "heading-order", "landmark-one-main", "page-has-heading-one", "skip-link"]
AXE = {
    "runOnly": {"type": "tag", "values": WCAG},
    "rules": {rule: {"enabled": True} for rule in BEST},
    "resultTypes": ["violations"],
}
PHONE, NARROW, DESK = ((360, 740), (320, 740), (1280, 800))
SCALES = (100, 150, 200)
# What has shifted so far without the visitor's doing (the sum of Chromium's layout shifts).
SHIFTED = """() => new Promise((done) => {
  let sum = 0;
  const watcher = new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (!each.hadRecentInput) sum += each.value;
  }));
  watcher.observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => { watcher.disconnect(); done(sum); }, 0));
})"""
SIDEWAYS = """(scales) => {
  const root = document.documentElement;
  const wide = scales.filter((scale) => {
    root.style.fontSize = `${scale}%`;
    return root.scrollWidth > root.clientWidth || document.body.scrollWidth > root.clientWidth;
  });
  root.style.fontSize = "";
  return wide;
}"""
UNFOLD = (
    """() => document.querySelectorAll("main details").forEach((each) => { each.open = true; })"""
)
WAYS = {
    "normal": {
        "limits": {"least": 16, "main": 16, "action": 44},
        "cookies": {},
        "axe": True,
        "desk": True,
    },
    "elder": {
        "limits": {"least": 18, "main": 20, "action": 60},
        "cookies": {"mode": "elder"},
        "axe": True,
        "desk": True,
    },
    "largest": {
        "limits": {"least": 18, "main": 30, "action": 60},
        "cookies": {"mode": "elder", "text": "largest"},
        "axe": False,
        "desk": False,
    },
    "english": {
        "limits": {"least": 16, "main": 16, "action": 44},
        "cookies": {settings.LANGUAGE_COOKIE_NAME: "en"},
        "axe": True,
        "desk": False,
    },
}


class Sweep:
    """What was found on the pages: faults by check, and what each page is, by way and page."""

    def __init__(self):
        self.found, self.pages, self.counted = {}, {}, Counter()

    def add(self, check, where, faults):
        self.found.setdefault(check, []).extend(f"{where}: {fault}" for fault in faults)

    def faults(self, check):
        """Return every place where `check` failed; a check that never ran is an error."""
        return sorted(set(self.found[check]))


class Look:
    """Measures the page that a visit has open, for one way of reading."""

    def __init__(self, sweep, visit, way):
        self.sweep, self.visit, self.way = sweep, visit, way
        self.axe = Axe()

    def __call__(self, name):
        page, where = self.visit.page, f"{self.way} {name}"
        shift = page.evaluate(SHIFTED)
        self.sweep.add("shift", where, [f"{shift:.3f}"] if shift > 0.1 else [])
        page.evaluate(UNFOLD)
        self.visit.picture(f"{self.way}-{name}")
        seen = page.evaluate(MEASURE, WAYS[self.way]["limits"])
        for check, faults in seen.pop("faults").items():
            self.sweep.add(check, where, faults)
        self.sweep.counted.update(seen["counted"])
        self.sweep.pages[self.way, name] = seen
        if WAYS[self.way]["axe"]:
            self.check_axe(where)
        self.check_widths(where)

    def check_axe(self, where, impacts=None):
        violations = self.axe.run(self.visit.page, options=AXE).response["violations"]
        for each in violations:
            if impacts is None or each["impact"] in impacts:
                check = "best" if each["id"] in BEST else "axe"
                places = [node["html"][:90] for node in each["nodes"]][:4]
                self.sweep.add(check, where, [f"{each['id']}: {place}" for place in places])
        for check in ("axe", "best"):
            self.sweep.add(check, where, [])
        self.sweep.counted["axe"] += 1

    def check_widths(self, where):
        page = self.visit.page
        for size in (DESK, NARROW, PHONE) if WAYS[self.way]["desk"] else (NARROW, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            wide = page.evaluate(SIDEWAYS, SCALES)
            self.sweep.add("sideways", where, [f"{size[0]} wide, text {each} %" for each in wide])
            if size == DESK:
                seen = page.evaluate(MEASURE, WAYS[self.way]["limits"])
                for check in ("targets", "near", "clipped"):
                    self.sweep.add(check, f"{where} on a desk", seen["faults"][check])


BROKEN = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}


def walk(visit, look, matters):
    """Open every public page once, in the states a resident can bring about; measure each."""
    _papers(visit, look)
    _places(visit, look)
    _signing_in(visit, look)
    _report(visit, look)
    _tracking(visit, look, matters)


def _papers(visit, look):
    for name in ("home", "phone", "privacy", "accessibility", "preferences"):
        visit.open(name)
        look(name)
    visit.page.goto("/nothing-is-here/")
    look("not found")
    visit.open("tickets:portal_remark")
    look("remark")
    press_here(visit)
    look("remark, mistakes")


def _places(visit, look):
    town, who = visit.town, reverse("grids:who")
    visit.page.goto(who)
    look("who")
    visit.page.goto(f"{who}?q=花园")
    look("who, found")
    visit.page.goto(f"{who}?q=没有这个地方")
    look("who, nothing")
    visit.open("grids:detail", town.estate.code)
    look("place")
    visit.open("grids:poster", town.subarea.code)
    look("poster")
    visit.scan("nobody-knows-it")
    look("old poster")
    visit.open("specialists:directory")
    look("directory")


def _signing_in(visit, look):
    visit.open("account_login")
    look("sign in")
    press_here(visit)
    look("sign in, mistakes")
    visit.open("account_request_login_code")
    look("code")
    press_here(visit)
    look("code, mistakes")
    visit.page.fill("main [name=phone]", visit.phone)
    visit.press("account_confirm_login_code")
    look("code sent")
    press_here(visit)
    look("code sent, mistakes")


def _report(visit, look):
    page = visit.page
    visit.open("tickets:report")
    look("report")
    press_here(visit)
    look("report, mistakes")
    page.fill("[name=description]", "楼道里的灯坏了三天，晚上看不见台阶。")
    look("report, filled")
    visit.press("tickets:report_where")
    look("where")
    page.goto(f"{reverse('tickets:report_where')}?q=没有这个地方")
    look("where, nothing")
    page.goto(f"{reverse('tickets:report_where')}?q=吉祥家园")
    look("where, found")
    page.locator("main label.choice").first.click()
    visit.press("tickets:report_photos")
    look("photos")
    page.locator("[name=photos]").first.set_input_files(BROKEN)
    press_here(visit)
    look("photos, mistakes")
    visit.press("tickets:report_similar")
    look("similar")
    visit.press("tickets:report_contact")
    look("contact")
    page.check("[name=wants_call]")
    press_here(visit)
    look("contact, mistakes")
    page.fill("[name=phone]", visit.phone)
    look("contact, filled")
    visit.press("tickets:report_check")
    look("check")
    spoil_categories(page)
    press_here(visit)
    look("check, mistakes")
    page.locator("main [name=category]").first.check()
    visit.send()
    look("receipt")


def _tracking(visit, look, matters):
    visit.open("tickets:track")
    look("track")
    press_here(visit)
    look("track, mistakes")
    visit.page.fill("[name=reference]", matters["open"].ticket.reference)
    visit.page.fill("[name=code]", "ABCDE23456")
    press_here(visit)
    look("track, wrong code")
    for state, receipt in matters.items():
        visit.track(receipt.ticket.reference, receipt.tracking_code)
        look(f"progress, {state}")
    for state, step in (
        ("open", "progress_withdraw"),
        ("open", "progress_photos"),
        ("resolved", "confirm"),
        ("resolved", "dispute"),
        ("closed", "progress_reopen"),
    ):
        visit.open(f"tickets:{step}", matters[state].ticket.reference)
        look(step)
    visit.open("tickets:progress_answer", matters["asked"].ticket.reference)
    look("answer")


def press_here(visit):
    """Press the red button where the same page comes back with what was wrong."""
    with visit.page.expect_navigation():
        visit.main().last.click()


def spoil_categories(page):
    """Let the page send a category that nobody offers."""
    page.evaluate("() => document.querySelectorAll('[name=category]').forEach(e => e.value = '!')")
    page.locator("main [name=category]").first.check()


def walk_simple(visit, look):
    """Open the public pages in the states that one comes upon without filing anything."""
    addresses = [reverse(name) for name in (
        "home", "phone", "privacy", "accessibility", "preferences", "tickets:portal_remark",
        "grids:who", "specialists:directory", "account_login", "account_request_login_code",
        "tickets:track",
    )]  # fmt: skip
    for address in (*addresses, reverse("grids:detail", args=[visit.town.estate.code])):
        visit.page.goto(address)
        look(address)
    visit.scan()
    look("report")
    visit.write("楼前的树倒了，挡住了路。")
    look("photos")
    visit.page.goto(reverse("tickets:report_where"))
    look("where")
    visit.page.goto(reverse("tickets:report_contact"))
    look("contact")
    visit.press("tickets:report_check")
    look("check")


def walk_staff(visit, look, receipt):
    """Look at what staff use every day, for serious faults only."""
    visit.sign_in(visit.town.specialist)
    for name, args in (
        ("today", ()),
        ("tickets:list", ()),
        ("tickets:detail", (receipt.ticket.reference,)),
        ("tickets:resolve", (receipt.ticket.reference,)),
    ):
        visit.open(name, *args)
        look.check_axe(f"staff {name}", impacts={"serious", "critical"})
