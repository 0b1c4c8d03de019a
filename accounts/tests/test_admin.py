"""The admin: looking, correcting, and roles that go through the workflow."""

import pytest
from django.urls import reverse

from accounts.models import Leave, Organisation, Posting, User
from accounts.reports import reach
from common.models import AuditEntry

LEAVE = {
    "leaves-TOTAL_FORMS": "1",
    "leaves-INITIAL_FORMS": "0",
    "leaves-0-first_day": "",
    "leaves-0-last_day": "",
    "leaves-0-substitute": "",
}


@pytest.fixture
def admin(cast, client):
    client.force_login(cast.admin)
    return client


def posting_data(user, **changes):
    data = {
        "user": user.pk,
        "role": "grid_worker",
        "grid": "",
        "organisation": "",
        "valid_from": "2026-01-01",
        "valid_to": "",
    }
    return data | LEAVE | changes


@pytest.mark.parametrize("model", ["user", "organisation", "posting"])
@pytest.mark.parametrize("page", ["changelist", "add", "import", "export"])
def test_pages_open(cast, admin, model, page):
    assert admin.get(reverse(f"admin:accounts_{model}_{page}")).status_code == 200


def test_change_and_history_pages_open(cast, admin):
    for item in (cast.worker, cast.power, cast.worker.postings.get()):
        for page in ("change", "history"):
            url = reverse(f"admin:accounts_{item._meta.model_name}_{page}", args=[item.pk])
            assert admin.get(url).status_code == 200


@pytest.mark.parametrize(
    ("model", "words"), [("user", "worker"), ("organisation", "power"), ("posting", "吉祥家园一")]
)
def test_search_finds(cast, admin, model, words):
    answer = admin.get(reverse(f"admin:accounts_{model}_changelist"), {"q": words})
    assert answer.context["cl"].result_count >= 1


@pytest.mark.parametrize("extra", [0, 3])
def test_lists_need_as_many_queries_for_more_rows(
    cast, admin, extra, django_assert_max_num_queries
):
    for number in range(extra):
        Posting.objects.create(user=cast.outsider, role="supervisor", grid=cast.street)
        User.objects.create(username=f"extra-{number}")
    with django_assert_max_num_queries(12):
        admin.get(reverse("admin:accounts_posting_changelist"))


def test_staff_who_are_no_admins_do_not_get_in(cast, client):
    client.force_login(cast.dispatcher)
    assert client.get(reverse("admin:accounts_user_changelist")).status_code in (302, 403, 404)


def test_visitors_are_sent_to_the_portals_own_sign_in(client, db):
    answer = client.get(reverse("admin:login"))
    assert answer.url.startswith(reverse("account_login"))


def test_posting_is_given_by_the_workflow(cast, admin):
    answer = admin.post(
        reverse("admin:accounts_posting_add"),
        posting_data(cast.outsider, grid=cast.neighbour_subarea.pk),
    )
    assert answer.status_code == 302
    assert reach(User.objects.get(pk=cast.outsider.pk)).covers(cast.neighbour_subarea.path)
    assert AuditEntry.objects.get().verb == "post"


def test_same_posting_twice_is_a_sentence(cast, admin):
    answer = admin.post(
        reverse("admin:accounts_posting_add"), posting_data(cast.worker, grid=cast.subarea.pk)
    )
    assert answer.context["adminform"].form.non_field_errors()
    assert cast.worker.postings.count() == 1


def test_posting_without_place_is_a_sentence(cast, admin):
    answer = admin.post(reverse("admin:accounts_posting_add"), posting_data(cast.outsider))
    assert answer.context["adminform"].form.errors


def test_moved_worker_loses_the_session(cast, admin):
    posting = cast.worker.postings.get()
    admin.post(
        reverse("admin:accounts_posting_change", args=[posting.pk]),
        posting_data(cast.worker, grid=cast.neighbour_subarea.pk),
    )
    posting.refresh_from_db()
    assert posting.grid == cast.neighbour_subarea
    assert User.objects.get(pk=cast.worker.pk).session_epoch == 1
    assert AuditEntry.objects.get().verb == "change_posting"


def test_leave_is_granted_in_line(cast, admin):
    posting = cast.secretary.postings.get()
    data = posting_data(cast.secretary, role="community_secretary", grid=cast.community.pk)
    data |= {
        "leaves-0-first_day": "2026-03-10",
        "leaves-0-last_day": "2026-03-12",
        "leaves-0-substitute": cast.neighbour_secretary.pk,
    }
    url = reverse("admin:accounts_posting_change", args=[posting.pk])
    assert admin.post(url, data).status_code == 302
    assert Leave.objects.get().substitute == cast.neighbour_secretary
    assert "grant_leave" in AuditEntry.objects.values_list("verb", flat=True)
    overlap = admin.post(url, data)
    assert overlap.status_code == 200
    assert Leave.objects.count() == 1


def test_postings_are_ended_by_action(cast, admin):
    data = {"action": "end_today", "_selected_action": [cast.worker.postings.get().pk]}
    admin.post(reverse("admin:accounts_posting_changelist"), data)
    assert reach(User.objects.get(pk=cast.worker.pk)).is_empty


def test_person_is_added_with_a_name_and_a_clean_phone(cast, admin):
    data = {
        "username": "new-worker",
        "name": "王小明",
        "phone": "１００ 0000 4321",
        "usable_password": "true",
        "password1": "北海银鱼炒鸡蛋-8",
        "password2": "北海银鱼炒鸡蛋-8",
    }
    assert admin.post(reverse("admin:accounts_user_add"), data).status_code == 302
    user = User.objects.get(username="new-worker")
    assert (user.name, user.phone) == ("王小明", "+8610000004321")


def test_two_people_without_phone(cast, admin):
    for name in ("first", "second"):
        data = {"username": name, "name": "", "phone": "", "usable_password": "false"}
        assert admin.post(reverse("admin:accounts_user_add"), data).status_code == 302
    assert User.objects.filter(phone=None).count() == 2


def test_actions_end_sessions_and_the_second_step(cast, admin):
    url = reverse("admin:accounts_user_changelist")
    for action in ("end_sessions", "take_second_step_away"):
        admin.post(url, {"action": action, "_selected_action": [cast.worker.pk]})
    assert User.objects.get(pk=cast.worker.pk).session_epoch == 2


def test_organisations_are_retired_not_removed(cast, admin):
    url = reverse("admin:accounts_organisation_delete", args=[cast.power.pk])
    assert admin.get(url).status_code == 403
    assert Organisation.objects.filter(pk=cast.power.pk).exists()
