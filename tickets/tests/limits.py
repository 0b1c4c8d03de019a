"""What tests of time limits share: limits in hours round the clock, and those for everything."""

from dataclasses import replace

from tickets import workflow
from tickets.catalogue import categories
from tickets.choices import ClockMode, LimitUnit, Stage
from tickets.tests.factories import make_policy

HOUR = 3600
WALL, BUSINESS = ClockMode.WALL, ClockMode.BUSINESS
SECONDS, DAYS = LimitUnit.SECONDS, LimitUnit.WORKING_DAYS


def publish(stage=Stage.RESOLVE, hours=48, *, by="test", **more):
    """Put so many hours round the clock in force."""
    terms = {"mode": WALL, "amount": hours * HOUR, "unit": SECONDS} | more
    return workflow.publish_policy(stage=stage, by=by, **terms)


def facts_of(category, **more):
    return replace(categories[category.pk], **more)


def make_widest():
    """Return the limits for everything else, as the district's data publishes them."""
    return [
        make_policy(Stage.RESOLVE, WALL, 240 * HOUR, SECONDS),
        make_policy(Stage.CONFIRM, WALL, 168 * HOUR, SECONDS),
    ]
