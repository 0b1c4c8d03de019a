"""Adds to the tests' world a fund with an advanced and a waiting request, and a night on duty."""

from receptions.choices import RequestStatus
from receptions.tests.factories_fund import YEAR, make_fund, make_request
from receptions.workflow import fund as workflow
from specialists.tests.factories import make_shift


def add(world):
    """Put the fund, its two requests and the shift into the world."""
    cast = world.cast
    world.fund_year = YEAR
    fund = make_fund(cast)
    world.fund_waiting = make_request(cast, fund=fund, purpose="东门道路坑洼，先行填补")
    world.fund_advanced = make_request(cast, fund=fund, upto=RequestStatus.ADVANCED)
    workflow.publish(fund, by=cast.street_secretary)
    make_shift(cast.contact.posting, "17:30", "08:30", phone="05367654321")
    world.advance, world.no_verb = "advance", "sing"
