"""Each refusal of `check --deploy`, and its silence when all is well."""

import os

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.db import connection

from hanting import checks

# (check, setting, value that is refused, value that passes, id)
SETTINGS = [
    (checks.check_secrets, "SECRETS_ARE_GENERATED", True, False, "hanting.E002"),
    (checks.check_demonstration, "HANTING_DEMONSTRATION", True, False, "hanting.E003"),
    (checks.check_second_factor, "STAFF_SECOND_FACTOR", False, True, "hanting.E004"),
    (checks.check_cookies, "CSRF_COOKIE_SECURE", False, True, "hanting.E007"),
    (checks.check_cookies, "SESSION_COOKIE_SECURE", False, True, "hanting.E007"),
    (checks.check_sms, "SMS_BACKEND", "notices.sms.FileBackend", "a.b", "hanting.E008"),
    (checks.check_sms, "SMS_BACKEND", "notices.sms.ConsoleBackend", "a.b", "hanting.E008"),
    (checks.check_broker, "CELERY_BROKER_URL", "filesystem://", "redis://h", "hanting.E009"),
]


@pytest.mark.parametrize(("check", "name", "wrong", "right", "id_"), SETTINGS)
def test_setting_is_refused_and_accepted(settings, check, name, wrong, right, id_):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    setattr(settings, name, wrong)
    assert [error.id for error in check(None)] == [id_]
    assert all(error.hint for error in check(None))
    setattr(settings, name, right)
    assert check(None) == []


@pytest.mark.parametrize(
    ("debug", "hosts", "ids"),
    [
        (False, ["wgzx.example"], []),
        (False, [], ["hanting.E006"]),
        (False, ["*"], ["hanting.E006"]),
        (True, ["wgzx.example", "*"], ["hanting.E005", "hanting.E006"]),
    ],
)
def test_debug_and_hosts(settings, debug, hosts, ids):
    settings.DEBUG, settings.ALLOWED_HOSTS = debug, hosts
    assert [error.id for error in checks.check_debug_and_hosts(None)] == ids


def test_sqlite_is_refused():
    expected = ["hanting.E001"] if connection.vendor == "sqlite" else []
    assert [error.id for error in checks.check_database(None)] == expected


@pytest.mark.parametrize(
    ("ctype", "ids"), [("C", ["hanting.E011"]), ("POSIX", ["hanting.E011"]), ("C.UTF-8", [])]
)
def test_character_type(ctype, ids):
    assert [error.id for error in checks.locale_errors(ctype)] == ids


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_character_type_of_a_c_database_is_found():
    name = f"hanting_c_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE DATABASE {name} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        try:
            cursor.execute("SELECT datctype FROM pg_database WHERE datname = %s", [name])
            found = cursor.fetchone()[0]
        finally:
            cursor.execute(f"DROP DATABASE {name}")
    assert [error.id for error in checks.locale_errors(found)] == ["hanting.E011"]
    assert checks.check_locale(None) == []


@pytest.mark.django_db
def test_demonstration_people_are_refused():
    person = get_user_model().objects.create_user("demo-worker", is_demonstration=True)
    assert [error.id for error in checks.demonstration_errors()] == ["hanting.E013"]
    person.is_active = False
    person.save()
    assert checks.demonstration_errors() == []


@pytest.mark.django_db
def test_staff_without_second_factor_are_named():
    people = get_user_model().objects
    people.create_user("resident")
    people.create_user("gone", is_staff=True, is_active=False)
    admin = people.create_user("chief", is_staff=True)
    assert [error.msg for error in checks.staff_errors()] == [
        "Staff without a second factor: chief"
    ]
    Authenticator.objects.create(user=admin, type=Authenticator.Type.TOTP, data={})
    assert checks.staff_errors() == []


@pytest.mark.django_db
def test_worker_with_posting_needs_second_factor(cast):
    names = checks.staff_errors()[0].msg
    assert names.startswith("Staff without a second factor: ")
    for user in get_user_model().objects.all():
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    assert checks.staff_errors() == []


@pytest.mark.django_db
def test_deploy_runs_all_of_them_and_an_ordinary_check_none(settings):
    # What the embedded shape allows itself, whichever database these tests use.
    settings.ALLOWED_HOSTS = ["*"]
    ordinary = run_checks()
    assert [error for error in ordinary if error.id.startswith("hanting.")] == []
    deployed = run_checks(include_deployment_checks=True, databases=["default"])
    found = {error.id for error in deployed if error.id.startswith("hanting.")}
    assert {"hanting.E002", "hanting.E003", "hanting.E004", "hanting.E006", "hanting.E008"} <= found
