"""Batches after an outage: whole people, so that nobody gets two digests where one would do."""

from collections import Counter

import pytest

from common.tests.factories import run_rivals
from notices import workflow
from notices.models import Notice
from notices.tests import backends
from notices.tests.factories import make_notice, make_user
from notices.tests.test_workflow import next_noon, provider  # noqa: F401  a fixture
from notices.workflow import Message, delivering

pytestmark = pytest.mark.django_db


def backlog(people, notices):
    """Write that many notices to each of the people, in turns, as an outage leaves them."""
    users = [make_user(f"user{number}") for number in range(people)]
    at = next_noon()
    workflow.enqueue_many(
        Message(unique_key=f"{turn}:{user.pk}", kind="x", title=f"matter {turn}", to=user, at=at)
        for turn in range(notices)
        for user in users
    )
    return users


def digests():
    """Return {user name: how many digests}, and assert that none stands alone."""
    alone = Notice.objects.filter(digest=None, delivered_at__isnull=False, urgent=False)
    assert not alone.exclude(kind="digest").exists()
    rows = Notice.objects.filter(kind="digest").values_list("recipient__username", flat=True)
    return Counter(rows)


def test_batch_ends_between_people_and_not_between_their_notices():
    users = backlog(people=3, notices=5)
    # The first four are one of each and the second of the first person.
    assert workflow.deliver_due(next_noon(), limit=4) == (15, 15)
    assert digests() == {user.username: 1 for user in users}


def test_other_peoples_notices_wait_for_the_next_batch():
    backlog(people=1, notices=6)
    late = make_user("late")
    for i in range(4):
        make_notice(f"late{i}", to=late, at=next_noon())
    assert workflow.deliver_due(next_noon(), limit=5) == (6, 6)
    assert workflow.deliver_due(next_noon(), limit=5) == (4, 4)
    assert digests() == {"user0": 1, "late": 1}


def test_channels_and_phones_are_taken_whole_too():
    for turn in range(4):
        for number in (1, 2):
            phone = f"+861000000{number:04}"
            make_notice(f"{turn}:{number}", phone=phone, channel="sms", body=f"第{turn}件")
    assert workflow.deliver_due(next_noon(), limit=3) == (8, 8)
    assert sorted(phone for phone, _text, _key in backends.sent) == [
        "+8610000000001",
        "+8610000000002",
    ]


def test_what_is_taken_along_has_an_end(monkeypatch):
    monkeypatch.setattr(delivering, "TAKEN_ALONG", 3)
    backlog(people=1, notices=12)
    assert workflow.deliver_due(next_noon(), limit=5) == (8, 8)
    assert workflow.deliver_due(next_noon(), limit=5) == (4, 4)
    assert digests() == {"user0": 2}


def test_what_waits_for_the_morning_is_not_taken_along():
    user = make_user("clerk", phone="+8610000000001")
    for i in range(4):
        make_notice(f"site{i}", to=user)
        make_notice(f"sms{i}", to=user, channel="sms")
    assert workflow.deliver_due(next_noon().replace(hour=23), limit=2) == (4, 4)
    assert backends.sent == []


def test_urgent_ones_do_not_queue_behind_an_outage():
    users = backlog(people=3, notices=5)
    make_notice("urgent", to=users[2], urgent=True, at=next_noon())
    assert workflow.deliver_due(next_noon(), limit=1) == (6, 6)
    assert Notice.objects.get(unique_key="urgent").delivered_at
    assert digests()["user2"] == 1


def test_full_run_after_an_outage():
    users = backlog(people=40, notices=30)
    assert workflow.deliver_all(at=next_noon()) == 1200
    assert not Notice.objects.pending().exists()
    assert digests() == {user.username: 1 for user in users}


@pytest.mark.django_db(transaction=True)
def test_rival_workers_do_not_share_a_person():
    """Tried without the wait for other claims, on PostgreSQL: some people get two digests."""
    users, later = backlog(people=20, notices=6), next_noon()

    def work(i):
        delivered = 0
        while True:
            claimed, sent = workflow.deliver_due(later, limit=12)
            delivered += sent
            if not claimed:
                return delivered

    assert sum(run_rivals(work, 6)) == 120
    assert digests() == {user.username: 1 for user in users}
