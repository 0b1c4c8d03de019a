"""Two at once: a silence is passed up once, a whistle is blown once, an answer is given once.

Each docstring says what was taken out of the code to see the test fail.
"""

from collections import Counter
from datetime import timedelta

import pytest

from common.errors import AlreadyDone, RuleViolation
from common.tests.factories import run_rivals
from notices.models import Notice
from receptions.choices import EventVerb, WhistleKind
from receptions.models import Summons, Whistle
from receptions.tests.factories_whistles import blown, called, draft
from receptions.workflow import summonses, whistles
from worktime.tests.factories import make_calendar

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

CONNECTIONS = 20


def told_apart(outcomes):
    """Count results as "done" and refusals by their class; any other error is raised again."""
    for each in outcomes:
        if isinstance(each, Exception) and not isinstance(each, RuleViolation):
            raise each
    return Counter(type(o) if isinstance(o, Exception) else "done" for o in outcomes)


@pytest.fixture(autouse=True)
def calendar(db):
    make_calendar()


def test_many_sweepers_pass_a_silence_up_once(cast):
    """Fails without the lock of the rows: the history then tells of one step several times."""
    due = called(blown(cast, kind=WhistleKind.TOUGH), cast.power).answer_by
    at = due + timedelta(days=1)
    counts = run_rivals(lambda i: summonses.climb(at), CONNECTIONS)
    assert sum(counts) == 2
    silent = Notice.objects.filter(kind="summons_silent")
    assert silent.filter(recipient=cast.leader).count() == 1
    whistle = Whistle.objects.get()
    assert whistle.events.filter(verb=EventVerb.CLIMB).count() == 2


def test_many_who_blow_call_once(cast):
    """Fails without the lock in the mover: departments are then called by each."""
    whistle = draft(cast)
    found = run_rivals(lambda i: whistles.blow(whistle, by=cast.secretary), CONNECTIONS)
    assert told_apart(found) == {"done": 1, AlreadyDone: CONNECTIONS - 1}
    assert Summons.objects.count() == 2


def test_many_who_write_leave_one_whistle(cast):
    """Fails without the ticket's lock: the second insert then breaks on the constraint."""
    ticket = draft(cast).ticket
    whistles.withdraw(Whistle.objects.get(), by=cast.secretary)
    found = run_rivals(lambda i: draft(cast, ticket=ticket), CONNECTIONS)
    assert told_apart(found) == {"done": 1, AlreadyDone: CONNECTIONS - 1}


def test_the_end_of_the_meeting_and_arrivals_wait_for_each_other(cast):
    """Fails with FOR UPDATE in the mover: an arrival's event then waits for the whistle's row."""
    whistle = blown(cast)
    power = called(whistle, cast.power)

    def act(number):
        if number == 0:
            return whistles.resolve(whistle, by=cast.secretary, minutes="修好了")
        return summonses.arrive(power, by=cast.specialist)

    found = run_rivals(act, CONNECTIONS)
    assert told_apart(found)["done"] in (1, 2)
    assert Summons.objects.filter(next_check_at__isnull=False).count() == 0
