"""Two secretaries at once: one decision, one item, one promise; the slower one reads why."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import AlreadyDone, RuleViolation
from common.tests.factories import run_rivals
from receptions.models import AgendaItem, Commitment
from receptions.tests.factories_agenda import make_commitment, make_day, make_item, make_matter
from receptions.workflow import agenda, second_look
from receptions.workflow.decisions import decide
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
RIVALS = 20


def told_apart(outcomes):
    for each in outcomes:
        if isinstance(each, Exception) and not isinstance(each, RuleViolation):
            raise each
    return Counter(type(o) if isinstance(o, Exception) else "done" for o in outcomes)


def test_one_item_is_decided_once(cast):
    """Tried without the lock of the mover: several decisions, several promises."""
    item = agenda.schedule(
        make_item(cast), session=make_day(cast, starts_in=0), by=cast.district_secretary
    )
    promise = {"lead": cast.power, "due_on": timezone.localdate() + timedelta(days=3)}

    def one(number):
        by = (cast.district_secretary, cast.dispatcher)[number % 2]
        promises = [{"text": f"换{number}", **promise}]
        return decide(item, by=by, decision=f"定{number}", promises=promises)

    assert told_apart(run_rivals(one, RIVALS)) == {"done": 1, AlreadyDone: RIVALS - 1}
    assert (Commitment.objects.count(), item.events.filter(verb="decide").count()) == (1, 1)


def test_one_matter_is_proposed_once(cast):
    """Tried without the constraint: twenty items."""
    ticket = make_matter(cast)
    found = run_rivals(lambda _n: make_item(cast, ticket=ticket).pk, RIVALS)
    assert (set(found), AgendaItem.objects.count()) == ({AgendaItem.objects.get().pk}, 1)


def test_the_same_promise_twenty_times_is_one(cast):
    item = make_item(cast)
    found = run_rivals(lambda _n: make_commitment(cast, item).pk, RIVALS)
    assert (len(set(found)), Ticket.objects.count()) == (1, 1)


def test_a_day_has_every_place_once(cast):
    day, items = make_day(cast), [make_item(cast) for _each in range(RIVALS)]

    def one(number):
        return agenda.schedule(items[number], session=day, by=cast.district_secretary)

    assert told_apart(run_rivals(one, RIVALS)) == {"done": RIVALS}
    places = day.items.order_by("position").values_list("position", flat=True)
    assert list(places) == [*range(1, RIVALS + 1)]


def test_yes_and_no_at_once_are_one_answer(cast):
    row = second_look.report_done(make_commitment(cast), by=cast.specialist, result="好了")

    def one(number):
        by = (cast.secretary, cast.street_secretary)[number % 2]
        return second_look.record_answer(row, by=by, kept=True)

    assert told_apart(run_rivals(one, RIVALS)) == {"done": 1, AlreadyDone: RIVALS - 1}
    assert row.attempts.count() == 1
