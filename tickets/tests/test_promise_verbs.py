"""Word to the resident, more time and supervision orders: who is offered them, and their pages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import gettext

from accounts.choices import Role
from accounts.tests.factories import make_posting
from common.errors import NotAllowed
from notices.models import Notice
from tickets import workflow
from tickets.choices import OrderState, Verb
from tickets.forms.promises import addressees
from tickets.models import SupervisionOrder, Ticket
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.test_verbs import address, do, local, said, verbs_of
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
WANG = workflow.Contact(name="王小明", phone="+8613812345678")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def working(cast, power_cut):
    """A power cut of three hours ago, due a day after it, that the specialist has taken on."""
    at = workflow.now() - timedelta(hours=3)
    ticket = make_ticket(cast.subarea, power_cut, resident=WANG, at=at)
    return workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))


@pytest.fixture
def in_days(cast):
    """A matter of five working days that the specialist has taken on."""
    make_calendar()
    category = make_category(
        cast.power, is_immediate=True, clock_mode="business", limit_unit="working_days",
        limit_amount=5,
    )  # fmt: skip
    ticket = make_ticket(cast.subarea, category)
    return workflow.acknowledge(ticket, by=cast.specialist)


def order(ticket, by, text="今天必须到场", **more):
    due_at = workflow.now() + timedelta(days=1)
    return workflow.issue_order(ticket, by=by, text=text, due_at=due_at, **more)


def asked(ticket, by, hours=2):
    return workflow.ask_extension(ticket, by=by, amount=hours * 3600, note="等电缆")


def offered(ticket, *verbs):
    """Return {name: the ones of these verbs that a person of the cast is offered}."""

    def to(user):
        fresh = Ticket.objects.get(pk=ticket.pk)
        return {verb for verb in workflow.available(fresh, user) if verb in verbs}

    return to


# --- Who is offered what


def test_more_time_is_asked_for_once_at_a_time_and_before_the_day(cast, working):
    ask = offered(working, Verb.ASK_EXTENSION)
    assert ask(cast.specialist)
    assert not ask(cast.secretary)
    asked(working, cast.specialist)
    assert not ask(cast.specialist)
    workflow.refuse_extension(working, by=cast.secretary, note="不行")
    assert ask(cast.specialist)
    Ticket.objects.get().clocks.update(due_at=workflow.now() - timedelta(seconds=1))
    assert not ask(cast.specialist)


def test_more_time_is_not_offered_when_it_is_used_up(cast, working):
    ask = offered(working, Verb.ASK_EXTENSION)
    working.clocks.update(extra_amount=10 * 86_400 - 3_601)
    assert ask(cast.specialist)
    working.clocks.update(extra_amount=10 * 86_400 - 3_599)
    assert not ask(cast.specialist)


def test_a_request_is_decided_by_somebody_else(cast, working):
    decide = offered(working, Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION)
    assert not decide(cast.secretary)
    make_posting(cast.specialist, Role.DISPATCHER, grid=cast.street)
    asked(working, cast.specialist)
    both = {Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION}
    for user in (cast.secretary, cast.street_dispatcher, cast.supervisor):
        assert decide(user) == both
    for user in (cast.specialist, cast.manager, cast.worker):
        fresh = type(user).objects.get(pk=user.pk)
        assert not decide(fresh)
        with pytest.raises(NotAllowed):
            workflow.grant_extension(working, by=fresh)
    workflow.grant_extension(working, by=cast.secretary)
    assert not decide(cast.street_secretary)


def test_only_who_may_answer_an_order_is_offered_to(cast, working):
    answer = offered(working, Verb.ANSWER_ORDER)
    people = (cast.leader, cast.manager, cast.specialist, cast.secretary)
    assert not any(map(answer, people))
    to_leader = order(working, cast.secretary)
    assert [bool(answer(user)) for user in people] == [True, True, False, False]
    order(working, cast.secretary, addressee=cast.specialist)
    assert [bool(answer(user)) for user in people] == [True, True, True, False]
    workflow.answer_order(to_leader, by=cast.leader, note="今晚")
    workflow.answer_order(
        SupervisionOrder.objects.get(addressee=cast.specialist), by=cast.specialist, note="今晚"
    )
    assert not any(map(answer, people))


def test_an_answered_order_is_closed_and_not_by_who_answered(cast, working):
    close = offered(working, Verb.CLOSE_ORDER)
    mine = order(working, cast.street_secretary, addressee=cast.secretary)
    # Before an answer only whoever issued it may let it go.
    assert close(cast.street_secretary)
    assert not close(cast.supervisor)
    workflow.answer_order(mine, by=cast.secretary, note="在办")
    assert close(cast.street_secretary)
    assert not close(cast.secretary)
    assert not close(cast.leader)
    workflow.close_order(mine, by=cast.supervisor, note="办好了")
    assert not close(cast.street_secretary)


def test_what_runs_by_itself_or_is_the_residents_has_no_button(cast, working):
    everybody = [*cast.people.values(), cast.admin]
    never = {Verb.PROPOSE, Verb.CHANGE_POLICY, Verb.URGE, Verb.SUBMIT, Verb.JOIN, Verb.ATTACH}
    for user in everybody:
        assert not never & set(workflow.available(working, user))


def test_a_matter_with_few_readers_is_never_released(cast, working):
    release = offered(working, Verb.RELEASE)
    assert release(cast.secretary)
    Ticket.objects.update(is_confidential=True)
    assert not release(cast.secretary)


def test_looking_only_at_some_verbs_asks_nothing_of_orders_and_clocks(
    cast, working, django_assert_num_queries
):
    order(working, cast.secretary)
    workflow.available(working, cast.leader)
    fresh = Ticket.objects.prefetch_related("legs").get(pk=working.pk)
    with django_assert_num_queries(0):
        assert workflow.available(fresh, cast.leader, among=[Verb.NOTE]) == [Verb.NOTE]


# --- Word to the resident


def test_the_resident_is_told_by_message(cast, client, working):
    response = do(client, cast.specialist, working, "tell_resident", note="电缆今晚到")
    assert response.status_code == 302
    assert working.events.latest("number").data == {"note": "电缆今晚到", "by_phone": False}
    assert "电缆今晚到" in Notice.objects.get(kind="word").body


def test_what_was_said_by_phone_is_written_down_and_not_sent(cast, client, working):
    do(client, cast.specialist, working, "tell_resident", note="电缆今晚到", by_phone="on")
    assert working.events.latest("number").data["by_phone"] is True
    assert not Notice.objects.filter(kind="word").exists()


def test_telling_nothing_is_refused_at_the_field(cast, client, working):
    response = do(client, cast.specialist, working, "tell_resident", note=" ", by_phone="on")
    form = response.context["form"]
    assert set(form.errors) == {"note"}
    assert form["by_phone"].value()


# --- More time


def test_more_time_is_asked_for_in_working_days(cast, client, in_days):
    client.force_login(cast.specialist)
    form = client.get(address(in_days, "ask_extension")).context["form"]
    assert form.most == 10
    assert [day for _words, day in form.examples()][0] > in_days.due_at
    response = do(client, cast.specialist, in_days, "ask_extension", amount="3", note="等配件")
    assert response.status_code == 302
    clock = in_days.clocks.get(stage="resolve")
    assert (clock.asked_amount, clock.due_at) == (3, in_days.due_at)


def test_more_time_is_asked_for_in_hours_where_the_clock_counts_hours(cast, client, working):
    response = do(client, cast.specialist, working, "ask_extension", amount="8", note="等配件")
    assert response.status_code == 302
    assert working.clocks.get(stage="resolve").asked_amount == 8 * 3600


@pytest.mark.parametrize("amount", ["", "0", "-1", "11", "1.5", "drei", "99999999999"])
def test_an_amount_that_cannot_be_is_refused_in_words(cast, client, in_days, amount):
    response = do(client, cast.specialist, in_days, "ask_extension", amount=amount, note="等配件")
    form = response.context["form"]
    assert form.errors["amount"] == [
        gettext("Please write a whole number from 1 to %(most)d.") % {"most": 10}
    ]
    assert (form["amount"].value(), form["note"].value()) == (amount, "等配件")
    assert verbs_of(in_days)[-1] == "acknowledge"


def test_who_decides_sees_what_it_would_make_of_the_day(cast, client, working):
    asked(working, cast.specialist, hours=8)
    client.force_login(cast.secretary)
    for verb in ("grant_extension", "refuse_extension"):
        told = client.get(address(working, verb)).context["asked"]
        assert (told.by, told.why) == ("specialist", "等电缆")
        assert told.due_at == working.due_at + timedelta(hours=8)


def test_more_time_is_granted_and_a_second_tap_changes_nothing(cast, client, working):
    seen = asked(working, cast.specialist, hours=8).event_count
    first = do(client, cast.secretary, working, "grant_extension", seen=seen, note="")
    again = do(client, cast.secretary, working, "grant_extension", seen=seen, note="")
    assert (first.status_code, again.status_code) == (302, 302)
    assert said(again)[-1] == gettext("This is recorded already.")
    assert Ticket.objects.get().due_at == working.due_at + timedelta(hours=8)


def test_more_time_is_refused_with_a_reason(cast, client, working):
    asked(working, cast.specialist)
    response = do(client, cast.secretary, working, "refuse_extension", note="")
    assert set(response.context["form"].errors) == {"note"}
    assert response.context["asked"].why == "等电缆"
    assert do(client, cast.secretary, working, "refuse_extension", note="照常").status_code == 302
    assert Ticket.objects.get().due_at == working.due_at


def test_a_request_decided_meanwhile_is_news(cast, client, working):
    seen = asked(working, cast.specialist).event_count
    workflow.grant_extension(working, by=cast.secretary)
    response = do(client, cast.supervisor, working, "grant_extension", seen=seen)
    assert response.status_code == 409
    assert response.context["asked"] is None
    fresh = do(client, cast.supervisor, working, "grant_extension", seen=seen + 1)
    assert fresh.status_code == 302
    assert verbs_of(working).count("grant_extension") == 1


# --- Supervision orders


def test_an_order_goes_to_whom_and_by_when_it_says(cast, client, working):
    client.force_login(cast.secretary)
    form = client.get(address(working, "order")).context["form"]
    assert form["addressee"].value() == str(cast.leader.pk)
    choices = [pk for pk, _label in form.fields["addressee"].choices]
    assert choices == [str(user.pk) for user in (cast.leader, cast.manager, cast.specialist)]
    day = timezone.now() + timedelta(days=2)
    response = do(
        client, cast.secretary, working, "order", text="查清原因", due_at=local(day),
        addressee=str(cast.manager.pk),
    )  # fmt: skip
    assert response.status_code == 302
    made = SupervisionOrder.objects.get()
    assert (made.addressee, made.issued_by, made.text) == (cast.manager, cast.secretary, "查清原因")
    assert made.due_at == day.replace(second=0, microsecond=0)


def test_nobody_orders_themselves_or_who_cannot_read_the_matter(cast, working):
    community = make_ticket(cast.subarea, make_category())
    assert [user for user, _part in addressees(community, cast.district_secretary)] == [
        cast.street_secretary, cast.secretary,
    ]  # fmt: skip
    assert [user for user, _part in addressees(community, cast.street_secretary)] == [
        cast.secretary
    ]
    Ticket.objects.update(accused=cast.power)
    fresh = Ticket.objects.get(pk=working.pk)
    assert addressees(fresh, cast.secretary) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"text": " "}, "text"),
        ({"due_at": timedelta(days=-1)}, "due_at"),
        ({"due_at": timedelta(days=40)}, "due_at"),
        ({"due_at": "morgen"}, "due_at"),
        ({"due_at": ""}, "due_at"),
        ({"addressee": "outsider"}, "addressee"),
        ({"addressee": ""}, "addressee"),
    ],
)
def test_an_order_that_cannot_be_is_refused_at_its_field(cast, client, working, typed, field):
    ready = {"text": "查清", "due_at": timedelta(days=1), "addressee": "leader"} | typed
    if isinstance(ready["due_at"], timedelta):
        ready["due_at"] = local(timezone.now() + ready["due_at"])
    if ready["addressee"]:
        ready["addressee"] = str(getattr(cast, ready["addressee"]).pk)
    response = do(client, cast.secretary, working, "order", **ready)
    assert set(response.context["form"].errors) == {field}
    assert not SupervisionOrder.objects.exists()


def test_the_same_order_sent_twice_is_one(cast, client, working):
    typed = {
        "text": "查清原因",
        "due_at": local(timezone.now() + timedelta(days=2)),
        "addressee": str(cast.leader.pk),
        "seen": working.event_count,
    }
    answers = [do(client, cast.secretary, working, "order", **typed) for _time in (1, 2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert SupervisionOrder.objects.count() == 1


def test_one_of_several_orders_is_answered_and_closed(cast, client, working):
    first, second = order(working, cast.secretary), order(working, cast.street_secretary, "写报告")
    client.force_login(cast.leader)
    where = address(working, "answer_order")
    form = client.get(where, {"order": second.pk}).context["form"]
    assert form["order"].value() == str(second.pk)
    assert [pk for pk, _label in form.fields["order"].choices] == [str(first.pk), str(second.pk)]
    assert client.get(where).context["form"]["order"].value() == str(first.pk)
    done = do(client, cast.leader, working, "answer_order", order=str(second.pk), note="见附件")
    assert done.status_code == 302
    second.refresh_from_db()
    assert (second.state, second.answer) == (OrderState.ANSWERED, "见附件")
    client.force_login(cast.secretary)
    form = client.get(address(working, "close_order")).context["form"]
    # The other one is the secretary's own, which may be let go unanswered.
    assert [pk for pk, _label in form.fields["order"].choices] == [str(first.pk), str(second.pk)]
    do(client, cast.secretary, working, "close_order", order=str(second.pk), note="属实")
    second.refresh_from_db()
    assert (second.state, second.result) == (OrderState.CLOSED, "属实")
    assert SupervisionOrder.objects.get(pk=first.pk).state == OrderState.OPEN


def test_an_order_of_another_matter_is_no_choice(cast, client, working, power_cut):
    order(working, cast.secretary)
    other = order(make_ticket(cast.subarea, power_cut), cast.secretary)
    response = do(client, cast.leader, working, "answer_order", order=str(other.pk), note="好")
    form = response.context["form"]
    assert set(form.errors) == {"order"}
    assert form["note"].value() == "好"


def test_answering_what_is_answered_already_keeps_the_first_answer(cast, client, working):
    mine = order(working, cast.secretary)
    client.force_login(cast.leader)
    client.get(address(working, "answer_order"))
    workflow.answer_order(mine, by=cast.manager, note="经理答了")
    response = do(client, cast.leader, working, "answer_order", order=str(mine.pk), note="我来答")
    assert response.status_code == 200
    assert response.context["form"]["note"].value() == "我来答"
    assert not response.context["is_possible"]
    mine.refresh_from_db()
    assert mine.answer == "经理答了"


def test_who_may_not_answer_is_refused(cast, client, working):
    mine = order(working, cast.secretary)
    client.force_login(cast.worker)
    page = client.get(address(working, "answer_order"))
    assert page.status_code == 302
    response = do(client, cast.worker, working, "answer_order", order=str(mine.pk), note="我来答")
    assert response.status_code == 200
    assert not response.context["is_possible"]
    mine.refresh_from_db()
    assert mine.state == OrderState.OPEN
