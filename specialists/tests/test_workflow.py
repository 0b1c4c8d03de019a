"""Binding specialists to places."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import make_posting, make_user
from common.errors import AlreadyDone, RuleViolation
from common.models import AuditEntry
from specialists import workflow
from specialists.choices import SpecialistKind
from specialists.models import Assignment


def test_assign_a_contact_is_audited(cast):
    assignment = workflow.assign(cast.contact.posting, cast.neighbour, by=cast.admin)
    assert assignment.kind == SpecialistKind.CONTACT
    assert AuditEntry.objects.get().verb == "assign_specialist"
    with pytest.raises(RuleViolation):
        workflow.assign(cast.contact.posting, cast.neighbour, by=cast.admin)


def test_assign_refuses_who_is_no_specialist(cast):
    with pytest.raises(RuleViolation):
        workflow.assign(cast.manager.postings.get(), cast.community, by=cast.admin)


def test_only_a_community_has_an_own_specialist_and_only_one(cast):
    posting = make_posting(make_user(), "specialist", organisation=cast.housing)
    for grid in (cast.village, cast.street, cast.community):
        with pytest.raises(RuleViolation):
            workflow.assign(posting, grid, SpecialistKind.COMMUNITY, by=cast.admin)
    assert workflow.assign(posting, cast.neighbour, SpecialistKind.COMMUNITY, by=cast.admin)


def test_end_assignment(cast):
    ended = workflow.end_assignment(cast.contact, by=cast.admin)
    assert ended.valid_to == timezone.localdate() - timedelta(days=1)
    assert not Assignment.objects.current().filter(pk=ended.pk).exists()
    with pytest.raises(AlreadyDone):
        workflow.end_assignment(ended, by=cast.admin)


def test_end_assignment_on_its_first_day_removes_it(cast):
    assignment = workflow.assign(cast.contact.posting, cast.neighbour, by=cast.admin)
    workflow.end_assignment(assignment, by=cast.admin)
    assert not Assignment.objects.filter(pk=assignment.pk).exists()
