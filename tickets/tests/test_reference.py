"""The district's categories, organisations and time limits from `data/`, loaded again and again."""

import csv

import pytest
from django.core.management import call_command
from django.db.models import F

from accounts.models import Organisation
from tickets import policies, reference, workflow
from tickets.catalogue import categories
from tickets.choices import ClockMode, LimitUnit, Stage
from tickets.models import Category, Policy
from tickets.reference import FOR_ALL, Loaded, load_reference

pytestmark = pytest.mark.django_db

LEAVES, TOPS, ROLES = 67, 12, 3


def rows_of(name):
    with open(reference.DATA / name, encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def limits_in_force():
    found = Policy.objects.in_force().order_by("pk")
    return list(found.values("pk", "stage", "category", "priority", "mode", "amount", "unit"))


def limit_of(code, stage=Stage.RESOLVE):
    category = Category.objects.get(code=code)
    return Policy.objects.in_force().get(category=category, stage=stage, priority="")


def test_everything_of_the_data_is_loaded():
    organisations, loaded, limits = load_reference()
    assert organisations == Loaded(added=len(rows_of("departments.csv")) - ROLES)
    assert loaded == Loaded(added=LEAVES + TOPS) == Loaded(added=len(rows_of("categories.csv")))
    assert limits == Loaded(added=2 * LEAVES + len(FOR_ALL))
    assert Organisation.objects.count() == organisations.added
    assert Category.objects.filter(parent=None).count() == TOPS
    assert Policy.objects.in_force().count() == limits.added


def test_the_limits_are_those_of_the_table():
    load_reference()
    for row in rows_of("categories.csv"):
        if not row["parent_code"]:
            continue
        hours, is_wall = float(row["resolve_hours"]), row["clock"] == "calendar"
        limit = limit_of(row["code"])
        wanted = (hours * 3600, "seconds") if is_wall else (hours / 8, "working_days")
        assert (limit.amount, limit.unit) == wanted
        contact = limit_of(row["code"], Stage.CONTACT)
        assert (contact.amount, contact.unit) == (float(row["response_hours"]) * 3600, "seconds")
        assert limit.mode == contact.mode == ("wall" if is_wall else "business")


def test_every_leaf_is_promised_every_stage():
    load_reference()
    for facts in categories.all().values():
        if facts.is_leaf:
            assert set(policies.limits_of(facts)) == set(policies.FROM_THE_START)
            assert policies.limit_of(Stage.CONFIRM, facts)["amount"] == 7 * 86_400


def test_loading_again_changes_nothing():
    load_reference()
    before = limits_in_force(), list(Category.objects.order_by("pk").values())
    found = load_reference()
    assert [(each.added, each.changed) for each in found] == [(0, 0)] * 3
    assert (limits_in_force(), list(Category.objects.order_by("pk").values())) == before


def test_hours_that_are_no_whole_days_stay_hours():
    row = {"resolve_hours": "12", "clock": "working"}
    assert reference._resolve_limit(row) == (ClockMode.BUSINESS, 12 * 3600, LimitUnit.SECONDS)


def test_a_limit_that_the_data_says_otherwise_is_replaced_and_kept():
    load_reference()
    policy = limit_of("0102")
    Policy.objects.filter(pk=policy.pk).update(amount=F("amount") * 2)
    found = load_reference()
    assert [(each.added, each.changed) for each in found] == [(0, 0), (0, 0), (0, 1)]
    assert limit_of("0102").amount == policy.amount
    assert Policy.objects.get(pk=policy.pk).until == limit_of("0102").since


def test_what_a_person_published_is_kept():
    load_reference()
    category = Category.objects.get(code="0102")
    terms = {"mode": ClockMode.WALL, "unit": LimitUnit.SECONDS, "amount": 3600}
    own = workflow.publish_policy(stage=Stage.RESOLVE, category=category, by="chief", **terms)
    workflow.publish_policy(stage=Stage.ACCEPT, by="chief", **terms)
    assert load_reference()[2] == Loaded(unchanged=2 * LEAVES + len(FOR_ALL))
    assert limit_of("0102") == own
    assert Policy.objects.in_force().get(stage=Stage.ACCEPT).published_by == "chief"


def test_a_limit_for_one_priority_does_not_stand_in_the_way_of_the_data():
    load_reference()
    category = Category.objects.get(code="0102")
    terms = {"mode": ClockMode.WALL, "unit": LimitUnit.SECONDS, "amount": 3600, "by": "chief"}
    workflow.publish_policy(stage=Stage.RESOLVE, priority="urgent", **terms)
    workflow.publish_policy(stage=Stage.RESOLVE, category=category, priority="low", **terms)
    Policy.objects.filter(pk=limit_of("0102").pk).update(amount=7200)
    assert load_reference()[2].changed == 1
    assert limit_of("0102").amount == 24 * 3600


def test_what_a_person_withdrew_stays_withdrawn():
    load_reference()
    workflow.withdraw_policy(limit_of("0102"), by="chief")
    assert load_reference()[2] == Loaded(unchanged=2 * LEAVES + len(FOR_ALL))
    facts = categories[Category.objects.get(code="0102").pk]
    assert policies.limit_of(Stage.RESOLVE, facts)["unit"] == "working_days"


def test_the_command_says_what_it_did(capsys):
    call_command("load_categories")
    call_command("load_categories")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 6
    assert said[2] == f"time limits: {2 * LEAVES + len(FOR_ALL)} added, 0 changed, 0 unchanged"
    assert said[5] == f"time limits: 0 added, 0 changed, {2 * LEAVES + len(FOR_ALL)} unchanged"
