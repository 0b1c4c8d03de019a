import pytest
from django.urls import reverse

from notices import workflow
from notices.models import Notice
from notices.tests.factories import make_notice, make_user
from notices.tests.test_workflow import soon

pytestmark = pytest.mark.django_db
LIST = "/notices/"


@pytest.fixture
def clerk(client):
    user = make_user()
    client.force_login(user)
    return user


def test_visitors_are_sent_to_sign_in(client):
    for name, args in (("list", []), ("read", [1]), ("read_all", [])):
        assert client.get(reverse(f"notices:{name}", args=args)).status_code == 302


def test_list_shows_own_notices_unread_first(client, clerk):
    make_notice("old", to=clerk, title="旧的")
    make_notice("new", to=clerk, title="新的<b>")
    make_notice("foreign", to=make_user("other"), title="CANARY")
    workflow.deliver_due(soon())
    workflow.mark_read(clerk, pk=Notice.objects.get(unique_key="new").pk)
    response = client.get(LIST)
    assert [notice.title for notice in response.context["page"]] == ["旧的", "新的<b>"]
    body = response.content.decode()
    assert "CANARY" not in body
    assert "新的&lt;b&gt;" in body
    assert response.context["unread_count"] == 1


def test_empty_list(client, clerk):
    assert client.get(LIST).status_code == 200
    assert client.get(LIST + "?page=99").status_code == 200
    assert client.get(LIST + "?page=x").status_code == 200


def test_digest_shows_what_it_stands_for(client, clerk):
    for i in range(4):
        make_notice(f"k{i}", to=clerk, title=f"事情{i}", link=f"/tickets/{i}/")
    workflow.deliver_due(soon())
    body = client.get(LIST).content.decode()
    assert [f'<a href="/tickets/{i}/">事情{i}</a>' in body for i in range(4)] == [True] * 4


def test_digest_leads_to_the_page_of_notices(client, clerk):
    for i in range(4):
        make_notice(f"k{i}", to=clerk)
    workflow.deliver_due(soon())
    digest = Notice.objects.get(kind="digest")
    address = reverse("notices:read", args=[digest.pk])
    assert client.post(address, {"open": "1"}).url == digest.link == LIST
    # On that page itself the button would lead nowhere.
    assert 'name="open"' not in client.get(LIST).content.decode()


def test_long_digest_shows_the_first_and_folds_the_rest(client, clerk):
    for i in range(23):
        make_notice(f"k{i}", to=clerk, title=f"事情{i}号")
    workflow.deliver_due(soon())
    body = client.get(LIST).content.decode()
    shown, _details, folded = body.rpartition("<details")
    # The newest first.
    assert [f"事情{i}号" in shown for i in (22, 3, 2, 0)] == [True, True, False, False]
    assert [f"事情{i}号" in folded for i in (22, 3, 2, 0)] == [False, False, True, True]


def test_queries_do_not_grow(client, clerk, django_assert_max_num_queries):
    counts = []
    for rows in (1, 3):
        for i in range(rows):
            make_notice(f"{rows}.{i}", to=clerk)
        workflow.deliver_due(soon())
        with django_assert_max_num_queries(9) as asked:
            client.get(LIST)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_read_marks_and_leads_on(client, clerk):
    notice = make_notice("k", to=clerk, link="/tickets/1/")
    workflow.deliver_due(soon())
    address = reverse("notices:read", args=[notice.pk])
    assert client.get(address).status_code == 405
    assert client.post(address).url == LIST
    assert client.post(address, {"open": "1"}).url == "/tickets/1/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_foreign_and_missing_notices_look_alike(client, clerk):
    foreign = make_notice("k", to=make_user("other"))
    workflow.deliver_due(soon())
    answers = [client.post(reverse("notices:read", args=[pk])) for pk in (foreign.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_read_all(client, clerk):
    for key in ("a", "b"):
        make_notice(key, to=clerk)
    workflow.deliver_due(soon())
    assert client.get(reverse("notices:read_all")).status_code == 405
    assert client.post(reverse("notices:read_all")).url == LIST
    assert Notice.objects.for_user(clerk).unread().count() == 0
