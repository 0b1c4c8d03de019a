"""Postings, leave, closing accounts; every act leaves a trace."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import workflow
from accounts.choices import Role
from accounts.models import Posting, User
from accounts.reports import reach
from accounts.tasks import forget_unverified
from accounts.tests.factories import make_user
from common.errors import AlreadyDone, RuleViolation
from common.models import AuditEntry

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)


def verbs():
    return list(AuditEntry.objects.order_by("number").values_list("verb", flat=True))


def test_post_gives_a_role_and_is_audited(cast):
    reach(cast.outsider)
    posting = workflow.post(
        cast.outsider, Role.GRID_WORKER, grid=cast.neighbour_subarea, by=cast.admin
    )
    assert posting.valid_to is None
    assert reach(cast.outsider).roles == {Role.GRID_WORKER}
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.who_id, entry.object_id) == ("post", cast.admin.pk, str(posting.pk))
    assert entry.detail["grid"] == cast.neighbour_subarea.pk


def test_post_twice_is_done_already(cast):
    with pytest.raises(AlreadyDone):
        workflow.post(cast.worker, Role.GRID_WORKER, grid=cast.subarea, by=cast.admin)


@pytest.mark.parametrize("role", [Role.GRID_WORKER, Role.SPECIALIST])
def test_post_without_the_place_that_the_role_needs_is_refused(cast, role):
    with pytest.raises(RuleViolation, match="网格|单位|grid"):
        workflow.post(cast.outsider, role, by=cast.admin)
    assert not cast.outsider.postings.exists()
    assert verbs() == []


def test_post_that_ends_before_it_begins_is_refused(cast):
    with pytest.raises(RuleViolation):
        workflow.post(
            cast.outsider,
            Role.GRID_WORKER,
            grid=cast.subarea,
            by=cast.admin,
            valid_from=TODAY,
            valid_to=TODAY - timedelta(days=1),
        )


def test_end_posting_takes_reach_and_sessions(cast, client):
    client.force_login(cast.worker)
    posting = workflow.end_posting(cast.worker.postings.get(), by=cast.admin)
    assert posting.valid_to == timezone.localdate() - timedelta(days=1)
    assert reach(User.objects.get(pk=cast.worker.pk)).is_empty
    assert client.get("/me/").status_code == 302
    assert verbs() == ["end_posting"]
    with pytest.raises(AlreadyDone):
        workflow.end_posting(posting, by=cast.admin)


def test_end_posting_on_its_first_day_removes_it(cast):
    posting = workflow.post(cast.outsider, Role.GRID_WORKER, grid=cast.subarea, by=cast.admin)
    workflow.end_posting(posting, by=cast.admin)
    assert not Posting.objects.filter(pk=posting.pk).exists()
    assert verbs() == ["post", "end_posting"]


def test_change_posting_moves_a_worker_and_ends_sessions(cast, client):
    client.force_login(cast.worker)
    posting = workflow.change_posting(
        cast.worker.postings.get(), by=cast.admin, grid=cast.neighbour_subarea
    )
    assert posting.grid == cast.neighbour_subarea
    assert client.get("/me/").status_code == 302
    detail = AuditEntry.objects.get().detail
    assert (detail["before"]["grid"], detail["after"]["grid"]) == (
        cast.subarea.pk,
        cast.neighbour_subarea.pk,
    )


def test_grant_leave_names_a_substitute(cast):
    leave = workflow.grant_leave(
        cast.secretary.postings.get(), TODAY, TODAY, cast.neighbour_secretary, by=cast.admin
    )
    assert reach(cast.neighbour_secretary, TODAY).covers(cast.subarea.path)
    assert verbs() == ["grant_leave"]
    with pytest.raises(RuleViolation):
        workflow.grant_leave(leave.posting, TODAY, TODAY, by=cast.admin)


def test_grant_leave_refuses_odd_days_and_oneself(cast):
    posting = cast.secretary.postings.get()
    with pytest.raises(RuleViolation) as refusal:
        workflow.grant_leave(posting, TODAY, TODAY - timedelta(days=1), by=cast.admin)
    assert refusal.value.field == "last_day"
    with pytest.raises(RuleViolation) as refusal:
        workflow.grant_leave(posting, TODAY, TODAY, cast.secretary, by=cast.admin)
    assert refusal.value.field == "substitute"


def test_disable_closes_the_account_at_once(cast, client):
    client.force_login(cast.worker)
    workflow.disable(cast.worker, by=cast.admin)
    assert client.get("/me/").status_code == 302
    User.objects.filter(pk=cast.worker.pk).update(is_active=True)
    assert client.get("/me/").status_code == 302
    with pytest.raises(AlreadyDone):
        workflow.disable(make_user(is_active=False), by=cast.admin)


def test_end_sessions_leaves_other_people_alone(cast, client):
    client.force_login(cast.head)
    workflow.end_sessions(cast.worker)
    assert client.get("/me/").status_code == 200


def test_forget_unverified_deletes_only_accounts_that_were_never_opened(cast):
    old = timezone.now() - timedelta(hours=25)
    gone = workflow.resident_for("+8613700000001")
    young = workflow.resident_for("+8613700000002")
    opened = workflow.resident_for("+8613700000003")
    User.objects.filter(pk__in=[gone.pk, opened.pk]).update(date_joined=old)
    User.objects.filter(pk=opened.pk).update(phone_verified=True)
    User.objects.filter(pk=cast.worker.pk).update(date_joined=old)
    before = User.objects.count()
    forget_unverified()
    assert User.objects.count() == before - 1
    assert not User.objects.filter(pk=gone.pk).exists()
    assert not User.history.filter(id=gone.pk).exists()
    assert User.objects.filter(pk=young.pk).exists()


def test_resident_for_finds_the_same_person_again():
    first = workflow.resident_for("+8613700000001")
    assert workflow.resident_for("+8613700000001") == first
    assert not first.has_usable_password()
    assert "137" not in first.username
