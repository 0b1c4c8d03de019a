"""Requests for more time on one page: who sees them, granting and refusing in place."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts import unsent
from accounts.choices import Role
from accounts.tests.factories import make_posting
from tickets import boards, workflow
from tickets.choices import ClockMode, LimitUnit, Stage, Verb
from tickets.models import Clock, Ticket, TicketEvent
from tickets.tests.factories import later, make_category, make_ticket
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
URL = reverse("tickets:extensions")
WHY = "备用电缆要从市里调来"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def asked(cast, power_cut):
    """Return a matter of which the specialist asks for three hours more."""
    return ask(make_ticket(cast.subarea, power_cut), cast.specialist)


def ask(ticket, by, amount=3 * 3600, **more):
    return workflow.ask_extension(ticket, by=by, amount=amount, note=WHY, **more)


def show(client, user, path=URL):
    client.force_login(user)
    response = client.get(path)
    assert response.status_code == 200
    return response


def tickets(response):
    return [line.request.ticket for line in response.context["lines"]]


def decide(client, ticket, step, note="", **more):
    sent = {"reference": ticket.reference, "seen": ticket.event_count, "note": note, step: "1"}
    return client.post(URL, sent | more)


def verbs(ticket):
    return [event.verb for event in ticket.events.in_order()]


def test_a_request_tells_why_and_both_days(cast, client, asked):
    response = show(client, cast.secretary)
    line = response.context["lines"][0]
    assert (line.request.ticket, line.reason, line.request.by) == (asked, WHY, cast.specialist)
    assert (line.request.amount, line.request.in_days) == (3 * 3600, False)
    assert line.request.due_at == asked.due_at
    assert line.request.new_due_at == asked.due_at + timedelta(hours=3)
    assert response.content.decode().count('id="count">1<') == 1


def test_the_day_told_is_the_day_that_granting_promises(cast, client):
    make_calendar()
    category = make_category(
        cast.power,
        is_immediate=True,
        clock_mode=ClockMode.BUSINESS,
        limit_amount=5,
        limit_unit=LimitUnit.WORKING_DAYS,
    )
    filed = datetime(2026, 11, 20, 2, tzinfo=UTC)
    ticket = make_ticket(cast.subarea, category, at=filed)
    ticket = ask(ticket, cast.specialist, amount=3, at=later(ticket))
    request = show(client, cast.secretary).context["lines"][0].request
    assert (request.amount, request.in_days) == (3, True)
    assert [moment.date().isoformat() for moment in (request.due_at, request.new_due_at)] == [
        "2026-11-27", "2026-12-02",
    ]  # fmt: skip
    workflow.grant_extension(ticket, by=cast.secretary, at=later(ticket))
    assert Ticket.objects.get().due_at == request.new_due_at


def test_a_day_that_no_calendar_holds_is_said_and_not_guessed(cast, client, settings):
    make_calendar()
    category = make_category(
        cast.power,
        is_immediate=True,
        clock_mode=ClockMode.BUSINESS,
        limit_amount=5,
        limit_unit=LimitUnit.WORKING_DAYS,
    )
    filed = datetime(2027, 12, 22, 2, tzinfo=UTC)
    ticket = make_ticket(cast.subarea, category, at=filed)
    ask(ticket, cast.specialist, amount=10, at=later(ticket))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    response = show(client, cast.secretary)
    assert response.context["lines"][0].request.new_due_at is None
    assert "not in the working calendar yet" in response.content.decode()


def test_the_page_opens_for_those_who_may_decide(cast, client, asked):
    pages = {}
    for name, user in {**cast.people, **cast.neighbours, "admin": cast.admin}.items():
        client.force_login(user)
        response = client.get(URL)
        pages[name] = len(response.context["lines"]) if response.status_code == 200 else None
    assert {name for name, lines in pages.items() if lines == 1} == {
        "secretary", "street_secretary", "street_dispatcher", "district_secretary", "dispatcher",
        "supervisor",
    }  # fmt: skip
    assert {name for name, lines in pages.items() if lines == 0} == {"neighbour_secretary"}
    for user in (cast.outsider, cast.specialist, cast.leader):
        client.force_login(user)
        assert client.get(URL).status_code == 404
        assert decide(client, asked, "grant").status_code == 404
    client.logout()
    assert client.get(URL).url == f"{reverse('account_login')}?next={URL}"


def test_what_is_listed_is_what_the_table_of_moves_allows(cast, client, asked):
    everybody = {**cast.people, **cast.neighbours}
    listed = {name for name, user in everybody.items() if boards.requests_to_decide(user)}
    allowed = {
        name
        for name, user in everybody.items()
        if Verb.GRANT_EXTENSION in workflow.available(Ticket.objects.get(), user)
    }
    assert listed == allowed


def test_a_supervisor_of_a_street_is_no_arbiter(cast, asked):
    street = cast.neighbour_secretary
    make_posting(street, Role.SUPERVISOR, grid=cast.street)
    assert boards.requests_to_decide(street) == []


def test_nobody_decides_about_their_own_request(cast, client, asked):
    make_posting(cast.specialist, Role.DISPATCHER, grid=cast.district)
    assert tickets(show(client, cast.specialist)) == []
    response = decide(client, asked, "grant")
    assert response.status_code == 403
    assert response.context["notice"]
    assert verbs(asked)[-1] == Verb.ASK_EXTENSION


def test_granting_moves_the_day_and_leads_back(cast, client, asked):
    show(client, cast.secretary)
    assert decide(client, asked, "grant").url == URL
    assert verbs(asked)[-1] == Verb.GRANT_EXTENSION
    assert Ticket.objects.get().due_at == asked.due_at + timedelta(hours=3)
    assert tickets(show(client, cast.secretary)) == []


def test_refusing_takes_a_reason_and_keeps_the_day(cast, client, asked):
    show(client, cast.secretary)
    response = decide(client, asked, "refuse", note=" ")
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"note"}
    assert verbs(asked)[-1] == Verb.ASK_EXTENSION
    page = response.content.decode()
    # The mistake is named above with a link to the field of its own request.
    assert f'href="#id_{asked.reference}_note"' in page
    assert f'id="id_{asked.reference}_note"' in page
    assert decide(client, asked, "refuse", note="今天就能修好").url == URL
    last = asked.events.in_order().last()
    assert (last.verb, last.data["note"], last.by) == (
        Verb.REFUSE_EXTENSION, "今天就能修好", cast.secretary,
    )  # fmt: skip
    assert Ticket.objects.get().due_at == asked.due_at


def test_a_reason_too_long_is_said_and_nothing_is_lost(cast, client, asked):
    show(client, cast.secretary)
    long = "长" * 6_001
    response = decide(client, asked, "refuse", note=long)
    assert set(response.context["form"].errors) == {"note"}
    assert response.context["lines"][0].form["note"].value() == long


def test_each_request_has_a_form_of_its_own(cast, client, power_cut):
    two = [ask(make_ticket(cast.subarea, power_cut), cast.specialist) for _each in range(2)]
    page = show(client, cast.secretary).content.decode()
    for ticket in two:
        assert page.count(f'id="id_{ticket.reference}_note"') == 1
        assert page.count(f'id="request-{ticket.reference}"') == 1
    response = decide(client, two[1], "refuse")
    kept = {line.name.reference: line.form.errors for line in response.context["lines"]}
    assert not kept[two[0].reference]
    assert set(kept[two[1].reference]) == {"note"}


def test_a_page_that_was_overtaken_comes_back_with_the_typed_words(cast, client, asked):
    show(client, cast.secretary)
    workflow.record_finding(asked, by=cast.specialist, note="接头发热")
    response = decide(client, asked, "refuse", note="今天就能修好")
    assert response.status_code == 409
    assert response.context["notice"]
    form = response.context["lines"][0].form
    assert (form["note"].value(), form["seen"].value()) == (
        "今天就能修好", str(asked.event_count + 1),
    )  # fmt: skip
    again = {"reference": asked.reference, "seen": form["seen"].value(), "note": "今天就能修好"}
    assert client.post(URL, again | {"refuse": "1"}).url == URL
    assert Ticket.objects.get().events.in_order().last().verb == Verb.REFUSE_EXTENSION


def test_a_second_tap_and_a_faster_colleague_are_news_and_no_mistake(cast, client, asked):
    show(client, cast.secretary)
    assert decide(client, asked, "grant").url == URL
    before = verbs(asked)
    for seen in (asked.event_count, asked.event_count + 1):
        response = decide(client, asked, "refuse", note="太晚了", seen=seen)
        assert (response.status_code, response.url) == (302, URL)
        said = [message.level_tag for message in client.get(URL).context["messages"]]
        assert said[-1] == "info"
    assert verbs(asked) == before


def test_what_was_typed_about_a_matter_that_has_moved_on_is_shown_once_more(cast, client, asked):
    show(client, cast.secretary)
    returned = workflow.return_ticket(
        asked, by=cast.specialist, note="不归我们", suggested=cast.housing
    )
    response = decide(client, returned, "refuse", note="请今天修好")
    assert response.status_code == 409
    assert response.context["unplaced"] == "请今天修好"
    assert "请今天修好" in response.content.decode()
    assert tickets(response) == []


@pytest.mark.parametrize(
    "reference", ["", "0000000000", "12345678901", "\x00", "字" * 10, "1234 5678 90"]
)
def test_a_matter_that_does_not_exist_is_no_page(cast, client, asked, reference):
    show(client, cast.secretary)
    assert decide(client, asked, "grant", reference=reference).status_code == 404


def test_a_matter_out_of_reach_is_no_page(cast, client, power_cut):
    ticket = ask(make_ticket(cast.neighbour_subarea, power_cut), cast.street_dispatcher)
    show(client, cast.secretary)
    assert decide(client, ticket, "grant").status_code == 404
    assert verbs(ticket)[-1] == Verb.ASK_EXTENSION


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30])
def test_a_form_without_its_hidden_part_decides_nothing(cast, client, asked, seen):
    show(client, cast.secretary)
    response = decide(client, asked, "grant", note="同意", seen=seen)
    assert (response.status_code, bool(response.context["notice"])) == (409, True)
    form = response.context["lines"][0].form
    assert (form["note"].value(), form["seen"].value()) == ("同意", str(asked.event_count))
    assert verbs(asked)[-1] == Verb.ASK_EXTENSION


def test_words_typed_when_the_session_ended_are_back(cast, client, asked):
    client.force_login(cast.secretary)
    session = client.session
    data = QueryDict(mutable=True)
    data.update({"reference": asked.reference, "note": "今天就能修好", "seen": "3", "refuse": "1"})
    unsent.keep(session, user_id=cast.secretary.pk, path=URL, data=data)
    session.save()
    form = client.get(URL).context["lines"][0].form
    assert form["note"].value() == "今天就能修好"
    assert str(form["seen"].value()) == str(asked.event_count)
    assert not client.get(URL).context["lines"][0].form["note"].value()


def test_the_first_to_fall_due_comes_first(cast, client, power_cut):
    now = workflow.now()
    filed = [now - timedelta(hours=hours) for hours in (1, 9, 5)]
    made = [ask(make_ticket(cast.subarea, power_cut, at=at), cast.specialist) for at in filed]
    assert tickets(show(client, cast.secretary)) == [made[1], made[2], made[0]]


def test_only_the_most_urgent_are_shown_of_very_many(cast, client, power_cut, monkeypatch):
    monkeypatch.setattr(boards, "MOST_REQUESTS", 1)
    for _each in range(2):
        ask(make_ticket(cast.subarea, power_cut), cast.specialist)
    response = show(client, cast.secretary)
    assert (len(tickets(response)), response.context["is_cut"]) == (1, True)


def test_decisions_of_the_last_thirty_days_stand_below(cast, client, power_cut):
    now = workflow.now()
    old, granted, refused = (
        make_ticket(cast.subarea, power_cut, at=now - timedelta(days=32)) for _each in range(3)
    )
    for ticket in (old, granted, refused):
        ask(ticket, cast.specialist, at=later(ticket))
    workflow.grant_extension(old, by=cast.secretary, at=now - timedelta(days=31))
    workflow.grant_extension(granted, by=cast.dispatcher, note="路远", at=now - timedelta(days=29))
    workflow.refuse_extension(refused, by=cast.secretary, note="不必", at=now - timedelta(days=2))
    decided = show(client, cast.secretary).context["decided"]
    told = [(each.request.ticket, each.is_granted, each.by, note) for each, _n, note in decided]
    assert told == [
        (refused, False, cast.secretary, "不必"), (granted, True, cast.dispatcher, "路远"),
    ]  # fmt: skip
    assert decided[0][0].request.reason == WHY
    assert show(client, cast.neighbour_secretary).context["decided"] == []


def test_each_decision_stands_by_the_request_it_answered(cast, client, asked):
    asked = workflow.refuse_extension(asked, by=cast.secretary, note="先试试")
    again = workflow.ask_extension(asked, by=cast.specialist, amount=7200, note="试过了")
    workflow.grant_extension(again, by=cast.secretary)
    decided = show(client, cast.secretary).context["decided"]
    assert sorted((each.request.amount, each.is_granted) for each, _name, _note in decided) == [
        (7200, True), (10_800, False),
    ]  # fmt: skip


def test_numbers_in_reasons_are_starred(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    ticket = workflow.ask_extension(
        ticket, by=cast.specialist, amount=3600, note="居民13812345678同意"
    )
    assert "138****5678" in show(client, cast.secretary).content.decode()
    workflow.refuse_extension(ticket, by=cast.secretary, note="请打13812345678")
    page = show(client, cast.secretary).content.decode()
    assert ("138****5678" in page, "13812345678" in page) == (True, False)


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_asks_the_same_few_questions(
    cast, client, power_cut, settings, django_assert_num_queries, many
):
    settings.NAME_MAP_SECONDS = 60
    for _each in range(many):
        ask(make_ticket(cast.subarea, power_cut), cast.specialist)
        decided = ask(make_ticket(cast.subarea, power_cut), cast.specialist)
        workflow.refuse_extension(decided, by=cast.secretary, note="不必")
    assert len(tickets(show(client, cast.secretary))) == many
    # Session, user, postings; clocks, the words of the requests; decisions, what they answered.
    with django_assert_num_queries(7):
        client.get(URL)


def test_asking_writes_nothing_but_the_request(cast, client, asked):
    """Reckoning the day that would be promised leaves the promise alone."""
    before = Clock.objects.values().get(ticket=asked, stage=Stage.RESOLVE)
    show(client, cast.secretary)
    assert Clock.objects.values().get(ticket=asked, stage=Stage.RESOLVE) == before
    assert TicketEvent.objects.filter(ticket=asked).count() == asked.event_count
