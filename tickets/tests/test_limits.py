"""Time limits: which one counts, in words, publishing and withdrawing."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from common.errors import AlreadyDone, RuleViolation
from common.models import AuditEntry
from common.tests.factories import run_rivals
from tickets import policies, workflow
from tickets.choices import Stage
from tickets.models import Policy
from tickets.tests.factories import make_category
from tickets.tests.limits import (
    BUSINESS,
    DAYS,
    HOUR,
    SECONDS,
    WALL,
    facts_of,
    make_widest,
    publish,
)
from tickets.workflow import limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def power(cast):
    return make_category(cast.power, is_immediate=True, priority="high")


@pytest.fixture
def widest(cast):
    return make_widest()


# --- Which one counts ----------------------------------------------------------------------


def test_the_narrower_limit_counts_and_its_end_gives_way_to_the_wider(power):
    keys = [
        {},
        {"priority": "high"},
        {"category": power.parent},
        {"category": power.parent, "priority": "high"},
        {"category": power},
        {"category": power, "priority": "high"},
    ]
    Policy.objects.filter(category=power, stage=Stage.RESOLVE).update(until=timezone.now())
    rows = []
    for hours, key in enumerate(keys, 1):
        rows.append(publish(hours=hours, **key))
        assert policies.limit_of(Stage.RESOLVE, facts_of(power))["policy"] == rows[-1].pk
    while len(rows) > 1:
        workflow.withdraw_policy(rows.pop(), by="test")
        assert policies.limit_of(Stage.RESOLVE, facts_of(power))["policy"] == rows[-1].pk


def test_a_limit_of_another_category_priority_or_stage_does_not_count(power, widest):
    other = make_category()
    publish(hours=1, category=other)
    publish(hours=2, priority="low")
    publish(Stage.CONTACT, hours=3, category=power)
    assert policies.limit_of(Stage.RESOLVE, facts_of(power))["amount"] == 24 * HOUR
    assert policies.limit_of(Stage.CONTACT, facts_of(power))["amount"] == 3 * HOUR
    assert policies.limit_of(Stage.CONTACT, facts_of(other)) is None
    assert policies.limit_of(Stage.RESOLVE, facts_of(other, priority="low"))["amount"] == HOUR


def test_a_new_matter_is_promised_every_stage_but_the_residents_word(power, widest):
    publish(Stage.WORD, hours=72)
    assert {stage: row["amount"] for stage, row in policies.limits_of(facts_of(power)).items()} == {
        "resolve": 24 * HOUR,
        "word": 72 * HOUR,
    }


def test_fitting_limits_stand_in_the_order_in_which_they_count(power, widest):
    publish(hours=5, category=power.parent)
    publish(hours=6, category=power, priority="high")
    publish(hours=7, category=power, priority="low")
    publish(hours=8, category=make_category(code="9955"))
    found = policies.fitting(facts_of(power))
    assert list(found) == list(Stage)
    assert [row.amount // HOUR for row in found[Stage.RESOLVE]] == [6, 24, 5, 240]
    assert found[Stage.ACCEPT] == []
    for stage in policies.FROM_THE_START:
        counting = policies.limit_of(stage, facts_of(power))
        assert (counting and counting["policy"]) == next((row.pk for row in found[stage]), None)


# --- In words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ((WALL, 24 * HOUR, SECONDS), "24 hours round the clock"),
        ((WALL, HOUR, SECONDS), "1 hour round the clock"),
        ((WALL, 1800, SECONDS), "30 minutes round the clock"),
        ((WALL, 168 * HOUR, SECONDS), "7 days round the clock"),
        ((BUSINESS, 8 * HOUR, SECONDS), "8 working hours"),
        ((BUSINESS, 5400, SECONDS), "90 working minutes"),
        ((BUSINESS, 5, DAYS), "5 working days"),
        ((BUSINESS, 1, DAYS), "1 working day"),
    ],
)
def test_a_limit_is_said_as_people_say_it(terms, said):
    with override("en"):
        assert policies.in_words(*terms) == said


@pytest.mark.parametrize(
    ("typed", "unit", "amount"),
    [
        ("24", SECONDS, 24 * HOUR),
        (" ２４ ", SECONDS, 24 * HOUR),
        ("0.5", SECONDS, 1800),
        ("0.8333", SECONDS, 3000),
        (24.0, SECONDS, 24 * HOUR),
        ("5", DAYS, 5),
        (5.0, DAYS, 5),
    ],
)
def test_what_people_write_is_read(typed, unit, amount):
    assert policies.amount_of(typed, unit) == amount


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("", SECONDS), ("five", DAYS), ("-5", DAYS), ("2.5", DAYS), ("1e9", SECONDS), ("5 d", DAYS),
     ("٢٤", SECONDS), ("nan", SECONDS), (None, DAYS), ("1" * 40, SECONDS)],
)  # fmt: skip
def test_what_is_no_limit_is_refused_in_words(typed, unit):
    with pytest.raises(RuleViolation) as refusal:
        policies.amount_of(typed, unit)
    assert refusal.value.field == "amount"


# --- Publishing and withdrawing ------------------------------------------------------------


def test_publishing_ends_the_limit_before_and_keeps_it(cast, power):
    before = Policy.objects.get(category=power, stage=Stage.RESOLVE)
    revision = limits.limits_revision()
    policy = publish(category=power, by=cast.admin, note="  区里定的\n第3号 ")
    ended = Policy.objects.get(pk=before.pk)
    assert (ended.amount, ended.until) == (24 * HOUR, policy.since)
    assert (policy.until, policy.published_by, policy.note) == (None, "admin", "区里定的 第3号")
    assert limits.limits_revision() == revision + 1
    entry = AuditEntry.objects.get(verb="publish_policy")
    assert (entry.who_id, entry.object_id) == (cast.admin.pk, str(policy.pk))
    assert entry.detail == {
        "stage": "resolve",
        "category": power.code,
        "priority": "",
        "mode": "wall",
        "amount": 48 * HOUR,
        "unit": "seconds",
    }


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 59}, "amount"),
        ({"amount": -HOUR}, "amount"),
        ({"amount": 180 * 86_400 + 1}, "amount"),
        ({"amount": 24.0}, "amount"),
        ({"amount": "24"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": True}, "amount"),
        ({"mode": BUSINESS, "unit": DAYS, "amount": 121}, "amount"),
        ({"mode": BUSINESS, "unit": DAYS, "amount": 0}, "amount"),
        ({"unit": DAYS, "amount": 5}, "unit"),
        ({"unit": "weeks"}, "unit"),
        ({"mode": "moon"}, "mode"),
        ({"stage": "never"}, "stage"),
        ({"priority": "very"}, "priority"),
        ({"priority": None}, "priority"),
        ({"note": "长" * 201}, None),
    ],
)
def test_a_limit_that_is_none_is_refused_and_nothing_changes(power, more, field):
    before = (list(Policy.objects.values()), limits.limits_revision(), AuditEntry.objects.count())
    with pytest.raises(RuleViolation) as refusal:
        publish(**{"category": power} | more)
    assert refusal.value.field == field
    assert str(refusal.value)
    after = (list(Policy.objects.values()), limits.limits_revision(), AuditEntry.objects.count())
    assert after == before


def test_the_same_limit_again_is_news_and_no_version(power):
    before = (Policy.objects.count(), limits.limits_revision())
    with pytest.raises(AlreadyDone):
        publish(category=power, hours=24, note="又一次")
    assert (Policy.objects.count(), limits.limits_revision()) == before


def test_the_widest_limit_cannot_be_withdrawn(widest):
    for policy in widest:
        with pytest.raises(RuleViolation):
            workflow.withdraw_policy(policy, by="test")
    assert Policy.objects.in_force().count() == 2


def test_a_limit_is_withdrawn_once(cast, power, widest):
    policy = Policy.objects.get(category=power, stage=Stage.RESOLVE)
    workflow.withdraw_policy(policy, by=cast.admin)
    with pytest.raises(AlreadyDone):
        workflow.withdraw_policy(policy, by=cast.admin)
    assert policies.limit_of(Stage.RESOLVE, facts_of(power))["policy"] == widest[0].pk
    assert AuditEntry.objects.filter(verb="withdraw_policy").count() == 1


def test_no_matter_is_left_without_an_end(power):
    """Without a limit for everything the category's own one must stay."""
    for stage in (Stage.RESOLVE, Stage.CONFIRM):
        policy = Policy.objects.get(category=power, stage=stage)
        with pytest.raises(RuleViolation):
            workflow.withdraw_policy(policy, by="test")
    contact = publish(Stage.CONTACT, category=power)
    workflow.withdraw_policy(contact, by="test")
    assert policies.limit_of(Stage.CONTACT, facts_of(power)) is None


# --- Rivals --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False])
def test_of_eight_publishers_at_once_one_limit_is_in_force(cast, is_first):
    """Each limit ends when the next one begins.

    Tried with the queue behind the writing, on PostgreSQL: seven meet the unique key.
    """
    category = make_category()
    stage = Stage.CONTACT if is_first else Stage.RESOLVE
    found = run_rivals(lambda i: publish(stage, hours=30 + i, category=category), 8)
    assert [each for each in found if isinstance(each, Exception)] == []
    rows = list(Policy.objects.filter(category=category, stage=stage).order_by("since", "pk"))
    assert len(rows) == (8 if is_first else 9)
    assert [row.until for row in rows] == [row.since for row in rows[1:]] + [None]
    assert policies.limit_of(stage, facts_of(category))["policy"] == rows[-1].pk
