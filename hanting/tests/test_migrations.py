"""Models and migrations say the same."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation

from hanting.tests.guards import ARROWS


@pytest.mark.django_db
def test_no_migration_is_pending():
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out, verbosity=1)
    assert out.getvalue().strip() == "No changes detected"


@pytest.mark.django_db
def test_a_changed_model_is_noticed():
    wanted = ProjectState.from_apps(apps)
    wanted.models["grids", "grid"].options["verbose_name"] = "planted"
    loader = MigrationLoader(connection)
    # As makemigrations does: names of fields compare untranslated.
    with translation.override(None):
        changes = MigrationAutodetector(loader.project_state(), wanted).changes(loader.graph)
    assert list(changes) == ["grids"]


@pytest.mark.django_db
def test_migrations_are_named_for_what_they_do():
    ours = [name for app, name in MigrationLoader(connection).disk_migrations if app in ARROWS]
    assert [name for name in ours if "auto_" in name or "merge_" in name] == []
    assert len(ours) >= 7
