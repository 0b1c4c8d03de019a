"""The outbox for administrators: figures, words, the button, and no number in full."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from common.models import AuditEntry, Heartbeat
from notices import reports, workflow
from notices.choices import State
from notices.models import Notice, SmsDay
from notices.tests import backends
from notices.tests.factories import PHONE, make_notice, make_user
from notices.tests.test_resend import failed
from notices.tests.test_workflow import next_noon, provider  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db
PAGE = "/admin/notices/notice/outbox/"
LIST = reverse("admin:notices_notice_changelist")


@pytest.fixture
def chief(client, settings):
    settings.STAFF_SECOND_FACTOR = False
    user = make_user("chief", is_superuser=True, is_staff=True)
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return user


def words(response):
    """Return the page's text without markup and spaces at ends of lines."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def press(client, **data):
    """Press a button of the page and return the sentences that follow."""
    response = client.post(PAGE, data, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    return [str(message) for message in response.context["messages"]]


# --- At a glance ---------------------------------------------------------------------------


def test_empty_outbox(client, chief):
    text = words(client.get(PAGE))
    assert "Nothing has been delivered yet: is the background worker running?" in text
    assert "No notice is waiting." in text
    assert "Everything has been delivered." in text
    assert "0 sent. No daily limit is set." in text
    assert "Send all of them again" not in text


def test_figures(client, chief, settings):
    settings.SMS_DAILY_BUDGET = 10
    now = timezone.now()
    Heartbeat.objects.beat(reports.HEARTBEAT, at=now - timedelta(seconds=70))
    make_notice("tried", kind="late")
    Notice.objects.update(attempts=2, created_at=now - timedelta(hours=30))
    make_notice("fresh", kind="late")
    make_notice("site", to=chief, kind="handed_over")
    failed("lost")
    SmsDay.objects.create(day=timezone.localdate(), sent=9)
    found = reports.outbox()
    assert [(row.channel, row.kind, row.count, row.tried) for row in found.waiting] == [
        ("site", "handed_over", 1, 0),
        ("sms", "late", 2, 1),
    ]
    assert (found.waiting_count, found.failed_count) == (3, 1)
    assert found.oldest == now - timedelta(hours=30)
    text = words(client.get(PAGE))
    assert "The background worker last looked here 1 minute ago." in text
    assert "9 of 10 used" in text
    assert "1 after a failure" in text


def test_what_went_out_today_counts_messages_and_digests_once(client, chief):
    noon = next_noon()
    for i in range(5):
        make_notice(f"k{i}", to=chief)
    make_notice("sms")
    workflow.deliver_due(noon)
    make_notice("yesterday", to=chief)
    workflow.deliver_due(noon - timedelta(days=1))
    found = reports.outbox(noon + timedelta(minutes=1))
    assert found.sent_today == {"site": 1, "sms": 1}
    assert found.texts.sent == 1


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (1, "1 of 2 used"),
        (2, "The budget is used up. Urgent ones still go out, up to 4."),
        (4, "Urgent ones wait until tomorrow too: twice the budget is sent."),
    ],
)
def test_budget_in_words(client, chief, settings, sent, sentence):
    settings.SMS_DAILY_BUDGET = 2
    SmsDay.objects.create(day=timezone.localdate(), sent=sent)
    make_notice("k")
    settings.QUIET_HOURS = ("12:00", "12:00")
    text = words(client.get(PAGE))
    assert sentence in text
    assert ("1 text message waits until it may go out: tomorrow at 00:00." in text) == (sent > 1)


def test_page_does_not_grow(client, chief, django_assert_max_num_queries):
    client.get(PAGE)
    counts = []
    for rows in (1, 4):
        for i in range(rows):
            failed(f"{rows}.{i}", to=make_user(f"clerk{rows}{i}"), channel="sms")
            make_notice(f"{rows}.{i}.waits")
        with django_assert_max_num_queries(10) as asked:
            client.get(PAGE)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_more_failures_than_the_page_shows(client, chief, monkeypatch):
    monkeypatch.setattr(reports, "SHOWN", 1)
    failed("older", title="older one")
    failed("newer", title="newer one")
    text = words(client.get(PAGE))
    assert "newer one" in text and "older one" not in text
    assert "All 2 of them" in text
    shown = client.get(LIST + "?state__exact=failed").context["cl"].result_list
    assert {notice.unique_key for notice in shown} == {"older", "newer"}


def test_no_page_shows_a_number(client, chief):
    """Neither the sealed one, nor a resident's user name, nor one that somebody wrote down."""
    resident = make_user("+8610000000055", phone="+8610000000055")
    notices = [
        failed("phone", body="请拨打 100-0000-0066"),
        failed("account", to=resident, channel="sms", title="电话 10000000077"),
    ]
    Notice.objects.update(last_error="ConnectionError: no provider for 100****0042")
    pages = [PAGE, LIST] + [f"/admin/notices/notice/{each.pk}/change/" for each in notices]
    for page in pages:
        body = re.sub(r"[\s+-]", "", client.get(page).content.decode())
        assert [n for n in ("0000042", "0000055", "0000066", "0000077") if n in body] == []
    text = words(client.get(PAGE))
    assert "100****0042" in text and "100****0055" in text


def test_change_page_tells_all_there_is(client, chief):
    notice = failed("k", to=chief, title="Late", body="Since Monday")
    text = words(client.get(f"/admin/notices/notice/{notice.pk}/change/"))
    assert "Since Monday" in text and "ConnectionError" in text


# --- Sending again -------------------------------------------------------------------------


def test_button_sends_again_once(client, chief):
    notice = failed("k")
    assert press(client, notice=notice.pk) == ["1 notice waits to be sent again."]
    assert press(client, notice=notice.pk) == [
        "1 was left alone: it waits already, has gone out or was withdrawn."
    ]
    workflow.deliver_due(next_noon())
    assert len(backends.sent) == 1
    entry = AuditEntry.objects.get(verb="resend_notice")
    assert (entry.who, entry.object_id, entry.address) == ("chief", str(notice.pk), "127.0.0.1")
    assert "1 sent again today" in words(client.get(PAGE))


def test_all_of_them(client, chief, monkeypatch):
    for i in range(3):
        failed(f"k{i}")
    failed("nobody", to=make_user("nobody"), channel="sms")
    assert "Send all of them again" in words(client.get(PAGE))
    monkeypatch.setattr(workflow.resending, "RESENT_AT_ONCE", 2)
    assert press(client, all="1") == [
        "2 notices wait to be sent again.",
        "2 more were not touched; please press again.",
    ]
    assert press(client, all="1") == [
        "1 notice waits to be sent again.",
        "1 cannot be sent: there is no phone number any more.",
    ]


def test_number_that_is_gone_has_no_button(client, chief):
    notice = failed("k")
    Notice.objects.update(sealed_phone="", last_error=workflow.NO_PHONE)
    response = client.get(PAGE)
    assert "Cannot be sent again: there is no phone number any more." in words(response)
    assert "number deleted" in words(response)
    assert f'name="notice" value="{notice.pk}"' not in response.content.decode()


def test_unreadable_number_breaks_no_page(client, chief):
    notice = failed("k")
    Notice.objects.update(sealed_phone=notice.sealed_phone[:-4] + "AAAA")
    for page in (PAGE, LIST):
        assert "number unreadable" in words(client.get(page))


@pytest.mark.parametrize("number", ["", "x", "-1", "1" * 40, "²"])
def test_nonsense_is_answered_in_words(client, chief, number):
    assert press(client, notice=number) == ["Please choose what to send again."]


def test_vanished_notice_is_answered_in_words(client, chief):
    assert press(client, notice="999999") == ["There is nothing to send again."]
    assert press(client, all="1") == ["There is nothing to send again."]


def test_action_of_the_list(client, chief):
    lost, waits = failed("lost"), make_notice("waits")
    data = {"action": "send_again", "_selected_action": [lost.pk, waits.pk]}
    response = client.post(LIST, data, follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "1 notice waits to be sent again.",
        "1 was left alone: it waits already, has gone out or was withdrawn.",
    ]
    assert set(Notice.objects.values_list("state", flat=True)) == {State.PENDING}


# --- Who may -------------------------------------------------------------------------------


def onlooker(client, *names):
    user = make_user("onlooker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)


def test_who_may_only_look_has_no_button(client, chief):
    notice = failed("k")
    onlooker(client, "view_notice")
    body = client.get(PAGE).content.decode()
    assert 'name="notice"' not in body and "send_again" not in client.get(LIST).content.decode()
    assert client.post(PAGE, {"notice": notice.pk}).status_code == 403
    client.post(LIST, {"action": "send_again", "_selected_action": [notice.pk]})
    assert Notice.objects.failed().count() == 1


def test_others_see_nothing(client, chief):
    onlooker(client)
    assert client.get(PAGE).status_code == 403
    client.force_login(make_user("clerk"))
    assert client.get(PAGE).status_code == 302


def test_list_leads_to_the_glance(client, chief):
    assert f'href="{PAGE}"' in client.get(LIST).content.decode()
    assert PHONE[3:] not in client.get(LIST).content.decode()
