"""Asking to hurry: once a day, by page and by API, seen by the holder and the supervisor."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notices.models import Notice
from tickets import workflow
from tickets.choices import Source, Status, Verb
from tickets.models import TEXT_LIMIT, Ticket
from tickets.tests.factories import later, make_category, make_receipt, make_ticket
from tickets.tests.sending import post

pytestmark = pytest.mark.django_db

API = "/api/v1/progress/urge/"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def receipt(cast, power_cut):
    at = timezone.now() - timedelta(days=3)
    return make_receipt(cast.subarea, power_cut, at=at)


def url(name, ticket):
    return reverse(f"tickets:{name}", args=[ticket.reference])


def enter(client, receipt):
    client.post(url("progress", receipt.ticket), {"code": receipt.tracking_code})
    return client


@pytest.fixture
def known(client, receipt):
    """A browser that has given the code."""
    return enter(client, receipt)


def page_of(client, ticket, **options):
    return client.get(url("progress", ticket), **options).content.decode()


def urges(ticket):
    return ticket.events.filter(verb=Verb.URGE).count()


# --- the page


def test_urging_reaches_the_holder_and_the_supervisor(known, cast, receipt):
    ticket = receipt.ticket
    assert url("progress_urge", ticket) in page_of(known, ticket)
    assert known.get(url("progress_urge", ticket)).status_code == 200
    answer = known.post(url("progress_urge", ticket), {"note": "老人离不开制氧机"}, follow=True)
    page = answer.content.decode()
    assert 'data-kind="success"' in page
    assert "老人离不开制氧机" in page
    told = Notice.objects.filter(kind="urged")
    assert {row.recipient_id for row in told} == {ticket.holder_id, cast.supervisor.pk}
    assert all("老人离不开制氧机" in row.body for row in told)
    fresh = Ticket.objects.get()
    assert (fresh.urge_count, fresh.due_at) == (1, ticket.due_at)


def test_words_are_not_needed(known, receipt):
    known.post(url("progress_urge", receipt.ticket))
    assert urges(receipt.ticket) == 1


def test_once_a_day_and_the_page_says_since_when_they_know(known, receipt):
    ticket = workflow.urge(receipt.ticket)
    since = f"{timezone.localtime(ticket.urged_at):%H:%M}"
    answer = known.get(url("progress", ticket))
    assert answer.context["urged_at"] == ticket.urged_at
    assert since in answer.content.decode()
    assert url("progress_urge", ticket) not in answer.content.decode()
    assert known.get(url("progress_urge", ticket)).url == url("progress", ticket)


def test_a_double_tap_urges_once_and_is_news(known, receipt):
    known.post(url("progress_urge", receipt.ticket), {"note": "快一点"})
    page = known.post(url("progress_urge", receipt.ticket), {"note": "快一点"}, follow=True)
    assert 'role="status"' in page.content.decode()
    assert 'data-kind="error"' not in page.content.decode()
    assert urges(receipt.ticket) == 1


def test_tomorrow_again(known, receipt):
    yesterday = timezone.now() - timedelta(days=1)
    workflow.urge(receipt.ticket, at=yesterday)
    assert url("progress_urge", receipt.ticket) in page_of(known, receipt.ticket)
    known.post(url("progress_urge", receipt.ticket))
    assert urges(receipt.ticket) == 2


def test_words_too_long_come_back_as_they_were_typed(known, receipt):
    words = "快" * (TEXT_LIMIT + 1)
    page = known.post(url("progress_urge", receipt.ticket), {"note": words}).content.decode()
    assert 'role="alert"' in page
    assert words in page
    assert urges(receipt.ticket) == 0


def test_what_is_said_to_be_done_cannot_be_urged(known, receipt):
    ticket = receipt.ticket
    ticket = workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))
    workflow.resolve(ticket, by=ticket.holder, note="电缆换好了", at=later(ticket))
    assert url("progress_urge", ticket) not in page_of(known, ticket)
    answer = known.post(url("progress_urge", ticket), follow=True).content.decode()
    assert 'data-kind="error"' in answer
    assert urges(ticket) == 0
    assert Ticket.objects.get().status == Status.RESOLVED


def test_an_account_that_filed_it_needs_no_code(client, cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, user=cast.outsider)
    client.force_login(cast.outsider)
    client.post(url("progress_urge", ticket))
    assert urges(ticket) == 1


def test_the_holder_does_not_urge_in_the_residents_name(known, receipt):
    known.force_login(receipt.ticket.holder)
    enter(known, receipt)
    answer = known.post(url("progress_urge", receipt.ticket), follow=True)
    assert 'data-kind="error"' in answer.content.decode()
    assert urges(receipt.ticket) == 0


def test_without_the_code_nobody_urges(receipt):
    answer = Client().post(url("progress_urge", receipt.ticket), {"note": "快"})
    assert answer.url == url("progress", receipt.ticket)
    assert urges(receipt.ticket) == 0


@pytest.mark.parametrize("source", [Source.QR, Source.PHONE, Source.COUNTER])
def test_whatever_way_it_came_in_the_page_offers_the_same(client, cast, power_cut, source):
    by = cast.worker if source in (Source.PHONE, Source.COUNTER) else workflow.RESIDENT
    receipt = make_receipt(cast.subarea, power_cut, by=by, source=source)
    enter(client, receipt)
    answer = client.get(url("progress", receipt.ticket))
    assert answer.context["may_urge"]
    assert answer.context["promise"].why


def test_a_joined_matter_shows_the_main_ones_date_and_no_urging(known, cast, power_cut, receipt):
    main = make_ticket(cast.subarea, power_cut)
    workflow.merge(receipt.ticket, by=cast.dispatcher, into=main, at=later(main))
    workflow.urge(main, note="别人催的话", at=later(main, minutes=2))
    answer = known.get(url("progress", receipt.ticket))
    assert answer.context["main"].due_at == main.due_at
    assert main.due_at != receipt.ticket.due_at
    assert not answer.context["may_urge"]
    assert answer.context["urged_at"] is None
    assert "别人催的话" not in answer.content.decode()
    known.post(url("progress_urge", receipt.ticket))
    assert urges(receipt.ticket) == 0


# --- the interface for programs


def own(receipt, **said):
    return {
        "reference": receipt.ticket.reference,
        "tracking_code": receipt.tracking_code,
    } | said


def test_the_api_urges_once_a_day_and_tells_so(client, receipt):
    before = post(client, "/api/v1/progress/", own(receipt)).json()
    assert (before["may_urge"], before["urged_at"]) == (True, None)
    answer = post(client, API, own(receipt, note="快一点"))
    assert answer.status_code == 200
    said = answer.json()
    assert said["may_urge"] is False
    assert said["urged_at"].endswith("+08:00")
    assert said["timeline"][0]["text"] == "快一点"
    again = post(client, API, own(receipt))
    assert (again.status_code, again.json()["type"]) == (409, "urn:hanting:problem:already_done")
    assert urges(receipt.ticket) == 1


def test_the_same_key_gets_the_same_answer(client, receipt):
    key = {"Idempotency-Key": "urge-key-1"}
    answers = [post(client, API, own(receipt), **key) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert urges(receipt.ticket) == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"tracking_code": "AAAA-BBBB-CC"}, 404),
        ({"reference": "1234567890"}, 404),
        ({"note": "快" * (TEXT_LIMIT + 1)}, 400),
        ({"note": ["快"]}, 400),
    ],
)
def test_the_api_refuses_in_words(client, receipt, said, status):
    answer = post(client, API, own(receipt, **said))
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert urges(receipt.ticket) == 0
