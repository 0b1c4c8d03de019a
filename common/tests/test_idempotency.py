from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.errors import RuleViolation
from common.models import IdempotencyRecord, RateCount, Version
from common.tests.factories import run_rivals
from common.workflow import KeyConflict, once, purge

pytestmark = pytest.mark.django_db
KEY = "4f6c2d1e-0001"


class Filing:
    """A write that counts how often it was really done."""

    def __init__(self):
        self.done = 0

    def __call__(self):
        self.done += 1
        return 201, {"reference": self.done, "tracking_code": "ABCDEFGHJK"}


@pytest.fixture
def filing():
    return Filing()


def test_same_key_and_body_get_the_same_answer(filing):
    first = once("file", KEY, {"a": 1, "b": "停电"}, filing)
    again = once("file", KEY, {"b": "停电", "a": 1}, filing)
    assert (first.status, first.is_repeat, again.status, again.is_repeat) == (201, False, 201, True)
    assert first.data == again.data == {"reference": 1, "tracking_code": "ABCDEFGHJK"}
    assert filing.done == 1


def test_another_body_is_a_conflict(filing):
    once("file", KEY, b"one", filing)
    with pytest.raises(KeyConflict):
        once("file", KEY, b"two", filing)
    assert filing.done == 1


def test_scopes_and_keys_are_apart(filing):
    answers = [
        once(scope, key, "x", filing).data["reference"]
        for scope in ("file", "note")
        for key in (KEY, KEY + "2")
    ]
    assert answers == [1, 2, 3, 4]


def test_stored_answer_is_sealed(filing):
    once("file", KEY, "13812345678", filing)
    stored = IdempotencyRecord.objects.get()
    assert "ABCDEFGHJK" not in stored.sealed_answer
    assert stored.status_code == 201


def test_failure_frees_the_key(filing):
    def fails():
        Version.objects.bump("touched")
        raise RuleViolation("no")

    with pytest.raises(RuleViolation):
        once("file", KEY, "x", fails)
    assert (IdempotencyRecord.objects.count(), Version.objects.current("touched")) == (0, 0)
    assert once("file", KEY, "y", filing).data["reference"] == 1


def test_the_works_own_integrity_error_is_not_swallowed():
    def clashes():
        with transaction.atomic():
            Version.objects.create(name="twice")
            Version.objects.create(name="twice")

    with pytest.raises(IntegrityError):
        once("file", KEY, "x", clashes)


def test_answer_is_forgotten_after_a_day(filing):
    start = timezone.now()
    once("file", KEY, "x", filing, at=start)
    assert once("file", KEY, "x", filing, at=start + timedelta(hours=23, minutes=59)).is_repeat
    assert once("file", KEY, "other", filing, at=start + timedelta(hours=24)).data["reference"] == 2


def test_purge_takes_only_what_is_old(filing):
    now = timezone.now()
    once("file", KEY, "x", filing, at=now - timedelta(hours=25))
    once("file", KEY + "new", "x", filing, at=now)
    RateCount.objects.create(key="old", expires_at=now - timedelta(seconds=1))
    RateCount.objects.create(key="new", expires_at=now + timedelta(seconds=1))
    purge(at=now)
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == [KEY + "new"]
    assert list(RateCount.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 201, "with space", "钥匙钥匙钥匙钥匙", None, "nul\x00nulnul"]
)
def test_unusable_keys_are_refused(key, filing):
    with pytest.raises(RuleViolation) as refused:
        once("file", key, "x", filing)
    assert (refused.value.code, filing.done) == ("key", 0)


def test_odd_bodies_have_a_digest(filing):
    assert once("file", KEY, b"\xff\x00\xfe", filing).is_repeat is False
    assert once("file", KEY, b"\xff\x00\xfe", filing).is_repeat is True


def test_a_first_write_costs_two_statements(filing, django_assert_num_queries):
    with django_assert_num_queries(6):  # two of them data, the rest savepoints
        once("file", KEY, "x", filing)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_rivals_one_works_and_all_get_its_answer():
    def write():
        Version.objects.bump("filed")
        return 201, {"number": Version.objects.current("filed")}

    outcomes = run_rivals(lambda i: once("file", KEY, "x", write), 20)
    assert (
        sorted((o.is_repeat, o.data["number"]) for o in outcomes) == [(False, 1)] + [(True, 1)] * 19
    )
    assert Version.objects.current("filed") == 1
