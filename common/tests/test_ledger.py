"""Booking money: once for a key, taken back by an opposite entry, never changed."""

from itertools import count

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse as address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import guards
from common.errors import AlreadyDone, RuleViolation
from common.models import AppendOnly, LedgerEntry
from common.tests.factories import run_rivals
from common.workflow import KeyConflict, post, reverse

pytestmark = pytest.mark.django_db
TABLE = "common_ledgerentry"
_numbers = count(1)
ACCOUNT = "fund:370703001001000:2026"


def make_user(**fields):
    return get_user_model().objects.create(username=f"keeper-{next(_numbers)}", **fields)


def rows():
    return list(LedgerEntry.objects.values_list("account", "amount_fen", "key", "reverses_id"))


def balance():
    return LedgerEntry.objects.balance(ACCOUNT)


def test_an_entry_says_what_was_booked_and_by_whom():
    by = make_user()
    entry = post(ACCOUNT, -200_000, "advance", "request:1", by=by, text="修屋顶")
    assert rows() == [(ACCOUNT, -200_000, "request:1", None)]
    assert (entry.by_id, entry.text, entry.cause) == (by.pk, "修屋顶", "advance")
    assert entry.at


def test_the_same_key_is_booked_once_whoever_sends_it():
    first = post(ACCOUNT, -200_000, "advance", "request:1", by=make_user())
    again = post(ACCOUNT, -200_000, "advance", "request:1", by=make_user())
    assert again == first
    assert len(rows()) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"account": "fund:elsewhere"},
        {"amount_fen": -200_001},
        {"cause": "repay"},
        {"text": "别的"},
    ],
)
def test_other_content_under_the_key_is_refused(other):
    said = {"account": ACCOUNT, "amount_fen": -200_000, "cause": "advance", "text": "修屋顶"}
    post(**said, key="request:1")
    with pytest.raises(KeyConflict):
        post(**said | other, key="request:1")
    assert len(rows()) == 1


def test_nothing_is_not_booked():
    with pytest.raises(RuleViolation):
        post(ACCOUNT, 0, "advance", "request:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            account=ACCOUNT, amount_fen=0, cause="x", key="x", at="2026-03-10T00:00Z"
        )
    assert rows() == []


def test_a_mistake_is_taken_back_once():
    entry = post(ACCOUNT, -200_000, "advance", "request:1")
    back = reverse(entry, by=None, key="request:1:back", text="多打了一个零")
    assert (back.amount_fen, back.reverses, back.cause) == (200_000, entry, "advance")
    assert balance() == 0
    assert reverse(entry, by=None, key="request:1:back", text="多打了一个零") == back
    with pytest.raises(AlreadyDone):
        reverse(entry, by=None, key="another")
    with pytest.raises(RuleViolation):
        reverse(back, by=None, key="back again")
    assert len(rows()) == 2


def test_entries_are_never_changed_or_deleted():
    entry = post(ACCOUNT, 5, "advance", "request:1")
    for act in (
        entry.save,
        entry.delete,
        LedgerEntry.objects.all().delete,
        lambda: LedgerEntry.objects.update(amount_fen=6),
    ):
        with pytest.raises(AppendOnly):
            act()
    assert balance() == 5


@pytest.mark.parametrize("sql", ["UPDATE {} SET amount_fen = 6", "DELETE FROM {}"])
def test_the_database_refuses_planted_changes(sql):
    guards.keep_append_only(connection, TABLE)
    post(ACCOUNT, 5, "advance", "request:1")
    with (
        pytest.raises(DatabaseError, match=guards.REFUSAL),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(TABLE))
    assert balance() == 5
    guards.lift(connection, TABLE)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(TABLE))
    assert balance() != 5


def test_an_entry_goes_with_its_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post(ACCOUNT, 5, "advance", "request:1")
        1 / 0  # noqa: B018
    assert rows() == []


# --- properties

AMOUNTS = st.integers(-(10**12), 10**12).filter(bool)
# (amount, how often it is sent, whether it is taken back afterwards)
STORIES = st.lists(st.tuples(AMOUNTS, st.integers(1, 3), st.booleans()), max_size=8)


@given(STORIES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_balance_is_the_sum_of_what_stands(story):
    with transaction.atomic():
        for number, (amount, sent, is_taken_back) in enumerate(story):
            entries = {post(ACCOUNT, amount, "x", f"key:{number}") for _ in range(sent)}
            assert len(entries) == 1
            if is_taken_back:
                before = balance()
                [entry] = entries
                backs = {reverse(entry, by=None, key=f"back:{number}") for _ in range(sent)}
                assert len(backs) == 1
                assert balance() == before - amount
        assert balance() == sum(
            amount for amount, _sent, is_taken_back in story if not is_taken_back
        )
        assert balance() == sum(amount for _account, amount, _key, _of in rows())
        assert LedgerEntry.objects.count() == sum(1 + back for _amount, _sent, back in story)
        transaction.set_rollback(True)


# --- rivals


@pytest.mark.django_db(transaction=True)
def test_one_cause_booked_by_twenty_at_once_is_one_entry():
    outcomes = run_rivals(lambda i: post(ACCOUNT, -200_000, "advance", "request:1").pk, 20)
    assert len(set(outcomes)) == 1
    assert balance() == -200_000


@pytest.mark.django_db(transaction=True)
def test_one_mistake_is_taken_back_by_one_of_twenty():
    entry = post(ACCOUNT, -200_000, "advance", "request:1")
    outcomes = run_rivals(lambda i: reverse(entry, by=None, key=f"back:{i}"), 20)
    kinds = sorted(type(each).__name__ for each in outcomes)
    assert kinds == ["AlreadyDone"] * 19 + ["LedgerEntry"]
    assert balance() == 0


# --- in the admin


def test_the_admin_reads_the_ledger_and_no_more(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    entry = post(ACCOUNT, 5, "advance", "request:1")
    page = client.get(address("admin:common_ledgerentry_changelist"))
    assert ACCOUNT in page.content.decode()
    change = address("admin:common_ledgerentry_change", args=[entry.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"amount_fen": 6}).status_code == 403
    assert client.get(address("admin:common_ledgerentry_add")).status_code == 403
    delete = address("admin:common_ledgerentry_delete", args=[entry.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert balance() == 5
