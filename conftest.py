"""Fixtures for every test of the portal."""

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from common import guards, maps

pytest_plugins = ["hanting.testing"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let SQLite flush append-only tables between tests; the guard's own tests set it again."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():
            for table in ("common_auditentry", "common_ledgerentry"):
                guards.lift(connection, table)


@pytest.fixture(scope="session", autouse=True)
def tasks_known():
    """Register every task, as a worker does, so that nudges on commit run at once in tests."""
    current_app.loader.import_default_modules()


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Forget in-process maps and counters, which outlive the rollback of a test."""
    maps.clear_all()
    if settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        cache.clear()


@pytest.fixture
def cast(db):
    """One street with two communities, a person per role in the first, a neighbour, a resident."""
    from hanting.tests.remembered import remembered
    from specialists.tests.cast import build_cast

    return remembered(build_cast)
