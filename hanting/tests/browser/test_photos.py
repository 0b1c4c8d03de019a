"""Photos through the real form: refused in words with the text kept, or taken and served clean."""

import io

import pytest
from django.urls import reverse
from django.utils.translation import gettext as _
from PIL import Image
from playwright.sync_api import expect

from hanting.tests.browser import photos
from hanting.tests.browser.visits import WORDS
from tickets.models import Ticket

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("photos")


@pytest.fixture(scope="module")
def refused(folder):
    """{name: (path, sentence)} of the files that must not come in."""
    found = {}
    for name, (file_name, _type, data, sentence) in photos.refused().items():
        path = folder / name.replace(" ", "-") / file_name
        path.parent.mkdir()
        path.write_bytes(data)
        found[name] = path, sentence
    return found


def offer(visit, path):
    """Choose a photo and press the red button; return when the next page is there."""
    visit.page.set_input_files("[name=photos] >> nth=0", path)
    with visit.page.expect_navigation():
        visit.main().click()


def test_what_is_no_photo_is_refused_in_words_and_the_text_stays(visit, refused):
    resident = visit(scripts=False)
    resident.scan()
    resident.write()
    said = {}
    for name, (path, _sentence) in refused.items():
        offer(resident, path)
        resident.at("tickets:report_photos")
        said[name] = resident.page.locator("#id_photos_error").inner_text()
        expect(resident.page.locator("[data-error-summary]")).to_be_visible()
        assert resident.page.locator(".thumbs img").count() == 0
    resident.picture("50-photo-refused")
    words = _("Photo %(number)d: %(why)s")
    assert said == {
        name: words % {"number": 1, "why": _(sentence)}
        for name, (_path, sentence) in refused.items()
    }
    resident.press("tickets:report_contact")
    resident.press("tickets:report_check")
    assert resident.page.inner_text(".said") == WORDS
    resident.send()
    assert Ticket.objects.get().attachments.count() == 0


def test_broken_photo_with_scripts_is_refused_in_words(visit, refused):
    resident = visit()
    resident.scan()
    resident.write()
    path, sentence = refused["program"]
    offer(resident, path)
    expect(resident.page.locator("#id_photos_error")).to_contain_text(_(sentence))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_photo_is_served_without_place_comment_or_tail(visit, town, folder, scripts):
    path = folder / "holiday.jpg"
    path.write_bytes(photos.holiday_photo())
    assert photos.SECRET in path.read_bytes()
    resident = visit(scripts=scripts)
    resident.scan()
    resident.write()
    resident.page.set_input_files("[name=photos] >> nth=0", path)
    resident.page.click("button[value=add]")
    expect(resident.page.locator(".thumbs img")).to_have_count(1)
    resident.picture("51-photo-added")
    resident.press("tickets:report_contact")
    resident.press("tickets:report_check")
    reference, _code = resident.send()
    specialist = visit(scripts=False)
    specialist.sign_in(town.specialist)
    attachment = Ticket.objects.get(reference=reference).attachments.get()
    addresses = [
        (resident, reverse("tickets:progress_photo", args=[reference, attachment.pk])),
        (specialist, reverse("tickets:photo", args=[reference, attachment.pk, "small"])),
        (specialist, reverse("tickets:photo", args=[reference, attachment.pk, "full"])),
    ]
    for person, address in addresses:
        answer = person.context.request.get(address)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        assert_clean(answer.body())
    resident.open("tickets:progress", reference)
    wide = resident.page.locator(".thumbs img").evaluate("image => image.naturalWidth")
    assert wide > 100


def assert_clean(data):
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert dict(picture.getexif()) == {}
        assert "comment" not in picture.info
    assert photos.SECRET not in data
    assert data.endswith(b"\xff\xd9")
