"""R5: every matter that is heard gets an outcome, each with what it needs and what it does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.choices import Role
from accounts.tests.factories import make_posting, make_user
from common.errors import RuleViolation
from receptions.choices import BookingStatus, Outcome
from receptions.models import AgendaItem, Commitment, Whistle
from receptions.tests.factories_days import book, publish, run
from receptions.workflow import calls, outcomes, sessions
from tickets.choices import Status
from tickets.tests.factories import make_category, make_ticket
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(cast):
    """A matter of the first community on a day that runs."""
    session = publish(cast)
    ticket = make_ticket(cast.village, make_category())
    booked = book(cast, session, 1, ticket=ticket).booking
    run(session)
    return booked


def hear(booking, cast, outcome, **said):
    at = booking.session.starts_at + timedelta(minutes=5)
    said.setdefault("by", cast.secretary)
    return outcomes.hear(booking, outcome=outcome, at=at, **said)


MISSING = [
    (Outcome.SOLVED_ON_SPOT, {}, "words"),
    (Outcome.EXPLAINED, {}, "words"),
    (Outcome.SECRETARY_DAY, {}, "words"),
    (Outcome.NOT_ACCEPTED, {}, "words"),
    (Outcome.PROMISED, {}, "instruction"),
    (Outcome.PROMISED, {"instruction": "换灯"}, "lead"),
    (Outcome.PROMISED, {"instruction": "换灯", "lead": "power"}, "due_on"),
    (Outcome.WHISTLE, {}, "instruction"),
    (Outcome.WHISTLE, {"instruction": "没有执法权"}, "organisations"),
    ("", {}, "outcome"),
    ("unheard_of", {}, "outcome"),
]


@pytest.mark.parametrize(("outcome", "said", "field"), MISSING)
def test_outcome_without_what_it_needs_is_refused_beside_the_field(
    cast, booking, outcome, said, field
):
    if said.get("lead"):
        said = said | {"lead": cast.power}
    with pytest.raises(RuleViolation) as caught:
        hear(booking, cast, outcome, **said)
    assert caught.value.field == field
    booking.refresh_from_db()
    assert booking.status == BookingStatus.HELD


ANSWERS = [
    (Outcome.SOLVED_ON_SPOT, Status.RESOLVED),
    (Outcome.EXPLAINED, Status.RESOLVED),
    (Outcome.NOT_ACCEPTED, Status.REJECTED),
]


@pytest.mark.parametrize(("outcome", "status"), ANSWERS)
def test_answer_in_the_room_answers_the_matter(cast, booking, outcome, status):
    heard = hear(booking, cast, outcome, words="依照物业管理条例第二十条。")
    ticket = type(heard.ticket).objects.get(pk=heard.ticket_id)
    assert (heard.status, heard.outcome, ticket.status) == ("heard", outcome, status)
    assert (heard.queue_number, heard.arrived_at, heard.heard_at) == (
        1,
        heard.heard_at,
        heard.heard_at,
    )


def test_promise_is_a_commitment_with_owner_and_day(cast, booking):
    due_on = timezone.localdate(booking.session.starts_at) + timedelta(days=7)
    hear(booking, cast, Outcome.PROMISED, instruction="一周内换灯", lead=cast.power, due_on=due_on)
    promise = Commitment.objects.get()
    assert (promise.booking, promise.lead, promise.due_on, promise.ticket) == (
        booking,
        cast.power,
        due_on,
        booking.ticket,
    )


def test_past_day_of_a_promise_writes_nothing(cast, booking):
    due_on = timezone.localdate() - timedelta(days=1)
    with pytest.raises(RuleViolation) as caught:
        hear(booking, cast, Outcome.PROMISED, instruction="换灯", lead=cast.power, due_on=due_on)
    assert caught.value.field == "due_on"
    booking.refresh_from_db()
    assert (booking.status, booking.outcome) == ("held", "")


def test_whistle_is_blown_from_the_room(cast, booking):
    make_calendar()
    hear(
        booking,
        cast,
        Outcome.WHISTLE,
        instruction="社区没有执法权",
        organisations=[cast.power],
    )
    whistle = Whistle.objects.get()
    assert (whistle.ticket, whistle.ground, whistle.status) == (
        booking.ticket,
        "社区没有执法权",
        "blown",
    )


def test_secretaries_day_gets_the_matter_once(cast, booking):
    hear(booking, cast, Outcome.SECRETARY_DAY, words="需要街道统筹。")
    item = AgendaItem.objects.get()
    assert (item.ticket, item.booking, item.ground) == (booking.ticket, booking, "community_day")


def test_day_closes_when_all_have_an_outcome(cast, booking):
    hear(booking, cast, Outcome.EXPLAINED, words="讲清楚了")
    assert sessions.close(booking.session, by=cast.secretary).status == "closed"


# --- Roll-call and early calls -------------------------------------------------------------


def test_roll_call_asks_by_a_day_before_and_twice_is_once(cast):
    session = publish(cast)
    for _time in range(2):
        calls.call_roll(session, organisations=[cast.power], by=cast.secretary, note="停电")
    summons = session.summonses.get()
    assert summons.answer_by == session.starts_at - timedelta(hours=24)
    assert (summons.arrive_by, summons.person) == (session.starts_at, cast.specialist)
    with pytest.raises(RuleViolation) as caught:
        calls.call_roll(session, organisations=[], by=cast.secretary)
    assert caught.value.field == "organisations"


def test_called_off_day_lets_nobody_climb(cast):
    session = publish(cast)
    calls.call_roll(session, organisations=[cast.power], by=cast.secretary)
    sessions.cancel(session, by=cast.secretary, reason="停电")
    assert session.summonses.get().next_check_at is None


@pytest.mark.parametrize(("bookings", "called"), [(2, 0), (3, 1)])
def test_three_bookings_on_one_cause_call_its_department_early_once(cast, bookings, called):
    session = publish(cast)
    category = make_category(cast.power)
    for number in range(1, bookings + 1):
        ticket = make_ticket(cast.village, category, description=f"第{number}户停电")
        book(cast, session, number, ticket=ticket)
    at = timezone.now()
    assert calls.call_early(at) == called
    assert calls.call_early(at) == 0
    assert session.summonses.count() == called


@pytest.mark.parametrize(("matters", "called"), [(4, 0), (5, 1)])
def test_five_open_matters_on_one_cause_call_early(cast, matters, called):
    session = publish(cast)
    category = make_category(cast.power)
    for number in range(matters):
        make_ticket(cast.village, category, description=f"第{number}户停电")
    assert calls.call_early(timezone.now()) == called
    assert session.summonses.count() == called


def test_early_means_two_days_at_least(cast):
    session = publish(cast)
    category = make_category(cast.power)
    for number in range(5):
        make_ticket(cast.village, category, description=f"第{number}户停电")
    late = session.starts_at - timedelta(hours=47)
    assert calls.call_early(late) == 0
    assert calls.call_early(session.starts_at - timedelta(hours=48)) == 1


def test_department_without_anybody_stops_no_other(cast):
    session = publish(cast)
    nobody = type(cast.power).objects.create(code="nobody", name="无人局", kind="department")
    make_posting(make_user("gone"), Role.SPECIALIST, organisation=cast.housing)
    for department in (nobody, cast.power):
        category = make_category(department)
        for number in range(5):
            make_ticket(cast.village, category, description=f"{department}{number}")
    assert calls.call_early(timezone.now()) >= 1
    assert cast.power.pk in session.summonses.values_list("organisation", flat=True)
