"""Reporting a matter on the pages: every step, and what is refused."""

import re
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from common.text import tidy
from tickets import drafts
from tickets.choices import Kind, PersonKind, Source, Status
from tickets.drafts import Draft
from tickets.models import Attachment, Person, Ticket
from tickets.tests.factories import make_category
from tickets.tests.residents import WORDS, errors_of, hidden, photo, post, retire, say_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def power_cut(cast):
    return make_category(
        cast.power, is_immediate=True, keywords=["停电", "没电"], name="停电、供电不稳"
    )


@pytest.fixture
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


# --- the whole way


def test_a_scanned_poster_leads_to_a_receipt_in_five_taps(client, cast, power_cut):
    client.get(reverse("tickets:report"), {"place": cast.subarea.code, "via": "qr"})
    steps = [post(client, "report", {"description": WORDS})]
    steps.append(post(client, "report_photos", {"action": "next"}))
    steps.append(post(client, "report_contact"))
    assert client.get(reverse("tickets:report_similar")).url == reverse("tickets:report_contact")
    steps.append(post(client, "report_check", hidden(client) | {"category": power_cut.code}))
    ticket = Ticket.objects.get()
    assert [step.url for step in steps] == [
        reverse("tickets:report_photos"),
        reverse("tickets:report_similar"),
        reverse("tickets:report_check"),
        reverse("tickets:receipt", args=[ticket.reference]),
    ]
    assert (ticket.source, ticket.grid, ticket.status) == (
        Source.QR,
        cast.subarea,
        Status.DISPATCHED,
    )
    assert ticket.description == WORDS


def test_the_receipt_tells_code_date_holder_and_reason(client, cast, power_cut):
    data = say_all(client, cast) | {"category": power_cut.code}
    answer = client.post(reverse("tickets:report_check"), data, follow=True)
    ticket = Ticket.objects.get()
    page = answer.content.decode()
    code = drafts.receipt_code(client.session, ticket.reference)
    assert len(code) == 10
    for part in (
        f'aria-label="{" ".join(code)}"',
        f'aria-label="{" ".join(ticket.reference)}"',
        f'href="tel:{cast.specialist.phone}"',
        "区供电公司",
        "data:image/png;base64,",
    ):
        assert part in page
    assert code not in client.session.get("receipts", {})[ticket.reference].values()


def test_another_browser_gets_no_receipt(client, cast, power_cut):
    client.post(reverse("tickets:report_check"), say_all(client, cast) | {"category": "x"})
    data = hidden(client) | {"category": power_cut.code}
    address = post(client, "report_check", data).url
    reference = Ticket.objects.get().reference
    assert Client().get(address).url == reverse("tickets:progress", args=[reference])


# --- steps and what they refuse


@pytest.mark.parametrize("typed", ["", "   ", "\0\x08", "\n\n"])
def test_empty_words_come_back_with_a_sentence(client, typed):
    assert post(client, "report", {"description": typed}).url == reverse("tickets:report")
    page = errors_of(client, "report")
    assert 'role="alert"' in page
    assert 'aria-invalid="true"' in page
    assert Draft.of(client.session).description == ""


def test_seven_thousand_characters_are_refused_with_the_limit_and_kept(client):
    long = "电" * 7000
    post(client, "report", {"description": long})
    page = errors_of(client, "report")
    assert long in page
    assert "6000" in page
    assert "7000" in page


def test_control_characters_go_and_emoji_stay(client):
    post(client, "report", {"description": "停电\0了\x1b😀\r\n快来"})
    assert Draft.of(client.session).description == tidy("停电了😀\n快来", 100)


def test_a_later_step_without_the_first_leads_back(client, cast):
    for name in ("report_where", "report_photos", "report_similar", "report_contact"):
        assert client.get(reverse(f"tickets:{name}")).url == reverse("tickets:report")
    assert client.get(reverse("tickets:report_check")).url == reverse("tickets:report")
    post(client, "report", {"description": WORDS})
    assert client.get(reverse("tickets:report_check")).url == reverse("tickets:report_where")


@pytest.mark.parametrize("code", ["", "NOWHERE", "x" * 30, "\0"])
def test_an_unknown_place_is_a_sentence(client, cast, code):
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": code, "address": "三号楼"})
    page = errors_of(client, "report_where")
    assert 'role="alert"' in page
    assert Draft.of(client.session).grid_id is None


def test_a_retired_place_is_named_as_such(client, cast):
    retire(cast.neighbour_subarea)
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": cast.neighbour_subarea.code})
    assert Draft.of(client.session).tried["where"]["place"] == cast.neighbour_subarea.code
    page = client.get(reverse("tickets:report"), {"place": cast.neighbour_subarea.code})
    assert page.url == reverse("tickets:report")
    assert Draft.of(client.session).grid_id is None


def test_a_place_that_ends_before_sending_is_asked_again(client, cast, power_cut):
    data = say_all(client, cast) | {"category": power_cut.code}
    retire(cast.subarea)
    answer = client.post(reverse("tickets:report_check"), data)
    assert answer.url == reverse("tickets:report_where")
    assert Ticket.objects.count() == 0
    assert Draft.of(client.session).description == WORDS


def test_a_place_is_found_by_name_and_by_the_list(client, cast):
    post(client, "report", {"description": WORDS})
    found = client.get(reverse("tickets:report_where"), {"q": "吉祥家园"}).content.decode()
    assert f'value="{cast.village.code}"' in found
    listed = client.get(reverse("tickets:report_where"), {"in": cast.street.code})
    assert f'value="{cast.community.code}"' in listed.content.decode()
    nothing = client.get(reverse("tickets:report_where"), {"q": "没有这个村"})
    assert nothing.status_code == 200


@pytest.mark.parametrize("point", [("0", "0"), ("abc", "1"), ("91", "1"), ("nan", "inf"), ("", "")])
def test_a_position_elsewhere_is_a_plain_sentence(client, cast, point):
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"lat": point[0], "lon": point[1]})
    draft = Draft.of(client.session)
    assert draft.latitude is None
    assert draft.tried["position"]["error"] in errors_of(client, "report_where")


def test_a_position_offers_the_places_around_it(client, cast):
    cast.subarea.latitude, cast.subarea.longitude = 36.77, 119.22
    cast.subarea.save()
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"lat": "36.7701", "lon": "119.2201"})
    assert f'value="{cast.subarea.code}"' in errors_of(client, "report_where")


@pytest.mark.parametrize("typed", ["１３８０００１２３４５", "138 0001 2345", "+86-13800012345"])
def test_phones_are_read_in_every_habit_of_writing(client, cast, power_cut, typed):
    data = say_all(client, cast, contact={"phone": typed}) | {"category": power_cut.code}
    post(client, "report_check", data)
    assert Person.objects.get().phone == "+8613800012345"


def test_a_bad_phone_comes_back_as_typed(client, cast):
    say = {"phone": "12ab", "name": "王大妈"}
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": cast.subarea.code})
    assert post(client, "report_contact", say).url == reverse("tickets:report_contact")
    page = errors_of(client, "report_contact")
    assert 'value="12ab"' in page
    assert 'value="王大妈"' in page


def test_anonymous_means_that_nothing_is_kept(client, cast, power_cut):
    contact = {"phone": "13800012345", "name": "王大妈", "is_anonymous": "on"}
    data = say_all(client, cast, contact=contact) | {"category": power_cut.code}
    post(client, "report_check", data)
    person = Person.objects.get()
    assert (person.phone, person.name, person.phone_index, person.is_anonymous) == ("", "", "", 1)


def test_writing_for_somebody_keeps_both_people(client, cast, power_cut):
    contact = {
        "phone": "13800012345",
        "name": "王大妈",
        "for_other": "on",
        "helper_name": "小李",
        "helper_phone": "13900012345",
        "relation": "女儿",
    }
    data = say_all(client, cast, contact=contact) | {"category": power_cut.code}
    post(client, "report_check", data)
    people = {person.kind: person for person in Person.objects.all()}
    assert people[PersonKind.RESIDENT].name == "王大妈"
    assert people[PersonKind.HELPER].name == "小李"
    assert people[PersonKind.HELPER].relation == "女儿"
    assert Ticket.objects.get().on_behalf is True


def test_staff_who_write_for_somebody_are_on_the_record(client, cast, power_cut):
    client.force_login(cast.worker)
    contact = {"for_other": "on", "helper_name": "网格员", "relation": "网格员"}
    data = say_all(client, cast, contact=contact) | {"category": power_cut.code}
    post(client, "report_check", data)
    assert Ticket.objects.get().filed_by == cast.worker


@pytest.mark.parametrize("category", ["", "9999", "01", "x" * 9, "\0"])
def test_a_wrong_category_is_a_sentence_and_nothing_is_filed(client, cast, power_cut, category):
    data = say_all(client, cast) | {"category": category}
    assert post(client, "report_check", data).url == reverse("tickets:report_check")
    assert 'id="id_category_error"' in errors_of(client, "report_check")
    assert Ticket.objects.count() == 0


def test_suggested_categories_are_marked_and_changeable(client, cast, power_cut):
    other = make_category(cast.housing, name="别的事", keywords=["别的"])
    data = say_all(client, cast)
    page = errors_of(client, "report_check")
    assert re.search(rf'value="{power_cut.code}" checked', page)
    assert f'value="{other.code}"' in page
    post(client, "report_check", data | {"category": other.code})
    assert Ticket.objects.get().category_id == other.pk


def test_an_emergency_number_stands_first(client, cast):
    make_category(cast.power, keywords=["着火"], emergency_number="119")
    post(client, "report", {"description": "楼上着火了"})
    assert 'href="tel:119"' in errors_of(client, "report_where")


def test_a_tip_off_is_confidential_and_names_the_unit(client, cast, power_cut):
    data = say_all(client, cast, words="我要举报物业乱停电")
    assert 'name="accused"' in errors_of(client, "report_check")
    said = {"category": power_cut.code, "kind": Kind.TIP_OFF, "accused": cast.property.pk}
    post(client, "report_check", data | said)
    ticket = Ticket.objects.get()
    assert (ticket.is_confidential, ticket.accused) == (True, cast.property)


# --- photos


def test_photos_are_kept_clean_and_filed_with_the_matter(client, cast, power_cut, media):
    data = say_all(client, cast, photos=[photo(), photo("b.jpg", "blue")])
    assert len(list((media / "drafts").rglob("*.jpg"))) == 4
    assert client.get(reverse("tickets:report_photo", args=[0])).status_code == 200
    assert client.get(reverse("tickets:report_photo", args=[7])).status_code == 404
    post(client, "report_check", data | {"category": power_cut.code})
    assert Attachment.objects.count() == 2
    assert list((media / "drafts").rglob("*.jpg")) == []
    assert all((media / each.file.name).exists() for each in Attachment.objects.all())


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.jpg", b""),
        SimpleUploadedFile("a.jpg", b"MZ not a photo"),
        SimpleUploadedFile("a.svg", b"<svg/>"),
    ],
    ids=["empty", "program", "svg"],
)
def test_a_refused_photo_is_a_sentence_and_the_words_stay(client, cast, media, file):
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": cast.subarea.code})
    file.seek(0)
    answer = post(client, "report_photos", {"action": "next", "photos": [photo(), file]})
    assert answer.url == reverse("tickets:report_photos")
    assert 'id="id_photos_error"' in errors_of(client, "report_photos")
    draft = Draft.of(client.session)
    assert (draft.description, len(draft.photos)) == (WORDS, 1)


def test_a_photo_can_be_taken_out_and_ten_are_too_many(client, cast, media):
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": cast.subarea.code})
    post(client, "report_photos", {"action": "add", "photos": [photo()]})
    post(client, "report_photos", {"drop": "0"})
    assert Draft.of(client.session).photos == []
    many = [photo(f"{number}.jpg") for number in range(10)]
    post(client, "report_photos", {"action": "add", "photos": many})
    assert Draft.of(client.session).photos == []
    assert 'id="id_photos_error"' in errors_of(client, "report_photos")


def test_old_photos_of_drafts_are_purged(media):
    (media / "drafts" / "old").mkdir(parents=True)
    assert drafts.purge(at=time.time() + drafts.LIFE_S - 60) == 0
    assert drafts.purge(at=time.time() + drafts.LIFE_S + 60) == 1


# --- the draft


def test_the_draft_is_offered_again_and_can_be_deleted(client, cast):
    post(client, "report", {"description": WORDS})
    assert WORDS in errors_of(client, "report")
    assert client.session.get_expiry_age() == pytest.approx(drafts.LIFE_S, abs=5)
    post(client, "report_clear")
    assert WORDS not in errors_of(client, "report")


def test_a_draft_of_last_week_is_gone(client):
    session = client.session
    draft = Draft.of(session)
    draft.description = WORDS
    draft.save(session, at=time.time() - drafts.LIFE_S - 1)
    assert Draft.of(session).description == ""


def test_words_and_phone_are_sealed_in_the_session(client, cast):
    say_all(client, cast, contact={"phone": "13800012345"})
    stored = str(dict(client.session))
    assert "13800012345" not in stored
    assert WORDS not in stored


def test_another_window_that_changed_the_words_is_noticed(client, cast, power_cut):
    data = say_all(client, cast) | {"category": power_cut.code}
    post(client, "report", {"description": "别的事情", "change": "1"})
    assert post(client, "report_check", data).url == reverse("tickets:report_check")
    assert Ticket.objects.count() == 0


def test_the_browser_keeps_words_only_for_visitors(client, cast):
    assert 'data-draft="report"' in errors_of(client, "report")
    client.force_login(cast.worker)
    assert 'data-draft="report"' not in errors_of(client, "report")
