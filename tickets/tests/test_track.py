"""Following a matter: who gets in, what it tells, and the resident's word."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from common.models import Version
from tickets import workflow
from tickets.choices import Kind, Outcome, Stage, Status, Verb
from tickets.models import Person, Ticket
from tickets.models.tickets import INSIDE
from tickets.progress import _PRESENT, HAPPENED
from tickets.tests.factories import later, make_category, make_receipt, make_ticket
from tickets.tests.residents import data_queries, photo
from tickets.workflow import TRANSITIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def receipt(cast, power_cut):
    at = timezone.now() - timedelta(hours=3)
    contact = workflow.Contact(name="王大妈", phone="+8613800012345")
    return make_receipt(cast.subarea, power_cut, resident=contact, at=at)


def url(name, receipt, *more):
    return reverse(f"tickets:{name}", args=[receipt.ticket.reference, *more])


@pytest.fixture
def known(client, receipt):
    """A browser that has given the code."""
    client.post(url("progress", receipt), {"code": receipt.tracking_code})
    return client


def resolved(receipt):
    ticket = receipt.ticket
    ticket = workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))
    return workflow.resolve(ticket, by=ticket.holder, note="电缆换好了", at=later(ticket))


def without_token(response):
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)


# --- getting in


def test_reference_and_code_open_the_matter(client, receipt):
    typed = {
        "reference": f" {receipt.ticket.reference[:5]} {receipt.ticket.reference[5:]}",
        "code": f"{receipt.tracking_code[:5].lower()}-{receipt.tracking_code[5:].lower()}",
    }
    answer = client.post(reverse("tickets:track"), typed)
    assert answer.url == url("progress", receipt)
    page = client.get(answer.url)
    assert page.status_code == 200
    assert receipt.tracking_code not in page.content.decode()
    assert receipt.tracking_code not in answer.url
    assert receipt.tracking_code not in str(dict(client.session))


def test_full_width_digits_and_letters_open_it_too(client, receipt):
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    typed = {
        "reference": receipt.ticket.reference.translate(wide),
        "code": receipt.tracking_code.translate(wide),
    }
    assert client.post(reverse("tickets:track"), typed).url == url("progress", receipt)


def test_without_code_the_page_only_asks_for_it(client, receipt):
    page = client.get(url("progress", receipt)).content.decode()
    assert 'name="code"' in page
    assert receipt.ticket.title not in page
    assert "区供电公司" not in page


def test_wrong_reference_and_wrong_code_answer_with_the_same_bytes(client, cast, power_cut):
    """Both pages carry the reference that was asked for, so each asks for the same one."""
    address = reverse("tickets:progress", args=["1234567897"])
    nothing_asked, nothing = client.get(address), client.post(address, {"code": "AAAAAAAAAA"})
    receipt = make_receipt(cast.subarea, power_cut)
    Ticket.objects.filter(pk=receipt.ticket.pk).update(reference="1234567897")
    asked, wrong = client.get(address), client.post(address, {"code": "AAAAAAAAAA"})
    assert without_token(asked) == without_token(nothing_asked)
    assert without_token(wrong) == without_token(nothing)
    assert (wrong.status_code, nothing.status_code) == (200, 200)
    assert 'role="alert"' in wrong.content.decode()


@pytest.mark.parametrize(
    ("reference", "code"),
    [("", ""), ("abc", "x"), ("1", "\0"), ("9" * 50, "y" * 50), ("１２３", "😀"), ("\0", "a")],
)
def test_what_cannot_be_a_reference_or_code_is_a_sentence(client, receipt, reference, code):
    answer = client.post(reverse("tickets:track"), {"reference": reference, "code": code})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("reference", ["%00", "1%002", "%F0%9F%98%80", "x" * 300, "..", "１２"])
def test_an_address_of_anything_is_a_page_that_asks_for_the_code(client, receipt, reference):
    for method in (client.get, client.post):
        assert method(f"/t/{reference}/").status_code in (200, 404)
        assert method(f"/t/{reference}/photos/1/").status_code in (404, 405)
        assert method(f"/report/receipt/{reference}/").status_code in (302, 404, 405)


def test_after_ten_wrong_codes_even_the_right_one_needs_the_riddle(client, receipt):
    for _number in range(10):
        client.post(url("progress", receipt), {"code": "AAAAAAAAAA"})
    answer = client.post(url("progress", receipt), {"code": receipt.tracking_code})
    assert 'name="pow_challenge"' in answer.content.decode()


def test_sixty_tries_an_hour_from_one_address(client, receipt):
    for number in range(60):
        data = {"reference": f"{number:010d}", "code": "AAAAAAAAAA"}
        client.post(reverse("tickets:track"), data)
    typed = {"reference": receipt.ticket.reference, "code": receipt.tracking_code}
    answer = client.post(reverse("tickets:track"), typed)
    assert 'name="pow_challenge"' in answer.content.decode()


def test_forgetting_asks_for_the_code_again(known, receipt):
    known.post(url("progress_forget", receipt))
    assert 'name="code"' in known.get(url("progress", receipt)).content.decode()


# --- what it tells


def test_the_page_names_organisation_date_and_no_note(known, receipt):
    ticket = workflow.acknowledge(
        receipt.ticket, by=receipt.ticket.holder, at=later(receipt.ticket)
    )
    ticket = workflow.note(ticket, by=ticket.holder, note="内部话", at=later(ticket))
    workflow.record_finding(ticket, by=ticket.holder, note="现场话", at=later(ticket))
    page = known.get(url("progress", receipt)).content.decode()
    assert "区供电公司" in page
    assert f'href="tel:{ticket.holder.phone}"' in page
    assert "内部话" not in page
    assert "现场话" not in page
    assert "13800012345" not in page


def test_in_english_the_page_names_the_organisation_in_english(known, cast, receipt):
    Organisation.objects.filter(pk=cast.power.pk).update(name_en="Power supply company")
    Version.objects.bump("organisations")
    resolved(receipt)
    known.cookies["django_language"] = "en"
    html = known.get(url("progress", receipt)).content.decode()
    assert "Power supply company has taken it on" in html
    assert "Power supply company says it is done." in html
    assert cast.power.name not in html


def test_every_status_and_every_verb_has_words():
    assert set(_PRESENT) == set(Status) - {Status.CLOSED}
    assert set(HAPPENED) == (set(TRANSITIONS) | {Verb.SUBMIT}) - set(INSIDE)


def test_word_for_the_resident_is_told_and_a_call_says_that_it_was_one(known, receipt):
    ticket = receipt.ticket
    ticket = workflow.tell_resident(ticket, by=ticket.holder, note="明天上午来修", at=later(ticket))
    ticket = workflow.tell_resident(
        ticket, by=ticket.holder, note="电话里说过了", by_phone=True, at=later(ticket)
    )
    told = known.get(url("progress", receipt)).context["happenings"]
    assert [line.text for line in told[:2]] == ["电话里说过了", "明天上午来修"]
    assert told[0].title != told[1].title == str(HAPPENED[Verb.TELL_RESIDENT])


def test_until_when_the_word_is_waited_for(known, receipt):
    ticket = resolved(receipt)
    due = ticket.clocks.get(stage=Stage.CONFIRM).due_at
    answer = known.get(url("progress", receipt))
    assert answer.context["promise"].confirm_by == due
    assert f"{timezone.localtime(due):%H:%M}" in answer.content.decode()


@pytest.mark.parametrize("extra", [1, 3])
def test_the_page_takes_a_known_number_of_queries(known, cast, receipt, settings, tmp_path, extra):
    settings.NAME_MAP_SECONDS, settings.MEDIA_ROOT = 60, tmp_path
    ticket = receipt.ticket
    for number in range(extra):
        ticket = workflow.record_finding(
            ticket, by=cast.worker, note="看过", at=later(ticket, minutes=number + 1)
        )
    known.get(url("progress", receipt))
    with CaptureQueriesContext(connection) as found:
        known.get(url("progress", receipt))
    assert data_queries(found) == 5


# --- the resident's word


def test_solved_and_satisfied_closes_it(known, receipt):
    resolved(receipt)
    assert url("confirm", receipt) in known.get(url("progress", receipt)).content.decode()
    assert known.get(url("confirm", receipt)).status_code == 200
    known.post(url("confirm", receipt), {"satisfied": "yes", "comment": "谢谢"})
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.outcome, ticket.is_satisfied) == (
        Status.CLOSED,
        Outcome.SOLVED,
        True,
    )


def test_solved_but_not_satisfied_is_another_matter(known, receipt):
    resolved(receipt)
    known.post(url("confirm", receipt), {"satisfied": "no"})
    assert Ticket.objects.get().is_satisfied is False


def test_not_solved_begins_the_next_cycle(known, receipt):
    resolved(receipt)
    known.post(url("dispute", receipt), {"comment": "还是没电"})
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.cycle) == (Status.IN_PROGRESS, 2)
    assert "还是没电" in known.get(url("progress", receipt)).content.decode()


def test_a_second_press_is_news_and_no_error(known, receipt):
    resolved(receipt)
    known.post(url("confirm", receipt))
    page = known.post(url("confirm", receipt), follow=True).content.decode()
    assert 'data-kind="info"' in page
    assert Ticket.objects.get().status == Status.CLOSED


def test_a_closed_matter_can_be_opened_again_for_fifteen_days(known, receipt):
    resolved(receipt)
    known.post(url("confirm", receipt))
    assert url("progress_reopen", receipt) in known.get(url("progress", receipt)).content.decode()
    known.post(url("progress_reopen", receipt), {"comment": "又停了"})
    assert Ticket.objects.get().status == Status.IN_PROGRESS
    Ticket.objects.update(
        status=Status.CLOSED, closed_at=timezone.now() - timedelta(days=16), outcome="solved"
    )
    page = known.get(url("progress", receipt)).content.decode()
    assert url("progress_reopen", receipt) not in page


def test_an_answer_ends_the_wait(known, receipt):
    ticket = workflow.acknowledge(
        receipt.ticket, by=receipt.ticket.holder, at=later(receipt.ticket)
    )
    workflow.ask_resident(ticket, by=ticket.holder, note="哪一户？", at=later(ticket))
    assert "哪一户？" in known.get(url("progress", receipt)).content.decode()
    empty = known.post(url("progress_answer", receipt), {"note": " "})
    assert 'role="alert"' in empty.content.decode()
    known.post(url("progress_answer", receipt), {"note": "三号楼一单元"})
    assert Ticket.objects.get().status == Status.IN_PROGRESS


def test_a_matter_can_be_taken_back(known, receipt):
    known.post(url("progress_withdraw", receipt), {"comment": "来电了"})
    assert Ticket.objects.get().status == Status.WITHDRAWN
    assert known.get(url("progress", receipt)).status_code == 200


def test_photos_can_be_added_and_seen_only_with_the_code(known, receipt, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    known.post(url("progress_photos", receipt), {"photos": [photo()]})
    attachment = Ticket.objects.get().attachments.get()
    address = url("progress_photo", receipt, attachment.pk)
    assert known.get(address)["Content-Type"] == "image/jpeg"
    assert Client().get(address).status_code == 404
    released = reverse("tickets:released_photo", args=[attachment.pk])
    assert Client().get(released).status_code == 404
    attachment.is_released = True
    attachment.save()
    assert Client().get(released).status_code == 200
    bad = known.post(url("progress_photos", receipt), {"photos": [photo("a.exe")]})
    assert 'role="alert"' in bad.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "confirm",
        "dispute",
        "progress_reopen",
        "progress_withdraw",
        "progress_answer",
        "progress_urge",
    ],
)
def test_without_the_code_nothing_can_be_said(client, receipt, name):
    resolved(receipt)
    before = Ticket.objects.get().event_count
    for answer in (client.get(url(name, receipt)), client.post(url(name, receipt), {"note": "x"})):
        assert answer.url == url("progress", receipt)
    assert Ticket.objects.get().event_count == before


def test_whoever_filed_it_for_somebody_has_no_say(client, cast, power_cut):
    receipt = make_receipt(cast.subarea, power_cut, by=cast.worker)
    resolved(receipt)
    client.force_login(cast.worker)
    client.post(url("progress", receipt), {"code": receipt.tracking_code})
    client.post(url("confirm", receipt))
    assert Ticket.objects.get().status == Status.RESOLVED


def test_a_joined_matter_shows_the_main_one(known, cast, power_cut, receipt):
    main = make_ticket(cast.subarea, power_cut, description="别人自己的话")
    workflow.merge(receipt.ticket, by=cast.dispatcher, into=main, at=later(main))
    page = known.get(url("progress", receipt)).content.decode()
    assert "别人自己的话" not in page
    assert "区供电公司" in page


# --- my matters


def test_my_matters_by_account_and_by_proven_phone(client, cast, power_cut):
    own = make_ticket(cast.subarea, power_cut, user=cast.outsider)
    phone = workflow.Contact(phone=cast.outsider.phone)
    by_phone = make_ticket(cast.subarea, power_cut, resident=phone)
    make_ticket(cast.subarea, power_cut, kind=Kind.QUESTION)
    client.force_login(cast.outsider)
    page = client.get(reverse("tickets:mine")).content.decode()
    links = [ticket.reference in page for ticket in Ticket.objects.order_by("pk")]
    assert links == [True, True, False]
    assert client.get(reverse("tickets:progress", args=[own.reference])).context["ticket"] == own
    cast.outsider.phone_verified = False
    cast.outsider.save()
    page = client.get(reverse("tickets:mine")).content.decode()
    assert by_phone.reference not in page


def test_a_matter_one_joined_is_listed_without_words_and_without_a_way_in(client, cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, description="别人自己的话")
    workflow.join(ticket, user=cast.outsider)
    client.force_login(cast.outsider)
    page = client.get(reverse("tickets:mine")).content.decode()
    assert str(power_cut) in page
    assert "别人自己的话" not in page
    assert ticket.reference not in page
    assert (
        'name="code"'
        in client.get(reverse("tickets:progress", args=[ticket.reference])).content.decode()
    )
    assert Person.objects.filter(user=cast.outsider).count() == 1
