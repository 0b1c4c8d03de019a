"""Signing in by code and by password, with all the ways it can go wrong."""

import json
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from common.models import AuditEntry

pytestmark = pytest.mark.django_db
PHONE = "+8613700000001"


@pytest.fixture(autouse=True)
def outbox(settings, tmp_path):
    """Return a function that reads the messages sent so far."""
    settings.SMS_BACKEND = "notices.sms.FileBackend"
    settings.SMS_FILE = tmp_path / "sms.jsonl"

    def read():
        if not settings.SMS_FILE.exists():
            return []
        return [json.loads(line) for line in settings.SMS_FILE.read_text("utf-8").splitlines()]

    return read


def ask(client, phone="137 0000 0001", **extra):
    return client.post(reverse("account_request_login_code"), {"phone": phone}, **extra)


def enter(client, code):
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def code_in(message):
    return re.search(r"\d{6}", message["text"])[0]


def sign_in(client, login, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": login, "password": password}, **extra)


def is_signed_in(client):
    return client.get(reverse("accounts:me")).status_code == 200


# --- Codes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["13700000001", "137 0000 0001", "+86 137-0000-0001", "１３７０００００００１"]
)
def test_code_opens_an_account_that_did_not_exist(client, outbox, typed):
    assert ask(client, typed).url == reverse("account_confirm_login_code")
    [message] = outbox()
    assert message["phone"] == PHONE
    page = client.get(reverse("account_confirm_login_code")).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    assert code_in(message) not in page
    assert enter(client, code_in(message)).url == reverse("accounts:me")
    user = User.objects.get(phone=PHONE)
    assert user.phone_verified
    assert not user.has_usable_password()
    assert is_signed_in(client)


def test_code_is_accepted_in_full_width_with_spaces(client, outbox):
    ask(client)
    wide = code_in(outbox()[0]).translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    enter(client, f" {wide[:3]} {wide[3:]} ")
    assert is_signed_in(client)


def test_known_and_unknown_phones_get_the_same_answer(outbox):
    make_user(phone="+8613700000002")
    answers = [ask(Client(), phone) for phone in ("13700000001", "13700000002")]
    assert answers[0].url == answers[1].url
    texts = [re.sub(r"\d{6}", "…", message["text"]) for message in outbox()]
    assert len(texts) == 2
    assert texts[0] == texts[1]


@pytest.mark.parametrize("typed", ["", "abc", "1370000000", "0536-7251234", "110", "1" * 7000])
def test_phone_that_gets_no_code_is_a_sentence_and_no_account(client, outbox, typed):
    answer = ask(client, typed)
    assert answer.status_code == 200
    assert answer.context["form"].errors["phone"]
    assert outbox() == []
    assert not User.objects.exists()


def test_thirty_phones_from_one_address_all_get_in(outbox):
    for number in range(30):
        client = Client()
        assert ask(client, f"137000001{number:02d}").status_code == 302
        enter(client, code_in(outbox()[-1]))
        assert is_signed_in(client)
    assert User.objects.filter(phone_verified=True).count() == 30


def test_one_phone_gets_three_codes_a_minute(outbox):
    answers = [ask(Client()).status_code for _try in range(7)]
    assert answers == [302] * 3 + [200] * 4
    assert len(outbox()) == 3


def test_one_phone_gets_five_codes_a_day(outbox, monkeypatch):
    monkeypatch.setattr("accounts.forms.CODES_A_MINUTE", 100)
    answers = [ask(Client()).status_code for _try in range(7)]
    assert answers == [302] * 5 + [200] * 2
    assert len(outbox()) == 5


def test_wrong_codes_end_the_attempt(client, outbox):
    ask(client)
    right = code_in(outbox()[0])
    wrong = "000000" if right != "000000" else "111111"
    assert enter(client, wrong).context["form"].errors["code"]
    assert enter(client, wrong).status_code == 200
    assert enter(client, wrong).url == reverse("account_request_login_code")
    assert enter(client, right).url == reverse("account_request_login_code")
    assert not is_signed_in(client)


def test_code_holds_only_in_the_session_that_asked(outbox):
    asked, other = Client(), Client()
    ask(asked)
    ask(other, "13700000002")
    enter(other, code_in(outbox()[0]))
    assert not is_signed_in(other)
    enter(Client(), code_in(outbox()[0]))
    enter(asked, code_in(outbox()[0]))
    assert is_signed_in(asked)


def test_code_is_good_once_and_for_five_minutes(client, outbox, time_machine):
    time_machine.move_to("2026-03-10 10:00:00+08:00")
    ask(client)
    time_machine.shift(301)
    assert enter(client, code_in(outbox()[0])).status_code == 302
    assert not is_signed_in(client)
    ask(client)
    code = code_in(outbox()[1])
    enter(client, code)
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    assert enter(client, code).url == reverse("account_request_login_code")
    assert not is_signed_in(client)


def test_another_number_can_be_tried_half_way(client, outbox):
    ask(client)
    way = reverse("account_request_login_code")
    assert client.get(way).url == reverse("account_confirm_login_code")
    assert client.post(reverse("account_logout"), {"next": way}).url == way
    assert client.get(way).status_code == 200


def test_provider_that_is_down_is_a_sentence(client, settings):
    settings.SMS_FILE = settings.SMS_FILE / "no" / "such" / "folder"
    answer = client.post(
        reverse("account_request_login_code"), {"phone": "13700000001"}, follow=True
    )
    assert answer.status_code == 200
    assert len(list(answer.context["messages"])) == 1


def test_closed_account_is_told_so(client, outbox):
    make_user(phone=PHONE, is_active=False)
    ask(client)
    assert enter(client, code_in(outbox()[0])).url == reverse("account_inactive")
    assert client.get(reverse("account_inactive")).status_code == 200


# --- Passwords -----------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["worker", "+8610000009001", "10000009001", "１００ 0000 9001"])
def test_staff_sign_in_by_name_or_phone(cast, client, login):
    User.objects.filter(pk=cast.worker.pk).update(phone="+8610000009001")
    history = User.history.count()
    assert sign_in(client, login).status_code == 302
    assert is_signed_in(client)
    assert AuditEntry.objects.get().verb == "sign_in"
    assert User.history.count() == history


def test_sign_in_goes_where_somebody_works(cast, client):
    assert sign_in(client, "worker").url == reverse("today")


def test_sign_in_goes_back_but_never_to_another_host(cast, client):
    for bad in ("//e.com", "\\\\e.com", "https:e.com", "\t//e.com", "https://e.com/"):
        visitor = Client()
        answer = visitor.post(
            reverse("account_login"), {"login": "worker", "password": PASSWORD, "next": bad}
        )
        assert answer.url == reverse("today"), bad
    answer = client.post(
        reverse("account_login"), {"login": "worker", "password": PASSWORD, "next": "/me/"}
    )
    assert answer.url == "/me/"


@pytest.mark.parametrize(
    ("login", "password"),
    [("worker", "wrong"), ("nobody", PASSWORD), ("", ""), ("worker", ""), ("x" * 7000, "\x00")],
)
def test_wrong_sign_in_is_a_sentence(cast, client, login, password):
    answer = sign_in(client, login, password)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not is_signed_in(client)


def test_twenty_wrong_passwords_do_not_lock_out_another_address(cast, client):
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    for _try in range(20):
        assert sign_in(stranger, "worker", "wrong").status_code == 200
    assert sign_in(stranger, "worker").status_code == 200
    assert not is_signed_in(stranger)
    assert sign_in(client, "worker", REMOTE_ADDR="198.51.100.4").status_code == 302
    assert is_signed_in(client)


def test_too_many_tries_from_one_address_are_a_page_of_ours(client):
    answers = [sign_in(client, f"nobody-{number}") for number in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[-1].templates[0].name == "429.html"


def test_session_changes_at_sign_in_and_dies_at_sign_out(cast, client):
    client.get(reverse("account_login"))
    sign_in(client, "worker")
    old = client.cookies["sessionid"].value
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache"'
    assert not Session.objects.filter(pk=old).exists()
    client.cookies["sessionid"] = old
    assert not is_signed_in(client)


def test_sign_out_asks_first(cast, client):
    client.force_login(cast.worker)
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "new", ["hanting2026", "寒亭网格2026", "Weifang-Grid-1", "12345678", "short"]
)
def test_weak_new_password_is_refused(cast, client, new):
    client.force_login(cast.worker)
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = client.post(reverse("account_change_password"), data)
    assert answer.context["form"].errors["password1"]
    assert User.objects.get(pk=cast.worker.pk).check_password(PASSWORD)


def test_password_is_changed_and_other_sessions_end(cast, client):
    client.force_login(cast.worker)
    other = Client()
    other.force_login(cast.worker)
    new = "在寒亭的河边走一走，看看柳树。" * 4
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = client.post(reverse("account_change_password"), data)
    assert answer.url == reverse("accounts:me")
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_residents_have_no_password_to_change(client):
    client.force_login(make_user(phone=PHONE))
    assert client.get(reverse("account_change_password")).status_code == 404


# --- Addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_reset_password", "account_set_password"]
)
def test_unused_pages_have_no_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "password/reset/", "phone/change/", "3rdparty/"]
)
def test_unused_pages_are_not_found(client, path):
    assert client.get(f"/accounts/{path}").status_code == 404


def test_login_page_offers_two_ways(client):
    page = client.get(reverse("account_login") + "?next=/me/").content.decode()
    assert page.count("<form") >= 2
    assert reverse("account_request_login_code") in page
    assert page.count('name="next" value="/me/"') == 2
    assert "/signup" not in page


def test_me_shows_work_and_nothing_of_others(cast, client):
    client.force_login(cast.worker)
    answer = client.get(reverse("accounts:me"))
    page = answer.content.decode()
    assert "吉祥家园一片区" in page
    assert cast.worker.shown_phone in page
    assert "no-store" in answer["Cache-Control"]
    assert cast.head.shown_phone not in page


def test_me_needs_signing_in(client):
    assert client.get("/me/").url == "/accounts/login/?next=/me/"
