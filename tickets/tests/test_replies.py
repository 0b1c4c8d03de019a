"""Sentences ready to send: filled with facts, chosen on a page, and read as they were shown."""

import pytest
from django.urls import reverse
from django.utils import translation

from common.errors import RuleViolation
from notices.models import Notice
from tickets import replies, workflow
from tickets.choices import Verb
from tickets.models import ReplyTemplate
from tickets.tests.factories import later, make_category, make_ticket
from tickets.workflow import words

pytestmark = pytest.mark.django_db
WANG = workflow.Contact(name="王小明", phone="+8613812345678")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def ticket(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, resident=WANG)
    return workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))


def make_template(text="{date}前修好。", *, verb=Verb.TELL_RESIDENT, name="修好", **more):
    return ReplyTemplate.objects.create(name=name, verb=verb, text=text, **more)


def address(ticket, verb="tell_resident"):
    return reverse(f"tickets:{verb}", args=[ticket.reference])


def send(client, ticket, verb="tell_resident", **typed):
    return client.post(address(ticket, verb), {"seen": ticket.event_count} | typed)


# --- Filling


def test_every_fact_is_filled_in(cast, ticket):
    text = "{reference}|{place}|{holder}|{organisation}|{date}"
    day = words.on_day(ticket.due_at)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert replies.fill(text, ticket) == (
                f"{ticket.reference}|吉祥家园一片区|specialist|区供电公司|{day}"
            )


def test_a_matter_of_the_community_names_the_community_and_its_place(cast):
    ticket = make_ticket(cast.community, make_category())
    assert replies.fill("{organisation}，{place}", ticket) == "社区，张氏街道锦绣社区"


def test_wide_brackets_and_spaces_are_brackets_too(ticket):
    assert replies.fill("｛ reference ｝", ticket) == ticket.reference


def test_words_of_the_ticket_fill_nothing_again(cast, ticket):
    cast.specialist.name = "{date}"
    ticket.holder = cast.specialist
    assert replies.fill("{holder}", ticket) == "{date}"


def test_filling_asks_the_database_nothing(ticket, settings, django_assert_num_queries):
    settings.NAME_MAP_SECONDS = 60
    text = "{reference}{place}{holder}{organisation}{date}"
    replies.fill(text, ticket)
    with django_assert_num_queries(0):
        replies.fill(text, ticket)


def test_known_facts_pass_the_check():
    for text in ("", "没有大括号", "".join(f"{{{name}}}" for name in replies.FACTS), "｛date｝"):
        replies.check_template(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{phone}", "unknown_fact"),
        ("{date.year}", "unknown_fact"),
        ("{date!r}", "unknown_fact"),
        ("{date:>9}", "unknown_fact"),
        ("{}", "unknown_fact"),
        ("{{date}}", "lone_bracket"),
        ("{date", "lone_bracket"),
        ("date}", "lone_bracket"),
        ("｛电话｝", "unknown_fact"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_in_words(text, code):
    with pytest.raises(RuleViolation) as refusal:
        replies.check_template(text)
    assert (refusal.value.code, refusal.value.field) == (code, "text")
    assert "{date}" in str(refusal.value)


# --- What fits


def test_the_categorys_own_sentences_come_first_and_others_stay_out(cast, ticket, power_cut):
    make_template(name="乙，大家的")
    make_template(name="甲，停电的", category=power_cut)
    make_template(name="别的类别", category=make_category())
    make_template(name="不用了", is_active=False)
    make_template(name="办结用", verb=Verb.RESOLVE)
    names = [ready.name for ready in replies.ready_for(Verb.TELL_RESIDENT, ticket)]
    assert names == ["甲，停电的", "乙，大家的"]
    for verb in (Verb.RESOLVE, Verb.RESOLVE_ON_SPOT):
        assert [ready.name for ready in replies.ready_for(verb, ticket)] == ["办结用"]


# --- On the page


def test_a_sentence_is_put_into_the_form_without_anything_being_done(cast, client, ticket):
    template = make_template("{reference}明天修。")
    client.force_login(cast.specialist)
    response = client.get(address(ticket), {"template": template.pk})
    assert response.context["form"]["note"].value() == f"{ticket.reference}明天修。"
    response = send(client, ticket, template=template.pk, note="", by_phone="on")
    form = response.context["form"]
    assert form["note"].value() == f"{ticket.reference}明天修。"
    assert form["by_phone"].value()
    assert ticket.events.latest("number").verb == "acknowledge"


def test_what_is_typed_is_kept_and_another_choice_takes_the_first_ones_place(cast, client, ticket):
    first, second = make_template("明天修。"), make_template("后天修。", name="后天")
    client.force_login(cast.specialist)
    kept = send(client, ticket, template=first.pk, note=" 您好。")
    assert kept.context["form"]["note"].value() == "您好。\n明天修。"
    changed = send(client, ticket, template=second.pk, note="明天修。")
    assert changed.context["form"]["note"].value() == "后天修。"


def test_a_sentence_that_is_gone_changes_nothing(cast, client, ticket):
    template = make_template(is_active=False)
    client.force_login(cast.specialist)
    for number in (template.pk, "0", "x", ""):
        response = send(client, ticket, template=number, note="我写的")
        assert response.context["form"]["note"].value() == "我写的"


def test_steps_that_no_resident_reads_offer_no_sentences(cast, client, ticket):
    make_template(verb=Verb.RESOLVE)
    client.force_login(cast.specialist)
    for verb, count in (("resolve", 1), ("note", 0), ("hold", 0)):
        response = client.get(address(ticket, verb))
        assert len(response.context["ready"]) == count
        assert ('id="words"' in response.content.decode()) == bool(count)


STEPS = [
    ("tell_resident", "specialist", {}),
    ("ask_resident", "specialist", {}),
    ("resolve", "specialist", {}),
    ("reject", "secretary", {}),
    ("resolve_on_spot", "secretary", {}),
]


@pytest.mark.parametrize(("verb", "who", "more"), STEPS)
def test_the_preview_is_exactly_what_is_sent(cast, client, ticket, verb, who, more):
    if who == "secretary":
        ticket = make_ticket(cast.subarea, make_category(), resident=WANG)
    client.force_login(getattr(cast, who))
    note = " 第一行。\r\n\r\n\r\n\r\n第二行 50% {date}  "
    shown = send(client, ticket, verb, note=note, refresh="1", **more).context["preview"]
    assert shown.phones == 1
    before = set(Notice.objects.values_list("pk", flat=True))
    assert send(client, ticket, verb, note=note, **more).status_code == 302
    sent = Notice.objects.exclude(pk__in=before).get(channel="sms")
    assert sent.body == shown.message


def test_the_preview_says_when_nothing_is_sent(cast, client, power_cut, ticket):
    client.force_login(cast.specialist)
    by_phone = send(client, ticket, note="到了", by_phone="on", refresh="1").context["preview"]
    assert (by_phone.phones, "到了" in by_phone.message) == (0, True)
    ring_me = workflow.Contact(phone="+8613812345678", wants_call=True)
    for contact in (ring_me, workflow.Contact()):
        silent = make_ticket(cast.subarea, power_cut, resident=contact)
        shown = send(client, silent, note="到了", refresh="1").context["preview"]
        assert shown.phones == 0


@pytest.mark.parametrize("note", ["", "  ", "\u200b", "字" * 7_000])
def test_no_words_and_too_many_have_no_preview(cast, client, ticket, note):
    client.force_login(cast.specialist)
    response = send(client, ticket, note=note, refresh="1")
    assert response.context["preview"] is None
    assert response.context["form"]["note"].value() == note


def test_htmx_gets_the_form_with_the_sentence(cast, client, ticket):
    template = make_template("明天修。")
    client.force_login(cast.specialist)
    typed = {"seen": ticket.event_count, "template": template.pk, "note": ""}
    part = client.post(address(ticket), typed, headers={"HX-Request": "true"})
    assert part.content.strip().startswith(b"<form")
    assert 'id="words"' in part.content.decode()
    assert "明天修。" in part.content.decode()
