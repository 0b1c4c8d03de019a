"""Sending again what was given up: once, under the same key, and noted in the audit trail."""

import pytest

from common.models import AuditEntry
from common.tests.factories import run_rivals
from notices import workflow
from notices.choices import State
from notices.models import Notice
from notices.tests import backends
from notices.tests.factories import PHONE, make_notice, make_user
from notices.tests.test_workflow import next_noon, provider  # noqa: F401  a fixture
from notices.workflow import Resent, resending

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return make_user("chief", is_superuser=True)


def failed(key, **fields):
    """Write a notice that the provider has refused for good; due later, or a task would send it."""
    notice = make_notice(key, at=next_noon(), **fields)
    fate = {"state": State.FAILED, "attempts": 8, "last_error": "ConnectionError"}
    Notice.objects.filter(pk=notice.pk).update(**fate)
    return Notice.objects.get(pk=notice.pk)


def given_up(key, settings, **fields):
    """Write a notice and let a dead provider refuse it until it is given up."""
    settings.SMS_BACKEND = "notices.tests.backends.Dead"
    notice, at = make_notice(key, **fields), next_noon()
    while notice.state == State.PENDING:
        workflow.deliver_due(at)
        notice.refresh_from_db()
        at = notice.deliver_after
    settings.SMS_BACKEND = "notices.tests.backends.Recording"
    return notice


def entries():
    rows = AuditEntry.objects.filter(verb="resend_notice").order_by("number")
    return list(rows.values_list("who", "kind", "object_id"))


def test_given_up_notice_keeps_its_phone_and_goes_out_once(settings, chief):
    notice = given_up("late:1", settings)
    assert (notice.state, notice.phone()) == (State.FAILED, PHONE)
    assert workflow.resend([notice], by=chief, at=next_noon()) == Resent(put_back=1)
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.unique_key) == (State.PENDING, 0, "late:1")
    assert workflow.deliver_due(next_noon()) == (1, 1)
    assert [(phone, key) for phone, _text, key in backends.sent] == [(PHONE, "late:1")]
    notice.refresh_from_db()
    assert (notice.state, notice.sealed_phone) == (State.SENT, "")


def test_second_tap_adds_nothing(settings, chief):
    notice = given_up("k", settings)
    stale = Notice.objects.get(pk=notice.pk)
    assert workflow.resend([notice], by=chief, at=next_noon()) == Resent(put_back=1)
    # The page of the second tap was loaded before the first.
    assert workflow.resend([stale], by=chief, at=next_noon()) == Resent(left_alone=1)
    workflow.deliver_due(next_noon())
    assert workflow.resend([stale], by=chief, at=next_noon()) == Resent(left_alone=1)
    assert len(backends.sent) == 1
    assert entries() == [("chief", "notices.notice", str(notice.pk))]


@pytest.mark.parametrize("state", [State.PENDING, State.SENT, State.VOID, State.SUPERSEDED])
def test_only_failed_ones_are_touched(chief, state):
    notice = make_notice("k")
    Notice.objects.update(state=state, sealed_phone="")
    notice.refresh_from_db()
    assert workflow.resend([notice], by=chief) == Resent(left_alone=1)
    notice.refresh_from_db()
    assert (notice.state, entries()) == (state, [])


def test_number_that_is_gone_is_said(chief):
    deleted, broken = failed("deleted"), failed("broken")
    nobody = failed("nobody", to=make_user("nobody"), channel="sms")
    deleted.sealed_phone, broken.sealed_phone = "", broken.sealed_phone[:-4] + "AAAA"
    assert workflow.resend([deleted, broken, nobody], by=chief) == Resent(without_phone=3)
    assert Notice.objects.failed().count() == 3
    assert entries() == []


def test_person_who_has_a_phone_by_now_gets_it(chief):
    person = make_user("clerk")
    notice = failed("k", to=person, channel="sms")
    person.phone = "+8610000000001"
    person.save()
    assert workflow.resend([Notice.objects.get(pk=notice.pk)], by=chief) == Resent(put_back=1)


def test_same_notices_make_the_same_digest_again(settings, chief):
    """The provider took the digest and the answer was lost: it can drop the second one."""
    settings.SMS_BACKEND = "notices.tests.backends.Moody"
    backends.Moody.asked.clear()
    for i in range(4):
        make_notice(f"k{i}")
    workflow.deliver_due(next_noon())
    Notice.objects.update(state=State.FAILED)
    workflow.resend(Notice.objects.failed(), by=chief, at=next_noon())
    workflow.deliver_due(next_noon())
    assert [key for _phone, _text, key in backends.sent] == list(backends.Moody.asked)


def test_so_many_at_once_and_the_rest_later(chief, monkeypatch):
    monkeypatch.setattr(resending, "RESENT_AT_ONCE", 2)
    # Those that cannot be sent do not stand in the others' way.
    for i in range(3):
        failed(f"nobody{i}", to=make_user(f"nobody{i}"), channel="sms")
    for i in range(3):
        failed(f"k{i}")
    result = workflow.resend(Notice.objects.failed().order_by("pk"), by=chief)
    assert (result, result.looked_at) == (Resent(put_back=2, without_phone=3), 5)
    assert Notice.objects.failed().filter(unique_key="k2").exists()
    assert len(entries()) == 2


def test_resend_nudges_once(chief, django_capture_on_commit_callbacks):
    notices = [failed(f"k{i}", to=chief) for i in range(3)]
    with django_capture_on_commit_callbacks() as callbacks:
        workflow.resend(notices, by=chief)
    assert [callback.__name__ for callback in callbacks] == ["nudge"]
    with django_capture_on_commit_callbacks() as callbacks:
        workflow.resend(notices, by=chief)
    assert callbacks == []


def test_trail_holds_no_number(chief):
    workflow.resend([failed("k")], by=chief)
    entry = AuditEntry.objects.get(verb="resend_notice")
    assert entry.detail == {"key": "k", "attempts": 8}


@pytest.mark.django_db(transaction=True)
def test_rival_taps_put_it_back_once(chief):
    """Tried without the state in the update's condition: several entries, several deliveries."""
    notice = failed("k")
    outcomes = run_rivals(lambda i: workflow.resend([notice], by=chief, at=next_noon()), 12)
    assert sorted(outcomes, key=repr) == [Resent(left_alone=1)] * 11 + [Resent(put_back=1)]
    workflow.deliver_due(next_noon())
    assert len(backends.sent) == len(entries()) == 1
