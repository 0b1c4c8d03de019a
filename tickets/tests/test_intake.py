"""The end of a report: filed once however often it is sent, slowed and never lost, joined."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.errors import RuleViolation
from notices.models import Notice
from tickets import workflow
from tickets.choices import Kind, Status
from tickets.drafts import Draft
from tickets.models import Attachment, Ticket
from tickets.policies import policies
from tickets.tests.factories import make_category, make_ticket
from tickets.tests.residents import WORDS, data_queries, errors_of, hidden, photo, post, say_all
from worktime.reports import current_calendar
from worktime.tests.factories import make_calendar

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


# --- once


def test_sending_again_after_back_gives_the_same_ticket(client, cast, power_cut):
    data = say_all(client, cast) | {"category": power_cut.code}
    first, second = post(client, "report_check", data), post(client, "report_check", data)
    assert first.url == second.url
    assert Ticket.objects.count() == 1


def test_a_second_tap_with_the_old_session_gives_the_same_ticket(client, cast, power_cut):
    data = say_all(client, cast) | {"category": power_cut.code}
    before = dict(client.session.items())
    first = post(client, "report_check", data)
    session = client.session
    session.clear()
    session.update(before)
    session.save()
    second = post(client, "report_check", data)
    assert first.url == second.url
    assert client.get(second.url).status_code == 200
    assert Ticket.objects.count() == 1


def test_a_form_of_no_draft_at_all_files_nothing(client, cast, power_cut):
    data = {"draft": "unknown-key", "version": "x", "category": power_cut.code}
    assert post(client, "report_check", data).url == reverse("tickets:report")
    assert Ticket.objects.count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_taps_at_once_file_one_ticket(client, cast, power_cut, settings):
    settings.RATE_LIMITS = False
    data = say_all(client, cast) | {"category": power_cut.code}
    answers, start = [], threading.Barrier(20)

    def tap():
        other = Client()
        other.cookies = client.cookies
        start.wait()
        answers.append(post(other, "report_check", data))
        connections.close_all()

    taps = [threading.Thread(target=tap) for _number in range(20)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()
    ticket = Ticket.objects.get()
    address = reverse("tickets:receipt", args=[ticket.reference])
    assert [each.url for each in answers] == [address] * 20


# --- the unit complained of


def test_the_unit_complained_of_neither_holds_nor_helps_nor_hears(client, cast, power_cut):
    say_all(client, cast, words="我要举报供电公司，停电没人管")
    data = {"category": power_cut.code, "kind": Kind.TIP_OFF, "accused": cast.power.pk}
    post(client, "report_check", hidden(client) | data)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.organisation, ticket.holder) == (
        Status.SUBMITTED,
        None,
        cast.street_dispatcher,
    )
    assert [notice.recipient for notice in Notice.objects.all()] == [cast.street_dispatcher]
    ticket = workflow.accept(ticket, by=cast.street_dispatcher)
    with pytest.raises(RuleViolation):
        workflow.dispatch(ticket, by=cast.street_dispatcher)
    ticket = workflow.dispatch(
        ticket, by=cast.street_dispatcher, organisation=cast.housing, co=[cast.power.pk]
    )
    handed = ticket.legs.exclude(organisation=None)
    assert [leg.organisation for leg in handed] == [cast.housing]


# --- slow, never lost


def test_after_five_reports_an_hour_a_riddle_is_shown_and_the_draft_stays(client, cast, power_cut):
    for _number in range(5):
        post(client, "report_check", say_all(client, cast) | {"category": power_cut.code})
    assert Ticket.objects.count() == 5
    data = say_all(client, cast) | {"category": power_cut.code}
    answer = post(client, "report_check", data)
    assert answer.status_code == 200
    assert 'name="pow_challenge"' in answer.content.decode()
    assert Draft.of(client.session).description == WORDS
    assert Ticket.objects.count() == 5


def test_a_program_that_fills_the_hidden_field_gets_the_riddle(client, cast, power_cut):
    data = say_all(client, cast) | {"category": power_cut.code, "website": "spam"}
    assert 'name="pow_challenge"' in post(client, "report_check", data).content.decode()
    assert Ticket.objects.count() == 0


def test_staff_are_not_counted(client, cast, power_cut):
    client.force_login(cast.worker)
    for _number in range(6):
        post(client, "report_check", say_all(client, cast) | {"category": power_cut.code})
    assert Ticket.objects.count() == 6


# --- me too


def test_a_similar_matter_is_shown_without_its_words_and_joined_once(client, cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, description="四号楼停电了没人来修，我是张三")
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": cast.subarea.code})
    page = errors_of(client, "report_similar")
    assert "吉祥家园" in page
    assert "张三" not in page
    answer = post(client, "report_similar", {"join": ticket.reference})
    assert answer.url == reverse("tickets:joined", args=[ticket.reference])
    assert client.get(answer.url).status_code == 200
    assert Client().get(answer.url).status_code == 404
    ticket.refresh_from_db()
    assert ticket.supporter_count == 1
    post(client, "report", {"description": WORDS})
    post(client, "report_where", {"place": cast.subarea.code})
    post(client, "report_similar", {"join": ticket.reference})
    ticket.refresh_from_db()
    assert ticket.supporter_count == 1


def test_joining_something_unknown_or_confidential_goes_on_with_the_own_matter(
    client, cast, power_cut
):
    secret = make_ticket(cast.subarea, power_cut, kind=Kind.TIP_OFF)
    for reference in ("0000000000", secret.reference, "\0"):
        post(client, "report", {"description": WORDS})
        post(client, "report_where", {"place": cast.subarea.code})
        answer = post(client, "report_similar", {"join": reference})
        assert answer.url == reverse("tickets:report_contact")
    secret.refresh_from_db()
    assert secret.supporter_count == 0


# --- queries


# A Wednesday in Shanghai: ten in the morning, and two at night.
BY_DAY = datetime(2026, 11, 25, 2, tzinfo=UTC)
AT_NIGHT = datetime(2026, 11, 25, 18, tzinfo=UTC)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize(("moment", "questions"), [(BY_DAY, 18), (AT_NIGHT, 19)])
def test_filing_takes_a_known_number_of_queries(
    client, cast, power_cut, media, settings, time_machine, count, signed_in, moment, questions
):
    """At night the duty roster is asked as well."""
    time_machine.move_to(moment)
    settings.NAME_MAP_SECONDS = 60
    make_calendar()
    if signed_in:
        client.force_login(cast.outsider)
    pictures = [photo(f"{n}.jpg", colour) for n, colour in enumerate(["red", "green", "blue"])]
    data = say_all(
        client, cast, photos=pictures[:count], contact={"phone": "13800012345", "name": "王大妈"}
    )
    # Like the categories, kept in memory by every process.
    policies.all()
    current_calendar()
    with CaptureQueriesContext(connection) as found:
        answer = post(client, "report_check", data | {"category": power_cut.code})
    assert answer.status_code == 302
    assert Attachment.objects.count() == count
    assert data_queries(found) == questions + 2 * signed_in


# --- on paper


def test_the_receipt_says_a_date_and_never_tomorrow(client, cast, power_cut):
    answer = post(client, "report_check", say_all(client, cast) | {"category": power_cut.code})
    page = client.get(answer.url).content.decode()
    due = timezone.localtime(Ticket.objects.get().due_at)
    assert f"{due.month}月{due.day}日" in page
    assert "明天" not in page
