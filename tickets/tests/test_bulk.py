"""One step for many matters: chosen, looked at first, done once, told one by one."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts import unsent
from accounts.choices import Role
from accounts.tests.factories import make_posting, make_user
from common.models import IdempotencyRecord
from notices.models import Notice
from tickets import several, workflow
from tickets.choices import Kind, Status, Verb
from tickets.forms.bulk import LONGEST_LIST
from tickets.models import ReplyTemplate, Ticket, TicketEvent
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.sending import data_queries

pytestmark = pytest.mark.django_db

BULK, LOOK = "/tickets/bulk/", "/tickets/bulk/look/"
DO, DONE = "/tickets/bulk/do/", "/tickets/bulk/done/"
PHONE = workflow.Contact(phone="+8613800012345")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def noise(cast):
    return make_category(name="噪声")


@pytest.fixture
def handed(cast, power_cut):
    """Three power cuts in the hands of the power company's contact."""
    at = timezone.now() - timedelta(hours=3)
    return [
        make_ticket(cast.subarea, power_cut, resident=PHONE, at=at, description=f"第{n}处停电")
        for n in range(3)
    ]


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.dispatcher)
    return client


def numbers(tickets):
    return "\n".join(ticket.reference for ticket in tickets)


def to_housing(cast, tickets, **said):
    return {
        "what": "pass_on",
        "references": tickets if isinstance(tickets, str) else numbers(tickets),
        "organisation": str(cast.housing.pk),
        "note": "这一片的线路归住建局",
    } | said


def telling(tickets, **said):
    references = tickets if isinstance(tickets, str) else numbers(tickets)
    return {"what": "tell", "references": references, "note": "{reference}：明天上午来修"} | said


def look(client, said):
    """Post the form and return the look at it."""
    answer = client.post(BULK, said)
    assert answer.url == LOOK
    return client.get(LOOK)


def do(client, said):
    """Do it and return how it went."""
    answer = client.post(DO, said)
    assert answer.url == DONE
    return client.get(DONE)


def sent_on(page):
    """Return the form of a preview, as a browser sends it."""
    text = page.content.decode()
    form = text[text.index(f'action="{DO}"') :]
    said = dict(re.findall(r'name="(what|key)" value="([^"]*)"', form))
    said |= dict(re.findall(r'<textarea name="(\w+)" hidden>([^<]*)</textarea>', form))
    return said | {"pick": re.findall(r'name="pick" value="([^"]*)"', form)}


def reasons(page):
    return {reason: len(those) for reason, those in page.context["refused"]}


def verbs_of(ticket):
    return [event.verb for event in ticket.events.in_order()]


# --- choosing


def test_what_was_picked_on_the_list_stands_in_the_box(desk, handed):
    picked = [ticket.reference for ticket in handed]
    page = desk.get(BULK, {"what": "tell", "pick": picked})
    assert page.context["form"].initial["references"] == "\n".join(picked)
    assert numbers(handed) in page.content.decode()


def test_the_list_offers_its_rows_for_picking(desk, handed):
    text = desk.get(reverse("tickets:list")).content.decode()
    for ticket in handed:
        assert f'form="several" name="pick" value="{ticket.reference}"' in text
    assert f'id="several" method="get" action="{BULK}"' in text
    every = re.search(rf'href="({BULK}[^"]*)"', text)[1].replace("&amp;", "&")
    in_box = desk.get(every).context["form"].initial["references"]
    assert set(in_box.split()) == {ticket.reference for ticket in handed}


@pytest.mark.parametrize("what", ["", "nonsense", "pass_on"])
def test_passing_on_comes_first(desk, what):
    assert desk.get(BULK, {"what": what}).context["what"] == "pass_on"


@pytest.mark.parametrize(
    ("references", "sentence"),
    [
        ("", "Please choose at least one matter."),
        ("停电", "Please choose at least one matter."),
        ("1" * (LONGEST_LIST + 1), "This list is too long. Please take fewer matters."),
    ],
)
def test_an_empty_choice_and_an_endless_one_are_sentences(desk, cast, references, sentence):
    page = desk.post(BULK, to_housing(cast, references))
    assert page.context["form"].errors["references"] == [gettext(sentence)]


def test_more_than_200_are_refused_and_nothing_typed_is_lost(desk, cast):
    many = "\n".join(f"{number:010d}" for number in range(several.MOST + 1))
    page = desk.post(BULK, to_housing(cast, many))
    assert "201" in page.context["form"].errors["references"][0]
    text = page.content.decode()
    assert many in text
    assert "这一片的线路归住建局" in text


def test_what_is_no_number_is_named(desk, cast, handed):
    page = desk.post(BULK, to_housing(cast, f"{numbers(handed)}\n12345"))
    assert "12345" in page.context["form"].errors["references"][0]


def test_people_of_an_organisation_are_offered_before_anything_is_judged(desk, cast, handed):
    answer = desk.post(BULK, to_housing(cast, handed, refresh="1", note=""))
    assert answer.url == BULK
    page = desk.get(BULK)
    offered = [pk for pk, _name in page.context["form"].fields["holder"].choices]
    assert str(cast.own_specialist.pk) in offered
    assert not page.context["form"].errors
    assert numbers(handed) in page.content.decode()


@pytest.mark.parametrize("said", [{"organisation": ""}, {"note": ""}, {"organisation": "999999"}])
def test_to_whom_and_why_must_be_said(desk, cast, handed, said):
    page = desk.post(BULK, to_housing(cast, handed, **said))
    assert set(page.context["form"].errors) == set(said)


# --- looking first


def test_preview_says_how_many_are_allowed_and_why_not(desk, cast, handed, noise):
    done = workflow.acknowledge(handed[0], by=cast.specialist)
    workflow.resolve(done, by=cast.specialist, note="修好了")
    new = make_ticket(cast.subarea, noise)
    events = TicketEvent.objects.count()
    page = look(desk, to_housing(cast, f"{numbers([*handed, new])}\n1234567890"))
    assert [each.ticket for each in page.context["allowed"]] == handed[1:]
    wrong_status = gettext("This is no longer possible: the matter is now “%(status)s”.")
    assert reasons(page) == {
        wrong_status % {"status": Status.RESOLVED.label}: 1,
        wrong_status % {"status": Status.SUBMITTED.label}: 1,
        gettext("There is no matter with this number in your reach."): 1,
    }
    assert TicketEvent.objects.count() == events
    assert not IdempotencyRecord.objects.exists()


def test_what_is_out_of_reach_is_not_found_and_shows_nothing(client, cast, power_cut, handed):
    client.force_login(cast.neighbour_secretary)
    page = look(client, telling(handed))
    assert reasons(page) == {gettext("There is no matter with this number in your reach."): 3}
    assert "第0处停电" not in page.content.decode()
    assert "pick" not in dict(sent_on(page)) or sent_on(page)["pick"] == []


def test_a_step_that_is_not_theirs_is_said_to_be_so(client, cast, handed):
    client.force_login(cast.worker)
    page = look(client, to_housing(cast, handed))
    assert reasons(page) == {gettext("This step is not yours to take."): 3}


def test_what_came_back_twice_waits_for_the_arbiter(desk, cast, handed):
    ticket = handed[0]
    for organisation in (cast.housing, cast.power):
        ticket = workflow.return_ticket(
            ticket, by=ticket.holder, note="不归我们", suggested=organisation, at=later(ticket)
        )
        if ticket.return_count == 1:
            ticket = workflow.dispatch(
                ticket, by=cast.dispatcher, organisation=cast.housing, at=later(ticket)
            )
    page = look(desk, to_housing(cast, [ticket]))
    assert reasons(page) == {gettext("Returned twice: now the district's arbiter decides."): 1}


def test_where_it_is_already_it_is_not_passed_on_to(desk, cast, handed):
    there = {"organisation": str(cast.power.pk)}
    page = look(desk, to_housing(cast, handed, **there))
    assert reasons(page) == {gettext("It is with this organisation already."): 3}
    same = there | {"holder": str(cast.specialist.pk)}
    page = look(desk, to_housing(cast, handed, **same))
    assert reasons(page) == {gettext("It is with this person already."): 3}
    other = there | {"holder": str(cast.manager.pk)}
    page = look(desk, to_housing(cast, handed, **other))
    assert len(page.context["allowed"]) == 3


def test_the_unit_complained_of_does_not_get_it(desk, cast, power_cut):
    about = make_ticket(cast.subarea, power_cut, kind=Kind.COMPLAINT, accused=cast.housing)
    sentence = gettext("This is about that unit: somebody else must handle it.")
    assert reasons(look(desk, to_housing(cast, [about]))) == {sentence: 1}
    make_posting(cast.manager, Role.SPECIALIST, organisation=cast.housing)
    through = {"organisation": str(cast.power.pk), "holder": str(cast.manager.pk)}
    assert reasons(look(desk, to_housing(cast, [about], **through))) == {sentence: 1}


def test_three_examples_are_filled_and_the_silent_are_counted(desk, cast, handed, power_cut):
    alone = make_ticket(cast.subarea, power_cut)
    page = look(desk, telling([*handed, alone]))
    examples = page.context["examples"]
    assert [each.reference for each, _words in examples] == [each.reference for each in handed]
    for each, message in examples:
        assert f"{each.reference}：明天上午来修" in message
        assert message in page.content.decode()
    assert page.context["silent"] == 1


def test_the_way_back_has_everything_typed(desk, cast, handed):
    look(desk, to_housing(cast, f"{numbers(handed)}\n1234567890"))
    page = desk.get(BULK)
    text = page.content.decode()
    assert f"{numbers(handed)}\n1234567890" in text.replace("\r\n", "\n")
    assert "这一片的线路归住建局" in text
    assert page.context["form"].initial["organisation"] == str(cast.housing.pk)
    other = desk.get(BULK, {"what": "tell"}).context["form"].initial
    assert list(other) == ["references"]
    assert handed[0].reference in other["references"]


def test_once_done_nothing_of_it_is_left_in_the_form(desk, cast, handed):
    do(desk, sent_on(look(desk, to_housing(cast, handed))))
    assert desk.get(LOOK).url == BULK
    assert not any(desk.get(BULK).context["form"].initial.values())


def test_words_typed_before_the_session_ended_are_back_after_signing_in(desk, cast, handed):
    session = desk.session
    said = QueryDict(mutable=True)
    said.update(telling(handed))
    unsent.keep(session, user_id=cast.dispatcher.pk, path=BULK, data=said)
    session.save()
    page = desk.get(BULK)
    assert page.context["what"] == "tell"
    assert page.context["form"].initial["note"] == telling(handed)["note"]


@pytest.mark.parametrize("address", [LOOK, DONE])
def test_without_anything_begun_there_is_nothing_to_look_at(desk, address):
    assert desk.get(address).url == BULK


def test_where_nothing_is_allowed_there_is_no_button(desk, cast):
    page = look(desk, to_housing(cast, "1234567890"))
    assert sent_on(page)["pick"] == []
    assert desk.post(DO, sent_on(page)).url == BULK


# --- sentences


@pytest.fixture
def sentence(db):
    return ReplyTemplate.objects.create(
        name="明天来", verb=Verb.TELL_RESIDENT, text="{reference} 明天派人来，最晚{date}办完。"
    )


def test_a_ready_sentence_is_filled_for_each(desk, handed, sentence):
    page = look(desk, telling(handed, template=str(sentence.pk), note=""))
    page = do(desk, sent_on(page))
    assert len(page.context["done"]) == 3
    for ticket in handed:
        note = ticket.events.get(verb=Verb.TELL_RESIDENT).data["note"]
        assert note.startswith(f"{ticket.reference} 明天派人来，最晚")
        assert "{" not in note


def test_a_sentence_for_another_kind_of_matter_is_not_sent(desk, handed, sentence, noise):
    sentence.category = noise
    sentence.save()
    page = look(desk, telling(handed, template=str(sentence.pk), note=""))
    assert reasons(page) == {gettext("This sentence is meant for another kind of matter."): 3}


@pytest.mark.parametrize(
    ("template", "note"), [(True, "还有我的话"), (False, ""), (False, "{who} 明天来"), (False, "{")]
)
def test_words_that_cannot_be_sent_are_refused_and_kept(desk, handed, sentence, template, note):
    said = telling(handed, template=str(sentence.pk) if template else "", note=note)
    page = desk.post(BULK, said)
    assert set(page.context["form"].errors) == {"note"}
    assert note in page.content.decode()


def test_a_sentence_that_was_taken_away_meanwhile_is_asked_for_again(desk, handed, sentence):
    said = sent_on(look(desk, telling(handed, template=str(sentence.pk), note="")))
    ReplyTemplate.objects.update(is_active=False)
    page = desk.post(DO, said)
    assert set(page.context["form"].errors) == {"template"}
    assert numbers(handed) in page.content.decode()
    assert not TicketEvent.objects.filter(verb=Verb.TELL_RESIDENT).exists()


# --- doing it


def test_each_is_passed_on_by_the_step_its_status_demands(desk, cast, handed, noise):
    accepted = make_ticket(cast.subarea, noise)
    accepted = workflow.accept(accepted, by=cast.worker, at=later(accepted))
    said = sent_on(look(desk, to_housing(cast, [*handed[:2], accepted])))
    page = do(desk, said)
    assert [each.reference for each in page.context["done"]] == [
        each.reference for each in (*handed[:2], accepted)
    ]
    assert [verbs_of(each)[-1] for each in (handed[0], accepted)] == ["transfer", "dispatch"]
    moved = Ticket.objects.filter(organisation=cast.housing, status=Status.DISPATCHED)
    assert moved.count() == 3
    assert {each.due_at for each in moved} >= {handed[0].due_at}
    assert handed[0].events.last().data["note"] == "这一片的线路归住建局"


def test_all_are_told_and_their_residents_get_a_message(desk, handed):
    do(desk, sent_on(look(desk, telling(handed))))
    sent = Notice.objects.filter(kind="word", channel="sms").values_list("body", flat=True)
    assert len(sent) == 3
    assert all(any(ticket.reference in body for body in sent) for ticket in handed)


def test_a_double_tap_does_it_once_and_answers_the_same(desk, cast, handed):
    said = sent_on(look(desk, to_housing(cast, handed)))
    first, second = do(desk, said), do(desk, said)
    assert len(first.context["done"]) == len(second.context["done"]) == 3
    assert TicketEvent.objects.filter(verb=Verb.TRANSFER).count() == 3


def test_a_second_tap_of_whoever_cannot_see_it_any_more_answers_the_same(client, cast, handed):
    client.force_login(cast.manager)
    said = sent_on(look(client, to_housing(cast, handed)))
    do(client, said)
    assert not Ticket.objects.for_user(cast.manager).exists()
    again = do(client, said)
    assert [each.reference for each in again.context["done"]] == [each.reference for each in handed]


def test_what_changed_since_the_preview_is_left_alone_and_told(desk, cast, handed):
    said = sent_on(look(desk, to_housing(cast, handed)))
    workflow.note(handed[1], by=cast.specialist, note="正在修")
    page = do(desk, said)
    assert len(page.context["done"]) == 2
    assert reasons(page) == {
        gettext("Something has happened since you opened this page. Please look again."): 1
    }
    assert Ticket.objects.get(pk=handed[1].pk).organisation == cast.power
    assert f"pick={handed[1].reference}" in page.content.decode()


def test_one_that_fails_does_not_undo_the_others(desk, cast, handed):
    said = sent_on(look(desk, telling(handed)))
    workflow.withdraw(handed[0])
    page = do(desk, said)
    assert [each.reference for each in page.context["done"]] == [
        each.reference for each in handed[1:]
    ]


def test_a_foreign_reference_that_was_put_in_is_not_found(client, cast, handed):
    client.force_login(cast.neighbour_secretary)
    key = "a" * 22
    picks = [f"{each.reference}:{each.event_count}" for each in handed]
    page = do(client, telling(handed, key=key) | {"pick": picks})
    assert reasons(page) == {gettext("There is no matter with this number in your reach."): 3}
    assert "第0处停电" not in page.content.decode()
    assert not TicketEvent.objects.filter(verb=Verb.TELL_RESIDENT).exists()


def test_a_step_that_is_not_theirs_is_refused_when_it_is_forced(client, cast, handed):
    client.force_login(cast.worker)
    picks = [f"{each.reference}:{each.event_count}" for each in handed]
    page = do(client, to_housing(cast, handed, key="a" * 22) | {"pick": picks})
    assert reasons(page) == {gettext("This step is not yours to take."): 3}


def test_the_same_key_for_something_else_is_a_conflict_and_does_nothing(desk, cast, handed):
    said = sent_on(look(desk, telling(handed)))
    do(desk, said)
    page = do(desk, said | {"note": "别的话"})
    assert len(page.context["again"]) == 3
    assert TicketEvent.objects.filter(verb=Verb.TELL_RESIDENT).count() == 3


@pytest.mark.parametrize(
    "broken",
    [
        {"pick": []},
        {"pick": ["1234567890"]},
        {"pick": ["1234567890:x"]},
        {"pick": [f"{number:010d}:1" for number in range(several.MOST + 1)]},
        {"key": ""},
        {"key": "钥匙" * 10},
    ],
)
def test_a_page_that_is_not_whole_leads_back_to_the_beginning(desk, cast, handed, broken):
    said = sent_on(look(desk, to_housing(cast, handed)))
    assert desk.post(DO, said | broken).url == BULK
    assert not TicketEvent.objects.filter(verb=Verb.TRANSFER).exists()


# --- who, and how much it asks


@pytest.mark.parametrize("address", [BULK, LOOK, DO, DONE])
def test_residents_have_no_such_page(client, cast, address):
    client.force_login(cast.outsider)
    method = client.post if address == DO else client.get
    assert method(address).status_code == 404
    client.logout()
    assert reverse("account_login") in method(address).url


@pytest.mark.parametrize("said", [to_housing, lambda _cast, tickets: telling(tickets)])
def test_looking_asks_the_same_questions_for_one_and_for_three(desk, cast, handed, settings, said):
    settings.NAME_MAP_SECONDS = 60
    counts = []
    for some in (handed[:1], handed):
        look(desk, said(cast, some))
        with CaptureQueriesContext(connection) as captured:
            assert len(desk.get(LOOK).context["allowed"]) == len(some)
        counts.append(len(data_queries(captured)))
    assert counts[0] == counts[1] <= 12, counts


def test_two_people_may_do_the_same_at_once(client, cast, handed):
    """One key belongs to one person: nobody reads another one's answers."""
    colleague = make_user("colleague")
    make_posting(colleague, Role.DISPATCHER, grid=cast.district)
    picks = [f"{each.reference}:{each.event_count}" for each in handed]
    said = telling(handed, key="a" * 22) | {"pick": picks}
    client.force_login(cast.dispatcher)
    assert len(do(client, said).context["done"]) == 3
    client.force_login(colleague)
    assert len(do(client, said).context["again"]) == 3
