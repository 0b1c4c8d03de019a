"""No promise leaves the list without a word from outside, or three attempts on three days."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from notices.models import Notice
from receptions.choices import CommitmentStatus, EventVerb, ItemGround, ItemStatus, StruckBy
from receptions.models import AgendaItem, Commitment
from receptions.tests.factories_agenda import (
    make_booking,
    make_commitment,
    make_day,
    make_item,
    make_matter,
)
from receptions.workflow import second_look as look
from tickets import workflow as tickets
from tickets.choices import Status

pytestmark = pytest.mark.django_db
S, V = CommitmentStatus, EventVerb


def in_status(cast, status, **said):
    """Return a commitment of the power company in the wanted status."""
    row = make_commitment(cast, **said)
    if status != S.OPEN:
        row = look.report_done(row, by=cast.specialist, result="电缆换好了")
    if status == S.STRUCK_OFF:
        row = look.record_answer(row, by=cast.secretary, kept=True)
    return row


def no_resident(cast):
    """Return an item about a matter that staff noticed themselves: nobody outside stands behind."""
    return make_item(cast, ticket=make_matter(cast, source="grid", by=cast.worker))


DO = {
    V.REPORT_DONE: lambda cast, row: look.report_done(row, by=cast.specialist, result="好了"),
    V.KEEP: lambda cast, row: look.record_answer(row, by=cast.secretary, kept=True),
    V.BREAK: lambda cast, row: look.record_answer(row, by=cast.secretary, kept=False),
    V.RECORD_ATTEMPT: lambda cast, row: look.record_attempt(row, by=cast.secretary),
}


@pytest.mark.parametrize("status", S.values)
@pytest.mark.parametrize("verb", DO)
def test_every_verb_in_every_status(cast, status, verb):
    row, move = in_status(cast, status), look.COMMITMENT_MOVES[verb]
    if status in move.sources:
        assert DO[verb](cast, row).status == (move.to or status)
        return
    with pytest.raises(RuleViolation) as refused:
        DO[verb](cast, row)
    assert isinstance(refused.value, AlreadyDone) == (status == move.to)
    row.refresh_from_db()
    assert row.status == status


def test_the_table_holds_every_verb_and_the_rules_keep_two_for_themselves(cast):
    assert set(look.COMMITMENT_MOVES) == {*DO, V.STRIKE, V.REMIND}
    row = in_status(cast, S.DONE)
    for verb in (V.STRIKE, V.REMIND):
        assert not look.COMMITMENT_MOVES[verb].may(row, cast.admin)


def who_may(cast, row, verb):
    people = cast.people | cast.neighbours
    return {name for name, person in people.items() if look.COMMITMENT_MOVES[verb].may(row, person)}


def test_who_says_it_is_done_and_who_may_judge(cast):
    row = in_status(cast, S.DONE)
    assert who_may(cast, row, V.REPORT_DONE) == {"specialist", "manager", "leader"}
    assert who_may(cast, row, V.KEEP) == {
        "worker",
        "head",
        "village_head",
        "secretary",
        "street_secretary",
        "street_dispatcher",
        "district_secretary",
        "dispatcher",
        "supervisor",
    } - {"head", "worker"}  # the subarea's people do not serve the whole village


def test_without_a_resident_only_the_proposing_secretary_answers(cast):
    row = in_status(cast, S.DONE, item=no_resident(cast))
    assert who_may(cast, row, V.KEEP) == {"district_secretary"}
    kept = look.record_answer(row, by=cast.district_secretary, kept=True)
    assert kept.struck_by == StruckBy.SECRETARY


def test_what_the_clocks_proposed_is_judged_by_a_secretary_of_the_place(cast):
    ticket = make_matter(cast, source="grid", by=cast.worker)
    item = make_item(cast, ticket=ticket)
    AgendaItem.objects.filter(pk=item.pk).update(proposed_by=None)
    item.refresh_from_db()
    row = in_status(cast, S.DONE, item=item)
    assert who_may(cast, row, V.KEEP) == {"secretary", "street_secretary", "district_secretary"}


def test_whoever_did_the_work_cannot_say_that_it_is_kept(cast):
    row = in_status(cast, S.DONE)
    with pytest.raises(NotAllowed):
        look.record_answer(row, by=cast.specialist, kept=True)


def test_said_to_be_done_once_is_said_of_the_ticket_too(cast):
    row = in_status(cast, S.DONE)
    row.ticket.refresh_from_db()
    assert (row.done_by, row.result, row.ticket.status) == (
        cast.specialist,
        "电缆换好了",
        Status.RESOLVED,
    )


def test_two_promises_on_one_ticket_are_done_one_by_one(cast):
    item = make_item(cast)
    first, second = make_commitment(cast, item), make_commitment(cast, item, text="更换电表箱")
    look.report_done(first, by=cast.specialist, result="好了")
    first.ticket.refresh_from_db()
    assert first.ticket.status == Status.DISPATCHED
    look.report_done(second, by=cast.specialist, result="都好了")
    first.ticket.refresh_from_db()
    assert first.ticket.status == Status.RESOLVED


@pytest.mark.parametrize("result", ["", "  "])
def test_done_without_words_is_refused(cast, result):
    with pytest.raises(RuleViolation) as refused:
        look.report_done(make_commitment(cast), by=cast.specialist, result=result)
    assert refused.value.field == "result"


def test_an_answer_is_yes_or_no(cast):
    with pytest.raises(RuleViolation) as refused:
        look.record_answer(in_status(cast, S.DONE), by=cast.secretary, kept=None)
    assert refused.value.field == "kept"


def test_kept_is_struck_off_by_the_residents_word(cast):
    row = in_status(cast, S.STRUCK_OFF)
    row.ticket.refresh_from_db()
    assert (row.struck_by, row.ticket.status) == (StruckBy.RESIDENT, Status.CLOSED)


def test_not_kept_is_open_again_with_its_age_and_before_the_next_day(cast):
    day = make_day(cast)
    row = in_status(cast, S.DONE)
    AgendaItem.objects.update(status=ItemStatus.DECIDED)
    back = look.record_answer(row, by=cast.secretary, kept=False, note="还是停电")
    assert (back.status, back.made_at, back.reopen_count, back.done_at) == (
        S.OPEN,
        row.made_at,
        1,
        None,
    )
    item = AgendaItem.objects.get(ground=ItemGround.NOT_KEPT)
    assert (item.ticket, item.session, item.position, item.proposed_by) == (
        row.item.ticket,
        day,
        1,
        None,
    )
    assert Notice.objects.filter(unique_key__contains=":broken:1:").get().recipient == row.owner


def test_not_kept_without_a_day_waits_as_proposed(cast):
    row = in_status(cast, S.DONE)
    AgendaItem.objects.update(status=ItemStatus.DECIDED)
    look.record_answer(row, by=cast.secretary, kept=False)
    item = AgendaItem.objects.get(ground=ItemGround.NOT_KEPT)
    assert (item.status, item.session) == (ItemStatus.PROPOSED, None)


def attempts(cast, row, days):
    for day in days:
        at = row.done_at + timedelta(days=day)
        row = look.record_attempt(row, by=cast.secretary, at=at)
    return row


def done_long_ago(cast):
    row = in_status(cast, S.DONE)
    long_ago = row.done_at - timedelta(days=30)
    Commitment.objects.filter(pk=row.pk).update(done_at=long_ago)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("days", "left"),
    [
        ((1,), False), ((1, 2), False), ((1, 1, 1), False), ((1, 1, 2), False),
        ((1, 2, 3), True), ((1, 1, 2, 5), True),
    ],
)  # fmt: skip
def test_three_attempts_on_three_days_strike_off_and_nothing_less(cast, days, left):
    row = attempts(cast, done_long_ago(cast), days)
    assert (row.status == S.STRUCK_OFF, row.attempts.count()) == (left, len(days))
    assert row.struck_by == (StruckBy.ATTEMPTS if left else "")


@pytest.mark.parametrize("shift", [timedelta(days=1), -timedelta(days=60)])
def test_an_attempt_lies_between_done_and_now(cast, shift):
    row = done_long_ago(cast)
    with pytest.raises(RuleViolation) as refused:
        look.record_attempt(row, by=cast.secretary, at=timezone.now() + shift)
    assert (refused.value.field, row.attempts.count()) == ("at", 0)


def test_attempts_before_it_came_back_do_not_count(cast):
    row = attempts(cast, done_long_ago(cast), (1, 2))
    row = look.record_answer(row, by=cast.secretary, kept=False)
    row = look.report_done(row, by=cast.manager, result="这回好了")
    assert look.attempt_days(look.record_attempt(row, by=cast.secretary)) == [timezone.localdate()]


def test_the_residents_own_word_is_taken_from_the_ticket(cast):
    row = in_status(cast, S.DONE)
    later = timezone.now() + timedelta(minutes=1)
    row.ticket.refresh_from_db()
    tickets.confirm(row.ticket, at=later)
    assert (look.hear(later), look.hear(later)) == (1, 0)
    row.refresh_from_db()
    assert (row.status, row.struck_by) == (S.STRUCK_OFF, StruckBy.RESIDENT)


def test_the_residents_no_opens_it_again_once(cast):
    row = in_status(cast, S.DONE)
    later = timezone.now() + timedelta(minutes=1)
    row.ticket.refresh_from_db()
    tickets.dispute(row.ticket, comment="还是没电", at=later)
    assert (look.hear(later), look.hear(later)) == (1, 0)
    row.refresh_from_db()
    assert (row.status, row.reopen_count) == (S.OPEN, 1)


def test_a_ticket_resolved_and_confirmed_needs_no_second_typing(cast):
    row = make_commitment(cast)
    at = [timezone.now() + timedelta(minutes=n) for n in (1, 2, 3)]
    ticket = tickets.acknowledge(row.ticket, by=cast.specialist, at=at[0])
    ticket = tickets.resolve(ticket, by=cast.specialist, note="换好了", at=at[1])
    assert look.hear(at[1]) == 1
    row.refresh_from_db()
    assert (row.status, row.done_by, row.result) == (S.DONE, cast.specialist, "换好了")
    tickets.confirm(ticket, at=at[2])
    assert look.hear(at[2]) == 1
    row.refresh_from_db()
    assert row.status == S.STRUCK_OFF


def test_a_ticket_closed_without_an_answer_strikes_nothing_off(cast):
    row = in_status(cast, S.DONE)
    row.ticket.refresh_from_db()
    later = timezone.now() + timedelta(days=20)
    tickets.sweep(later)
    assert look.hear(later) == 0
    row.refresh_from_db()
    assert row.status == S.DONE


def test_a_word_heard_before_a_call_is_no_news_after_it(cast):
    row = in_status(cast, S.DONE)
    later = timezone.now() + timedelta(minutes=1)
    row.ticket.refresh_from_db()
    tickets.confirm(row.ticket, at=later)
    row = look.record_answer(row, by=cast.secretary, kept=False, at=later + timedelta(minutes=1))
    assert (look.hear(later + timedelta(hours=1)), row.status) == (0, S.OPEN)


def test_overdue_reminds_the_owner_then_the_leader_once_each(cast):
    row = make_commitment(cast)
    due = timezone.make_aware(timezone.datetime.combine(row.due_on, timezone.datetime.min.time()))
    told = [look.remind(due + timedelta(days=days)) for days in (0, 1, 1, 3, 4, 4, 30)]
    assert told == [0, 1, 0, 0, 1, 0, 0]
    notices = Notice.objects.filter(unique_key__contains=":late").order_by("pk")
    assert [each.recipient for each in notices] == [cast.specialist, cast.leader]


def test_a_booking_always_has_somebody_to_ask(cast):
    row = make_commitment(cast, by=cast.secretary, booking=make_booking(cast))
    assert look.has_resident(row)
