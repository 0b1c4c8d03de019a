"""Doing a verb by its page: exactly one event, and a plain sentence for every refusal."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.choices import Role
from accounts.tests.factories import make_posting
from common.models import Version
from tickets import workflow
from tickets.choices import Status, Verb
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.test_ticket_page import make_photo
from tickets.views.verbs import VERBS

pytestmark = pytest.mark.django_db


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def ticket(cast, power_cut):
    """A power cut of three hours ago, handed over to the power company's contact."""
    return make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=3))


@pytest.fixture
def working(cast, ticket):
    return workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))


def address(ticket, verb):
    return reverse(f"tickets:{verb}", args=[ticket.reference])


def do(client, user, ticket, verb, *, seen=None, **typed):
    client.force_login(user)
    fresh = Ticket.objects.get(pk=ticket.pk)
    return client.post(
        address(ticket, verb), {"seen": fresh.event_count if seen is None else seen} | typed
    )


def verbs_of(ticket):
    return [event.verb for event in ticket.events.in_order()]


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def local(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_every_verb_with_a_button_has_a_page(cast, ticket):
    buttons = set(workflow.TRANSITIONS) - {
        Verb.JOIN, Verb.ATTACH, Verb.WITHDRAW, Verb.CONFIRM, Verb.DISPUTE, Verb.EXPIRE,
        Verb.URGE, Verb.CHANGE_POLICY, Verb.PROPOSE,
    }  # fmt: skip
    assert set(VERBS) == buttons


def test_one_tap_takes_it_on(cast, client, ticket):
    response = do(client, cast.specialist, ticket, "acknowledge")
    assert response.url == reverse("tickets:detail", args=[ticket.reference])
    assert Ticket.objects.get().status == Status.IN_PROGRESS
    assert verbs_of(ticket)[-1] == "acknowledge"


def test_the_way_back_leads_to_the_page_the_step_was_begun_on(cast, client, ticket):
    response = do(client, cast.specialist, ticket, "acknowledge", back="list")
    assert response.url == reverse("tickets:list")
    response = do(client, cast.specialist, ticket, "note", note="x", back="https://elsewhere/")
    assert response.url == reverse("tickets:detail", args=[ticket.reference])


SOON = timedelta(days=2)


@pytest.mark.parametrize(
    ("who", "verb", "typed"),
    [
        ("specialist", "record_finding", {"note": "电缆断了"}),
        ("specialist", "call_contractor", {"note": "电缆队"}),
        ("specialist", "record_arrival", {}),
        ("specialist", "finish_contractor", {"note": "好了"}),
        ("specialist", "ask_resident", {"note": "几号楼？"}),
        ("specialist", "hold", {"reason": "parts", "until": SOON}),
        ("specialist", "note", {"note": "同事看"}),
        ("specialist", "resolve", {"note": "换好了"}),
        ("specialist", "transfer", {"note": "请支援", "organisation": "housing"}),
        ("specialist", "return", {"note": "不归我们", "suggested": "housing"}),
        ("dispatcher", "transfer", {"note": "请支援", "organisation": "housing"}),
        ("dispatcher", "release", {"text": "小区停电", "is_checked": "on"}),
    ],
)
def test_each_form_leads_to_its_event(cast, client, working, who, verb, typed):
    typed = {name: local(timezone.now() + value) if isinstance(value, timedelta) else value
             for name, value in typed.items()}  # fmt: skip
    for name in ("organisation", "suggested"):
        if name in typed:
            typed[name] = str(getattr(cast, typed[name]).pk)
    client.force_login(getattr(cast, who))
    assert client.get(address(working, verb)).status_code == 200
    response = do(client, getattr(cast, who), working, verb, **typed)
    assert response.status_code == 302, response.context["form"].errors
    assert verbs_of(working)[-1] == verb


def test_the_dispatchers_way_returned_twice_then_the_arbiter(cast, client, working):
    housing = str(cast.housing.pk)
    do(client, cast.specialist, working, "return", note="不归我们", suggested=housing)
    client.force_login(cast.dispatcher)
    page = client.get(address(working, "dispatch"))
    assert page.context["form"]["organisation"].value() == str(cast.power.pk)
    response = do(client, cast.dispatcher, working, "dispatch", organisation=housing, note="请接")
    assert response.status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.organisation) == (Status.DISPATCHED, cast.housing)
    do(client, ticket.holder, ticket, "return", note="也不归我们", suggested=str(cast.power.pk))
    response = do(client, cast.dispatcher, ticket, "dispatch", organisation=housing)
    assert response.status_code == 409  # not for the dispatcher any more
    response = do(
        client, cast.supervisor, ticket, "arbitrate", organisation=str(cast.power.pk),
        holder=str(cast.specialist.pk), note="归供电",
    )  # fmt: skip
    assert response.status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.holder, ticket.is_locked) == (cast.specialist, True)


def test_showing_the_people_of_an_organisation_keeps_what_is_typed(cast, client, working):
    client.force_login(cast.dispatcher)
    response = client.post(
        address(working, "transfer"),
        {"seen": 4, "organisation": cast.housing.pk, "note": "写到一半", "refresh": "1"},
    )
    form = response.context["form"]
    assert [label.split()[0] for _pk, label in form.fields["holder"].choices[1:]] == [
        "own_specialist"
    ]
    assert form["note"].value() == "写到一半"
    assert form["seen"].value() == working.event_count
    assert verbs_of(working)[-1] == "acknowledge"


def test_the_categorys_co_handlers_are_ticked_at_first_and_may_all_be_unticked(cast, client):
    category = make_category(cast.power)
    category.co_departments.add(cast.housing)
    Version.objects.bump("categories")
    ticket = make_ticket(cast.subarea, category)
    do(client, cast.secretary, ticket, "accept")
    form = client.get(address(ticket, "dispatch")).context["form"]
    assert form["co"].value() == [str(cast.housing.pk)]
    refreshed = do(client, cast.secretary, ticket, "dispatch", refresh="1")
    assert refreshed.context["form"]["co"].value() == []


def test_an_ordinary_matter_is_recategorised_and_settled_on_the_spot(cast, client, power_cut):
    first, second = make_category(), make_category()
    ticket = make_ticket(cast.subarea, first)
    do(client, cast.secretary, ticket, "accept")
    do(client, cast.secretary, ticket, "recategorise", category=str(second.pk))
    assert Ticket.objects.get().category == second
    response = do(client, cast.worker, ticket, "resolve_on_spot", note="当场清走了")
    assert response.status_code == 302
    assert verbs_of(ticket) == ["submit", "accept", "recategorise", "resolve_on_spot"]


def test_merging_takes_the_number_of_another_matter_in_reach(cast, client, ticket, power_cut):
    other = make_ticket(cast.village, power_cut)
    far = make_ticket(cast.neighbour_subarea, power_cut)
    response = do(client, cast.secretary, ticket, "merge", into=far.reference, note="同一起")
    assert response.context["form"].errors["into"]
    spaced = f"{other.reference[:4]} {other.reference[4:]}"
    assert do(client, cast.secretary, ticket, "merge", into=spaced).status_code == 302
    assert Ticket.objects.get(pk=ticket.pk).merged_into == other


def resolve(cast, ticket):
    return workflow.resolve(ticket, by=cast.specialist, note="换好了", at=later(ticket))


@pytest.mark.parametrize(
    ("typed", "status", "events"),
    [
        ({"reached": "no"}, Status.RESOLVED, ["record_call"]),
        ({"reached": "yes", "solved": "yes", "satisfied": "no"}, Status.CLOSED,
         ["record_call", "confirm"]),
        ({"reached": "yes", "solved": "no", "note": "还没电"}, Status.IN_PROGRESS,
         ["record_call", "dispute"]),
    ],
)  # fmt: skip
def test_a_call_back_is_recorded(cast, client, working, typed, status, events):
    ticket = resolve(cast, working)
    seen = ticket.event_count
    assert do(client, cast.worker, ticket, "record_call", **typed).status_code == 302
    ticket.refresh_from_db()
    assert ticket.status == status
    assert verbs_of(ticket)[seen:] == events
    again = do(client, cast.worker, ticket, "record_call", seen=seen, **typed)
    assert again.status_code == 302
    assert verbs_of(ticket)[seen:] == events


def test_a_reached_resident_has_said_something(cast, client, working):
    ticket = resolve(cast, working)
    response = do(client, cast.worker, ticket, "record_call", reached="yes")
    assert set(response.context["form"].errors) == {"solved"}


@pytest.mark.parametrize(
    ("verb", "typed"),
    [("acknowledge", {}), ("note", {"note": "记一笔"}), ("record_finding", {"note": "断了"})],
)
def test_double_tap_is_one_event(cast, client, ticket, verb, typed):
    first = do(client, cast.specialist, ticket, verb, seen=3, **typed)
    second = do(client, cast.specialist, ticket, verb, seen=3, **typed)
    assert (first.status_code, second.status_code) == (302, 302)
    assert verbs_of(ticket).count(verb) == 1
    assert said(second)[-1] == gettext("This is recorded already.")


def test_somebody_who_was_slower_gets_a_notice(cast, client, ticket):
    do(client, cast.specialist, ticket, "acknowledge", seen=3)
    colleague = cast.steward
    make_posting(colleague, Role.SPECIALIST, organisation=cast.power)
    response = do(client, colleague, ticket, "acknowledge", seen=3)
    assert response.status_code == 302
    assert verbs_of(ticket).count("acknowledge") == 1


def test_a_stale_page_keeps_the_words_and_shows_the_news(cast, client, working):
    workflow.note(working, by=cast.secretary, note="刚打过电话")
    response = do(
        client, cast.specialist, working, "resolve", seen=working.event_count, note="长长的结果"
    )
    assert response.status_code == 409
    form = response.context["form"]
    assert form["note"].value() == "长长的结果"
    assert str(form["seen"].value()) == str(working.event_count + 1)
    assert response.context["notice"]
    assert Ticket.objects.get().status == Status.IN_PROGRESS
    response = do(client, cast.specialist, working, "resolve", seen=form["seen"].value(), note="好")
    assert response.status_code == 302


def test_a_page_without_its_hidden_part_is_brought_up_to_date(cast, client, working):
    client.force_login(cast.specialist)
    for seen in ("", "abc", "-4"):
        response = client.post(address(working, "note"), {"seen": seen, "note": "留着"})
        assert response.status_code == 409
        assert response.context["form"]["note"].value() == "留着"
    assert verbs_of(working)[-1] == "acknowledge"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"note": ""}, "note"),
        ({"note": " \x00\u200b "}, "note"),
        ({"note": "字" * 7_000}, "note"),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_field(cast, client, working, typed, field):
    response = do(client, cast.specialist, working, "resolve", **typed)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {field}
    assert f'id="id_{field}_error"' in response.content.decode()
    assert response.context["form"][field].value() == typed[field]


@pytest.mark.parametrize(
    ("verb", "typed", "field"),
    [
        ("hold", {"reason": "resident", "until": SOON}, "reason"),
        ("hold", {"reason": "parts", "until": timedelta(days=30)}, "until"),
        ("hold", {"reason": "parts", "until": timedelta(days=-1)}, "until"),
        ("hold", {"reason": "parts", "until": "morgen"}, "until"),
        ("call_contractor", {"note": "电缆队", "at": timedelta(hours=5)}, "at"),
        ("return", {"note": "不归我们"}, "suggested"),
        ("return", {"note": "不归我们", "suggested": "power"}, "suggested"),
        ("transfer", {"note": "给你", "holder": "specialist"}, "holder"),
        ("merge", {"into": "123"}, "into"),
    ],
)
def test_bad_input_is_refused_in_words(cast, client, working, verb, typed, field):
    ready = {}
    for name, value in typed.items():
        if isinstance(value, timedelta):
            value = local(timezone.now() + value)
        elif name in ("suggested", "holder"):
            value = str(getattr(cast, value).pk)
        ready[name] = value
    if verb == "transfer":
        ready["organisation"] = str(cast.power.pk)
    response = do(client, cast.specialist, working, verb, **ready)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {field}
    assert verbs_of(working)[-1] == "acknowledge"


def test_released_words_begin_masked_and_may_hold_no_number(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, description="停电了，打13812345678")
    client.force_login(cast.dispatcher)
    form = client.get(address(ticket, "release")).context["form"]
    assert form["text"].value() == "停电了，打138****5678"
    response = do(client, cast.dispatcher, ticket, "release", text="打13812345678", is_checked="on")
    assert set(response.context["form"].errors) == {"text"}
    response = do(client, cast.dispatcher, ticket, "release", text="停电了")
    assert set(response.context["form"].errors) == {"is_checked"}


def test_not_mine_to_do_is_a_notice_and_out_of_reach_is_not_found(cast, client, working):
    response = do(client, cast.own_specialist, working, "resolve", note="好了")
    assert response.status_code == 403
    assert response.context["form"]["note"].value() == "好了"
    assert do(client, cast.neighbour_worker, working, "note", note="x").status_code == 404
    client.force_login(cast.own_specialist)
    page = client.get(address(working, "resolve"))
    assert page.url == reverse("tickets:detail", args=[working.reference])


def test_a_step_that_sends_the_ticket_away_leads_to_the_list(cast, client, working):
    response = do(
        client, cast.specialist, working, "return", note="不归我们", suggested=str(cast.housing.pk)
    )
    assert response.url == reverse("tickets:list")


def test_a_photo_may_come_with_the_result_and_a_bad_one_keeps_the_words(
    cast, client, working, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    bad = make_photo("a.svg")
    response = do(client, cast.specialist, working, "resolve", note="长长的结果", photos=[bad])
    assert set(response.context["form"].errors) == {"photos"}
    assert response.context["form"]["note"].value() == "长长的结果"
    good = make_photo()
    response = do(client, cast.specialist, working, "resolve", note="长长的结果", photos=[good])
    assert response.status_code == 302
    assert working.attachments.count() == 1
    assert verbs_of(working)[-2:] == ["resolve", "attach"]


def test_htmx_gets_the_form_alone(cast, client, working):
    client.force_login(cast.specialist)
    part = client.get(address(working, "resolve"), headers={"HX-Request": "true"})
    assert part.content.strip().startswith(b"<form")
