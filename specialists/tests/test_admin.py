"""Specialists in the admin."""

import pytest
from django.urls import reverse

from common.models import AuditEntry
from specialists.models import Assignment


@pytest.fixture
def admin(cast, client):
    client.force_login(cast.admin)
    return client


def data(cast, **changes):
    return {
        "posting": cast.contact.posting_id,
        "grid": cast.neighbour.pk,
        "kind": "contact",
        "valid_from": "2026-01-01",
        "valid_to": "",
    } | changes


def test_pages_open(cast, admin):
    for page in ("changelist", "add"):
        assert admin.get(reverse(f"admin:specialists_assignment_{page}")).status_code == 200
    for page in ("change", "history"):
        url = reverse(f"admin:specialists_assignment_{page}", args=[cast.contact.pk])
        assert admin.get(url).status_code == 200


def test_assignment_is_made_by_the_workflow(cast, admin):
    assert admin.post(reverse("admin:specialists_assignment_add"), data(cast)).status_code == 302
    assert Assignment.objects.filter(grid=cast.neighbour).count() == 1
    assert AuditEntry.objects.get().verb == "assign_specialist"


def test_what_the_workflow_refuses_is_a_sentence(cast, admin):
    url = reverse("admin:specialists_assignment_add")
    for changes in (
        {"posting": cast.manager.postings.get().pk},
        {"kind": "community", "grid": cast.village.pk},
        {"kind": "community", "grid": cast.community.pk},
        {"grid": cast.community.pk},
    ):
        answer = admin.post(url, data(cast, **changes))
        assert answer.context["adminform"].form.errors, changes
    assert Assignment.objects.count() == 2


def test_change_is_audited_and_action_ends(cast, admin):
    url = reverse("admin:specialists_assignment_change", args=[cast.contact.pk])
    assert admin.post(url, data(cast, grid=cast.community.pk)).status_code == 302
    assert AuditEntry.objects.get().verb == "change_specialist"
    selected = {"action": "end_today", "_selected_action": [cast.contact.pk]}
    admin.post(reverse("admin:specialists_assignment_changelist"), selected)
    assert not Assignment.objects.current().filter(pk=cast.contact.pk).exists()
