"""Each step of routing by its name, and that it is never nobody."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from accounts.models import Leave, Posting, User
from accounts.tests.factories import make_organisation, make_posting, make_user
from common.errors import RuleViolation
from grids.tests.factories import make_grid
from specialists.choices import STEPS, Handler, RoutingReason, RoutingStep, StepOutcome
from specialists.models import Assignment
from specialists.routing import explain, route
from specialists.tests.factories import make_contact, make_own_specialist

DAY = date(2026, 3, 10)


def away(user, substitute=None):
    for posting in user.postings.all():
        Leave.objects.create(posting=posting, first_day=DAY, last_day=DAY, substitute=substitute)


def take(cast, **options):
    options = {"department": cast.power, "grid": cast.subarea, "at": DAY} | options
    return route(**options)


def outcome(found):
    return found.reason, found.holder


def test_contact_of_the_nearest_grid_wins(cast):
    make_contact(cast.power, cast.street)
    make_contact(cast.power, cast.district)
    found = take(cast)
    assert outcome(found) == ("contact", cast.specialist)
    assert found.organisation == cast.power
    assert found.posting == cast.contact.posting
    assert found.is_below_street
    assert [(step.step, step.outcome) for step in found.steps] == [("contact", "taken")]
    assert found.explanation() == (
        RoutingReason.CONTACT.label % {"organisation": "区供电公司", "grid": "锦绣社区"}
    )


def test_contact_of_the_street_answers_where_nobody_is_nearer(cast):
    contact = make_contact(cast.power, cast.street)
    found = take(cast, grid=cast.neighbour_subarea)
    assert outcome(found) == ("contact", contact.posting.user)
    assert found.grid == cast.street


def test_contact_of_another_department_is_not_asked(cast):
    assert take(cast, department=cast.housing).reason == "own_specialist"


def test_contact_on_leave_hands_to_the_substitute(cast):
    stand_in = make_user("替班人")
    away(cast.specialist, stand_in)
    found = take(cast)
    assert outcome(found) == ("contact_substitute", stand_in)
    assert found.is_substitute
    assert found.organisation == cast.power
    assert "替班人" in found.explanation()


def test_contact_away_for_good_leaves_it_to_the_next_contact_upward(cast):
    upper = make_contact(cast.power, cast.street)
    away(cast.specialist)
    found = take(cast)
    assert outcome(found) == ("contact", upper.posting.user)
    assert [step.outcome for step in found.steps] == [StepOutcome.ABSENT, StepOutcome.TAKEN]


def test_own_specialist_where_no_contact_is_named(cast):
    found = take(cast, department=cast.housing)
    assert outcome(found) == ("own_specialist", cast.own_specialist)
    assert found.organisation == cast.housing
    assert found.reason_params["missing"] == "区住建局"
    assert "区住建局" in found.explanation()
    assert [step.outcome for step in found.steps] == [StepOutcome.NOBODY, StepOutcome.TAKEN]


def test_own_specialist_on_leave_hands_to_the_substitute(cast):
    stand_in = make_user()
    away(cast.own_specialist, stand_in)
    found = take(cast, department=cast.housing)
    assert outcome(found) == ("own_specialist_substitute", stand_in)


def test_street_dispatcher_where_both_specialists_are_missing(cast):
    found = take(cast, grid=cast.neighbour_subarea)
    assert outcome(found) == ("street_dispatcher", cast.street_dispatcher)
    assert not found.is_below_street
    assert found.organisation is None
    assert found.department == cast.power


def test_street_dispatcher_where_both_specialists_are_away(cast):
    away(cast.specialist)
    away(cast.own_specialist)
    found = take(cast)
    assert outcome(found) == ("street_dispatcher", cast.street_dispatcher)
    assert [step.outcome for step in found.steps] == ["absent", "absent", "taken"]


@pytest.mark.parametrize(
    ("gone", "reason", "holder"),
    [
        (["street_dispatcher"], "street_secretary", "street_secretary"),
        (["street_dispatcher", "street_secretary"], "district_dispatcher", "dispatcher"),
        (
            ["street_dispatcher", "street_secretary", "dispatcher"],
            "district_secretary",
            "district_secretary",
        ),
    ],
)
def test_street_then_district(cast, gone, reason, holder):
    for name in gone:
        away(getattr(cast, name))
    found = take(cast, department=None, handler=Handler.STREET)
    assert outcome(found) == (reason, getattr(cast, holder))
    assert [step.outcome for step in found.steps] == ["absent"] * len(gone) + ["taken"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("street_dispatcher", "street_dispatcher_substitute"),
        ("street_secretary", "street_secretary_substitute"),
        ("dispatcher", "district_dispatcher_substitute"),
        ("district_secretary", "district_secretary_substitute"),
    ],
)
def test_each_post_above_has_its_substitute(cast, name, reason):
    order = ["street_dispatcher", "street_secretary", "dispatcher", "district_secretary"]
    for other in order[: order.index(name)]:
        away(getattr(cast, other))
    stand_in = make_user()
    away(getattr(cast, name), stand_in)
    assert outcome(take(cast, department=None, handler=Handler.STREET)) == (reason, stand_in)


def test_other_district_before_somebody_on_leave(cast):
    other = make_grid(name="经济区")
    helper = make_user(role="dispatcher", grid=other)
    for name in ("street_dispatcher", "street_secretary", "dispatcher", "district_secretary"):
        away(getattr(cast, name))
    found = take(cast, department=None, handler=Handler.STREET)
    assert outcome(found) == ("other_district", helper)
    stand_in = make_user()
    away(helper, stand_in)
    found = take(cast, department=None, handler=Handler.STREET)
    assert outcome(found) == ("other_district_substitute", stand_in)


def test_everybody_on_leave_still_leaves_it_with_somebody(cast):
    for user in cast.people.values():
        away(user)
    found = take(cast)
    assert outcome(found) == ("last_resort", cast.dispatcher)
    assert found.steps[-1].step == RoutingStep.LAST_RESORT


def test_nobody_only_where_the_district_has_nobody(cast):
    Posting.objects.all().delete()
    with pytest.raises(RuleViolation) as refusal:
        take(cast)
    assert refusal.value.code == "nobody"


def test_property_goes_first_to_the_steward_of_the_estate(cast):
    found = take(cast, department=None, handler=Handler.PROPERTY)
    assert outcome(found) == ("steward", cast.steward)
    assert found.organisation == cast.property
    assert found.is_below_street


def test_property_steward_on_leave_hands_to_the_substitute(cast):
    stand_in = make_user()
    away(cast.steward, stand_in)
    found = take(cast, department=None, handler=Handler.PROPERTY)
    assert outcome(found) == ("steward_substitute", stand_in)


def test_property_without_company_goes_to_department_then_up(cast):
    away(cast.steward)
    assert take(cast, handler=Handler.PROPERTY).reason == "contact"
    assert take(cast, handler=Handler.PROPERTY, department=None).reason == "own_specialist"
    found = take(cast, handler=Handler.PROPERTY, department=None, grid=cast.neighbour_village)
    assert found.reason == "street_dispatcher"


def test_community_matter_goes_to_its_secretary(cast):
    found = take(cast, department=None, handler=Handler.COMMUNITY)
    assert outcome(found) == ("community_secretary", cast.secretary)


def test_community_secretary_on_leave(cast):
    stand_in = make_user()
    away(cast.secretary, stand_in)
    found = take(cast, department=None, handler=Handler.COMMUNITY)
    assert outcome(found) == ("community_secretary_substitute", stand_in)


def test_community_without_secretary_goes_to_the_nearest_head(cast):
    away(cast.secretary)
    found = take(cast, department=None, handler=Handler.COMMUNITY)
    assert outcome(found) == ("grid_head", cast.head)
    stand_in = make_user()
    away(cast.head, stand_in)
    found = take(cast, department=None, handler=Handler.COMMUNITY)
    assert outcome(found) == ("grid_head_substitute", stand_in)


def test_community_without_any_head_goes_to_its_own_specialist(cast):
    for user in (cast.secretary, cast.head, cast.village_head):
        away(user)
    found = take(cast, department=None, handler=Handler.COMMUNITY)
    assert outcome(found) == ("own_specialist", cast.own_specialist)
    assert "missing" not in found.reason_params or not found.reason_params["missing"]


def test_route_of_a_street_or_district(cast):
    assert take(cast, grid=cast.street).reason == "street_dispatcher"
    assert take(cast, grid=cast.district).reason == "district_dispatcher"


def test_route_follows_the_day(cast):
    away(cast.specialist)
    assert take(cast).reason == "own_specialist"
    assert take(cast, at=DAY + timedelta(days=1)).reason == "contact"
    Assignment.objects.update(valid_to=DAY)
    assert take(cast, at=DAY + timedelta(days=1)).reason == "street_dispatcher"


def test_closed_accounts_and_organisations_are_passed_over(cast):
    User.objects.filter(pk=cast.specialist.pk).update(is_active=False)
    assert take(cast).reason == "own_specialist"
    cast.housing.is_active = False
    cast.housing.save()
    assert take(cast).reason == "street_dispatcher"


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("place", ["subarea", "community", "district"])
def test_route_takes_four_queries_at_most(cast, rows, place, django_assert_max_num_queries):
    for number in range(rows):
        away(make_contact(cast.power, cast.street).posting.user, make_user(f"替{number}"))
        make_own_specialist(cast.neighbour if number == 0 else make_grid(cast.street))
    away(cast.specialist)
    with django_assert_max_num_queries(4):
        take(cast, grid=getattr(cast, place)).explanation()


def test_every_step_has_a_reason_and_every_reason_a_sentence():
    steps = {step for handler in Handler for step in STEPS[handler]}
    assert steps == set(RoutingStep) - {RoutingStep.LAST_RESORT}
    wanted = {step.value for step in RoutingStep}
    wanted |= {f"{step}_substitute" for step in steps}
    assert set(RoutingReason.values) == wanted
    with translation.override("en"):
        for reason in RoutingReason.values:
            params = {"organisation": "A", "grid": "B", "person": "C"}
            assert "%" not in explain(reason, params)


def test_explain_of_an_unknown_reason_is_empty():
    assert explain("by_magic", {}) == ""


def test_explain_reads_in_the_readers_language(cast):
    found = take(cast)
    with translation.override("en"):
        assert found.explanation() == (
            "This is a matter for 区供电公司; its contact for 锦绣社区 is there."
        )


def test_organisation_without_contacts_anywhere(cast):
    found = take(cast, department=make_organisation("区水利局"), grid=cast.neighbour_subarea)
    assert found.reason == "street_dispatcher"
    assert found.reason_params["missing"] == "区水利局"
    make_posting(cast.outsider, "dispatcher", grid=cast.street)
    assert take(cast, grid=cast.neighbour_subarea).holder == cast.street_dispatcher
