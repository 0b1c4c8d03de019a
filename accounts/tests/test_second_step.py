"""The second step of staff, and the end of their sessions."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse

from accounts.middleware import IDLE_S, WHOLE_S
from accounts.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def code_for(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def enrol(client):
    """Set the app up as the signed-in person; return its secret."""
    page = client.get(reverse("mfa_activate_totp"))
    if page.status_code == 302:
        client.post(page.url, {"password": PASSWORD})
        page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    return secret


def sign_in(client, username="worker"):
    data = {"login": username, "password": PASSWORD}
    return client.post(reverse("account_login"), data)


def test_staff_set_up_the_app_and_need_it_next_time(cast, client):
    sign_in(client)
    secret = enrol(client)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    codes = client.get(reverse("mfa_view_recovery_codes"))
    assert len(codes.context["unused_codes"]) == 10
    assert client.get(reverse("mfa_index")).status_code == 200
    client.post(reverse("account_logout"))
    assert sign_in(client).url == reverse("mfa_authenticate")
    assert client.get(reverse("accounts:me")).status_code == 302
    page = client.get(reverse("mfa_authenticate"))
    assert 'autocomplete="one-time-code"' in page.content.decode()
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.context["form"].errors["code"]
    recovery = codes.context["unused_codes"][0]
    assert client.post(reverse("mfa_authenticate"), {"code": recovery}).url == reverse("today")
    assert client.get(reverse("accounts:me")).status_code == 200


def test_setting_up_asks_for_the_password_again(cast, client):
    sign_in(client)
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer.url.startswith(reverse("account_reauthenticate"))
    page = client.post(answer.url, {"password": "wrong"})
    assert page.context["form"].errors["password"]


def test_wrong_first_code_switches_nothing_on(cast, client):
    sign_in(client)
    client.post(client.get(reverse("mfa_activate_totp")).url, {"password": PASSWORD})
    answer = client.post(reverse("mfa_activate_totp"), {"code": "abc"})
    assert answer.context["form"].errors["code"]
    assert not Authenticator.objects.exists()


def test_it_can_be_switched_off_where_it_is_not_mandatory(cast, client):
    sign_in(client)
    enrol(client)
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()


def test_new_recovery_codes_replace_the_old(cast, client):
    sign_in(client)
    enrol(client)
    old = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    client.post(reverse("mfa_generate_recovery_codes"))
    new = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert set(old).isdisjoint(new)


class TestMandatory:
    @pytest.fixture(autouse=True)
    def mandatory(self, settings):
        settings.STAFF_SECOND_FACTOR = True

    def test_staff_without_it_only_reach_setting_it_up(self, cast, client):
        sign_in(client)
        for path in (reverse("accounts:me"), reverse("today"), "/admin/"):
            assert client.get(path).url == reverse("mfa_activate_totp"), path
        assert client.get(reverse("mfa_index")).status_code == 200
        client.post(client.get(reverse("mfa_activate_totp")).url, {"password": PASSWORD})
        enrol(client)
        assert client.get(reverse("accounts:me")).status_code == 200

    def test_admin_without_it_does_not_reach_the_admin(self, cast, client):
        client.force_login(cast.admin)
        answer = client.get("/admin/accounts/user/")
        assert answer.url == reverse("mfa_activate_totp")

    def test_public_pages_take_them_for_visitors(self, cast, client):
        client.force_login(cast.worker)
        answer = client.get(reverse("specialists:directory"))
        assert answer.status_code == 200
        assert not answer.wsgi_request.user.is_authenticated

    def test_residents_do_not_need_it(self, cast, client):
        client.force_login(cast.outsider)
        assert client.get(reverse("accounts:me")).status_code == 200

    def test_staff_cannot_switch_it_off(self, cast, client):
        sign_in(client)
        enrol(client)
        client.get(reverse("mfa_deactivate_totp"))
        client.post(reverse("mfa_deactivate_totp"))
        assert Authenticator.objects.filter(type="totp").count() == 1

    def test_it_is_looked_up_once_a_session(self, cast, client, django_assert_num_queries):
        sign_in(client)
        enrol(client)
        client.get(reverse("accounts:me"))
        with django_assert_num_queries(3):  # session, user, reach
            client.get(reverse("accounts:me"))


def test_staff_session_ends_after_half_an_hour(cast, client, time_machine):
    time_machine.move_to("2026-03-10 08:00:00+08:00", tick=False)
    client.force_login(cast.worker)
    for _visit in range(4):
        assert client.get(reverse("accounts:me")).status_code == 200
        time_machine.shift(IDLE_S - 61)
    assert client.get(reverse("accounts:me")).status_code == 200
    time_machine.shift(IDLE_S + 61)
    answer = client.get(reverse("accounts:me") + "?a=1")
    assert answer.url == "/accounts/login/?next=/me/%3Fa%3D1"
    assert "_auth_user_id" not in client.session


def test_staff_session_ends_after_twelve_hours(cast, client, time_machine):
    time_machine.move_to("2026-03-10 08:00:00+08:00", tick=False)
    client.force_login(cast.worker)
    for _visit in range(WHOLE_S // 1200):
        assert client.get(reverse("accounts:me")).status_code == 200
        time_machine.shift(1200)
    time_machine.shift(1)
    assert client.get(reverse("accounts:me")).status_code == 302


def test_residents_are_not_idle_so_soon(cast, client, time_machine):
    time_machine.move_to("2026-03-10 08:00:00+08:00", tick=False)
    client.force_login(cast.outsider)
    client.get(reverse("accounts:me"))
    time_machine.shift(2 * IDLE_S)
    assert client.get(reverse("accounts:me")).status_code == 200


def test_ended_session_on_a_public_page_is_a_visit(cast, client, time_machine):
    time_machine.move_to("2026-03-10 08:00:00+08:00", tick=False)
    client.force_login(cast.worker)
    client.get(reverse("accounts:me"))
    time_machine.shift(2 * IDLE_S)
    assert client.get(reverse("specialists:directory")).status_code == 200
    assert "_auth_user_id" not in client.session
