"""What people do with their hands on the pages: residents report and track, staff take steps."""

from urllib.parse import urlsplit

from django.urls import reverse
from playwright.sync_api import expect

WORDS = "吉祥家园3号楼从早上开始停电，家里老人用制氧机，很着急。"
PHONE = "１００００００１２３４"


class Visit:
    """One person's browser; `page` is the tab in front."""

    def __init__(self, context, town, pictures):
        self.context, self.town, self.pictures = context, town, pictures
        self.page = context.new_page()

    def picture(self, name):
        """Keep a picture of the whole page where somebody asked for pictures."""
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def open(self, name, *args):
        return self.page.goto(reverse(name, args=args))

    def at(self, name, *args):
        """Wait until the page of this address is there."""
        path = reverse(name, args=args)
        self.page.wait_for_url(lambda address: urlsplit(address).path == path)

    def main(self):
        """Return the one red button of the page."""
        return self.page.locator("main .btn--main")

    def press(self, to, *args):
        """Press the red button and wait for the page it leads to."""
        self.main().click()
        self.at(to, *args)

    def badge(self):
        """Return the first status on the page."""
        return self.page.locator("main .badge").first

    # --- residents

    def scan(self, token=None):
        """Open what a phone finds in the QR code of a poster."""
        return self.page.goto(reverse("grids:scan", args=[token or self.town.qr]))

    def write(self, words=WORDS):
        self.page.fill("[name=description]", words)
        self.press("tickets:report_photos")

    def to_check(self, words=WORDS, phone=PHONE):
        """Scan, write and go on to the page where everything is checked."""
        self.scan()
        self.write(words)
        self.press("tickets:report_contact")
        self.page.fill("[name=phone]", phone)
        self.press("tickets:report_check")

    def send(self):
        """Send the report; return what the receipt says: (reference, tracking code)."""
        self.main().click()
        self.page.wait_for_url("**/report/receipt/*/")
        return self.receipt()

    def receipt(self):
        numbers = self.page.locator(".receipt__numbers dd").all_inner_texts()
        return tuple("".join(each.split()) for each in numbers)

    def report(self, words=WORDS):
        self.to_check(words)
        return self.send()

    def track(self, reference, code):
        """Type number and code, as somebody does who has only the paper."""
        self.open("tickets:track")
        self.page.fill("[name=reference]", reference)
        self.page.fill("[name=code]", code)
        self.press("tickets:progress", reference)

    def choose(self, name, value):
        self.page.check(f"main [name={name}][value='{value}']")

    # --- staff

    def sign_in(self, user, to="today"):
        self.open("account_login")
        self.sign_in_here(user)
        self.at(to)

    def sign_in_here(self, user):
        self.page.fill("[name=login]", user.username)
        self.page.fill("[name=password]", self.town.password)
        self.page.locator("#staff ~ form button, [aria-labelledby=staff] form button").click()

    def open_matter(self, reference):
        self.open("tickets:detail", reference)
        expect(self.page.locator("main h1")).to_have_count(1)

    def step(self, verb, reference, *, picture="", **said):
        """Take a step from the matter's page: its button, and the form behind it if it has one."""
        address = reverse(f"tickets:{verb}", args=[reference])
        button = self.page.locator(
            f".acts form[action='{address}'] button, .acts a[href='{address}']"
        )
        with self.page.expect_navigation():
            button.click()
        if said:
            form = self.page.locator(f"form[action='{address}'].card")
            for name, value in said.items():
                self._say(form, name, value)
            if picture:
                self.picture(picture)
            with self.page.expect_navigation():
                form.locator(".btn--main").click()
        expect(self.page.locator(".notice[data-kind=success]")).to_have_count(1)

    def _say(self, form, name, value):
        field = form.locator(f"[name={name}]").first
        if field.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value='{value}']").check()
        elif field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "file":
            field.set_input_files(value)
        else:
            field.fill(value)

    def verbs(self):
        """Return the verbs offered on the matter's page."""
        found = set()
        for each in self.page.locator(".acts form, .acts a").all():
            address = each.get_attribute("action") or each.get_attribute("href")
            found.add(address.rstrip("/").rsplit("/", 1)[-1])
        return found
