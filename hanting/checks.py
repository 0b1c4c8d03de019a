"""What `check --deploy` refuses: everything that is right for trying and wrong for a district.

Each check has an id, and a hint that names the variable to set. Django's own deployment checks
(cookies, HSTS, host names) run beside these.
"""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Error, Tags, register
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import Posting

C_LOCALES = {"C", "POSIX"}


@register(Tags.database, deploy=True)
def check_database(app_configs, **kwargs):
    if connection.vendor == "sqlite":
        return [
            Error(
                "SQLite serves one community at most.",
                hint="Set DATABASE_URL=postgres://user:password@host/name.",
                id="hanting.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_secrets(app_configs, **kwargs):
    if settings.SECRETS_ARE_GENERATED:
        return [
            Error(
                "Some keys were generated on this machine.",
                hint="Set SECRET_KEY, INDEX_KEY, AUDIT_KEY and FIELD_KEYS.",
                id="hanting.E002",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_demonstration(app_configs, **kwargs):
    if settings.HANTING_DEMONSTRATION:
        return [
            Error(
                "The portal shows itself as a demonstration.",
                hint="Unset HANTING_DEMONSTRATION.",
                id="hanting.E003",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_second_factor(app_configs, **kwargs):
    if not settings.STAFF_SECOND_FACTOR:
        return [
            Error(
                "Staff can sign in without a second factor.",
                hint="Unset STAFF_SECOND_FACTOR.",
                id="hanting.E004",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_debug_and_hosts(app_configs, **kwargs):
    errors = []
    if settings.DEBUG:
        errors.append(Error("DEBUG is on.", hint="Leave it off.", id="hanting.E005"))
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        errors.append(
            Error(
                "The portal answers to any host name, or to none.",
                hint="Set ALLOWED_HOSTS to the names people type.",
                id="hanting.E006",
            )
        )
    return errors


@register(Tags.security, deploy=True)
def check_cookies(app_configs, **kwargs):
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        return [
            Error(
                "Cookies travel without TLS.",
                hint="Unset HTTPS (it is on with DATABASE_URL) and serve the portal over TLS.",
                id="hanting.E007",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_sms(app_configs, **kwargs):
    if settings.SMS_BACKEND in {"notices.sms.FileBackend", "notices.sms.ConsoleBackend"}:
        return [
            Error(
                "Text messages, sign-in codes among them, go to a file or the console.",
                hint="Set SMS_BACKEND to the class of your provider.",
                id="hanting.E008",
            )
        ]
    return []


@register(Tags.caches, deploy=True)
def check_broker(app_configs, **kwargs):
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        return [
            Error(
                "The queue is a folder on this machine.",
                hint="Set REDIS_URL=redis://host:6379/0.",
                id="hanting.E009",
            )
        ]
    return []


@register(Tags.database, deploy=True)
def check_locale(app_configs, **kwargs):
    """Refuse a database whose character type is C: its trigram index holds no Chinese at all."""
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datctype FROM pg_database WHERE datname = current_database()")
            return locale_errors(cursor.fetchone()[0])
    except DatabaseError as error:
        return [Error(f"The database does not answer: {error}", id="hanting.E010")]


def locale_errors(character_type):
    if character_type in C_LOCALES:
        return [
            Error(
                f"The database's character type is {character_type}: search finds no Chinese.",
                hint="Make it anew: CREATE DATABASE … LC_CTYPE 'C.UTF-8' TEMPLATE template0.",
                id="hanting.E011",
            )
        ]
    return []


@register(Tags.database, deploy=True)
def check_people(app_configs, **kwargs):
    """Refuse demonstration people, and staff who have not set up a second factor."""
    try:
        return [*demonstration_errors(), *staff_errors()]
    except DatabaseError as error:
        return [
            Error(
                f"The people cannot be read: {error}",
                hint="Run migrate first.",
                id="hanting.E012",
            )
        ]


def demonstration_errors():
    count = get_user_model().objects.filter(is_demonstration=True, is_active=True).count()
    if not count:
        return []
    return [
        Error(
            f"{count} demonstration people can sign in.",
            hint="Start with an empty database, or take their right to sign in away.",
            id="hanting.E013",
        )
    ]


def staff_errors():
    has_factor = Authenticator.objects.filter(
        user=OuterRef("pk"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    works = Exists(Posting.objects.current().filter(user=OuterRef("pk")))
    staff = (
        get_user_model()
        .objects.filter(Q(is_staff=True) | Q(is_superuser=True) | Q(works), is_active=True)
        .exclude(Exists(has_factor))
    )
    names = list(staff.order_by("username").values_list("username", flat=True)[:5])
    if not names:
        return []
    return [
        Error(
            f"Staff without a second factor: {', '.join(names)}{' …' if len(names) == 5 else ''}",
            hint="Each sets it up at /accounts/2fa/ or loses the posting.",
            id="hanting.E014",
        )
    ]
