"""A resident of 75 books a place in elder mode without a script; a grid worker does it for her."""

import re

import pytest
from playwright.sync_api import expect

from receptions.models import Booking
from receptions.tests.factories_days import publish

pytestmark = pytest.mark.browser

WORDS = "三单元楼道灯坏了三天，晚上看不见，我七十五了不敢下楼。"


@pytest.fixture
def day(town):
    return publish(town)


def test_resident_books_in_six_pages_without_scripts_in_elder_mode(visit, town, day, live_server):
    resident = visit(scripts=False)
    resident.context.add_cookies([{"name": "mode", "value": "elder", "url": live_server.url}])
    pages = []
    resident.page.on("load", lambda page: pages.append(page.url))
    resident.open("receptions:days")
    resident.picture("booking-1-days")
    expect(resident.page.locator("html")).to_have_attribute("data-mode", "elder")
    resident.page.get_by_role("link", name="锦绣社区").first.click()
    resident.at("receptions:day", day.pk)
    resident.press("receptions:book", day.pk)
    resident.page.fill("[name=words]", WORDS)
    resident.press("receptions:book_who", day.pk)
    resident.page.fill("[name=name]", "王秀兰")
    resident.page.fill("[name=phone]", "１００００００１２３４")
    resident.press("receptions:book_check", day.pk)
    resident.picture("booking-5-check")
    resident.main().click()
    resident.page.wait_for_url("**/booking/*/")
    assert len(pages) == 6
    booking = Booking.objects.get()
    assert (booking.status, booking.ticket.description) == ("held", WORDS)
    expect(resident.page.locator(".panel__number time")).to_contain_text("09:00")
    reference, code = resident.receipt()
    assert reference == booking.ticket.reference
    resident.picture("booking-6-slip")
    # She cannot come after all: both numbers are enough.
    other = visit(scripts=False)
    other.open("receptions:find")
    other.page.fill("[name=reference]", reference)
    other.page.fill("[name=code]", code)
    other.press("receptions:booking", day.pk, reference)
    other.page.locator("main summary").click()
    other.page.locator("main details form button").click()
    other.at("receptions:booking", day.pk, reference)
    booking.refresh_from_db()
    assert booking.status == "cancelled"


def test_grid_worker_books_for_her_and_prints_the_slip(visit, town, day):
    worker = visit(scripts=False)
    worker.sign_in(town.worker)
    worker.open("receptions:manage")
    worker.page.locator("li.day h3 a").first.click()
    worker.at("receptions:manage_day", day.pk)
    worker.open("receptions:take_down", day.pk)
    worker.page.fill("[name=words]", WORDS)
    worker.page.fill("[name=name]", "王秀兰")
    worker.main().click()
    worker.page.wait_for_url("**/slip/")
    booking = Booking.objects.get()
    assert (booking.source, booking.booked_by) == ("grid", town.worker)
    reference, code = worker.receipt()
    assert reference == booking.ticket.reference
    assert re.fullmatch(r"[0-9A-Z]{10}", code)
    # On paper: the slip alone, on one page of A6.
    worker.page.emulate_media(media="print")
    expect(worker.page.locator("header").first).to_be_hidden()
    expect(worker.page.locator(".panel__number")).to_be_visible()
    worker.picture("booking-slip-paper")
