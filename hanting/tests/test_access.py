"""Each role at every address with GET and POST: the right answer, and no word that leaks."""

from collections import Counter
from operator import attrgetter

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from common.models import Heartbeat
from hanting import urls
from hanting.tests import answers, matrix, sweep
from hanting.tests.remembered import remembered
from hanting.tests.world import build_world, leaks
from tickets.models import Ticket

ANSWERS = {200: "page", 404: "hidden", 403: "refused", 405: "unwanted", 400: "bad", 422: "bad"}
ANSWERS |= {409: "conflict", 429: "limited", 503: "down", 401: "sign-in", 201: "page"}


@pytest.fixture
def world(db):
    world = remembered(build_world)
    # A sweep has just run: without one, health turns bad three minutes after the tests began.
    Heartbeat.objects.beat("sweep")
    return world


def answer_of(response):
    """Return the matrix's word for a response; anything unknown, a 500 above all, as a number."""
    if response.status_code in {301, 302, 303}:
        return "sign-in" if "/login/" in response["Location"] else "onward"
    return ANSWERS.get(response.status_code, str(response.status_code))


def client_of(world, role):
    client = Client(raise_request_exception=False)
    if role != "anonymous":
        client.force_login(getattr(world.cast, role))
    return client


def resolved(world, values):
    """Return the values with "@path" (or, for arguments, the whole value) read from the world."""
    return {
        key: attrgetter(value[1:])(world) if str(value).startswith("@") else value
        for key, value in values.items()
    }


def address_of(world, row):
    arguments = {name: attrgetter(where)(world) for name, where in row.arguments.items()}
    return reverse(row.name, kwargs=arguments)


def ask(world, client, row, method):
    """Send one request and undo what it wrote, in the database and in the browser."""
    address = address_of(world, row)
    cookies = client.cookies.copy()
    with transaction.atomic():
        if method == "get":
            response = client.get(address, resolved(world, row.ask))
        elif row.sends_json:
            sent = resolved(world, row.send)
            response = client.post(address, sent, content_type="application/json")
        else:
            response = client.post(address, resolved(world, row.send))
        text = sweep.whole_answer(response)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response, text


@pytest.mark.parametrize("role", answers.ROLES)
def test_role_gets_its_answer_everywhere_and_nothing_leaks(world, role):
    client = client_of(world, role)
    wrong, leaked = {}, {}
    for row in matrix.ROWS:
        for method, table in (("get", row.get), ("post", row.post)):
            response, text = ask(world, client, row, method)
            cell = f"{method} {row.name} {row.about}".strip()
            if answer_of(response) != table[role]:
                wrong[cell] = f"{answer_of(response)}, not {table[role]}"
            found = leaks(
                world,
                text,
                words=answers.may_read(role),
                reporters=answers.may_contact(role),
            )
            if found:
                leaked[cell] = [canary.text for canary in found]
    assert (wrong, leaked) == ({}, {})


@pytest.mark.parametrize("role", answers.ROLES)
def test_admin_pages_are_for_administrators_alone(world, role):
    """Every address of the admin, by GET and POST, on the first row of each table."""
    client = client_of(world, role)
    wrong, swept = {}, 0
    for name, route in sweep.named_addresses():
        if not name.startswith("admin:") or name in {"admin:login", "admin:logout"}:
            continue
        address = "/" + route.replace("<path:object_id>", "1").replace("<id>", "1")
        address = address.replace("<path:content_type_id>", "1").replace("<path:object_id>", "1")
        if "<" in address or "(" in address or "\\" in address:
            address = "/admin/nothing/here/"
        for method in ("get", "post"):
            with transaction.atomic():
                response = getattr(client, method)(address)
                transaction.set_rollback(True)
            swept += 1
            got = answer_of(response)
            kept_out = got in {"sign-in", "hidden", "onward"}
            if got == "500" or not (kept_out or role == "admin"):
                wrong[f"{method} {name}"] = got
    assert wrong == {}
    assert swept > 100


def there():
    """Return the names of every address outside the admin."""
    admin = f"{matrix.ADMIN_NAMESPACE}:"
    return {name for name, route in sweep.named_addresses() if not name.startswith(admin)}


def test_every_address_stands_in_the_matrix():
    listed = {row.name for row in matrix.ROWS}
    assert (there() - listed, listed - there()) == (set(), set())


def test_every_row_names_every_role():
    short = [
        row.name
        for row in matrix.ROWS
        if set(row.get) != set(answers.ROLES) or set(row.post) != set(answers.ROLES)
    ]
    assert short == []
    twice = Counter((row.name, row.about) for row in matrix.ROWS)
    assert [key for key, count in twice.items() if count > 1] == []


def test_scope_of_every_role_is_what_the_matrix_says(world):
    """The table of readers against the QuerySet that all pages start from."""
    for role in answers.STAFF:
        seen = Ticket.objects.for_user(getattr(world.cast, role))
        expected = {getattr(world.matters, matter).pk for matter in answers.may_read(role)}
        assert (role, set(seen.values_list("pk", flat=True))) == (role, expected)


# --- The guards find what is planted -------------------------------------------------------


@login_not_required
def gossip(request):
    ticket = Ticket.objects.get(address__contains="tip_off")
    return HttpResponse(ticket.description, headers={"X-Note": "100-0000-7702"})


urlpatterns = [*urls.urlpatterns, path("gossip/", gossip, name="gossip")]


@pytest.mark.urls(__name__)
def test_unscoped_view_is_found(world):
    row = answers.Row("gossip", answers.PUBLIC, answers.UNWANTED)
    response, text = ask(world, client_of(world, "steward"), row, "get")
    found = leaks(world, text, words=answers.may_read("steward"), reporters=())
    assert {canary.tells for canary in found} == {"words", "reporter"}
    assert {canary.matter for canary in found} == {"tip_off"}
    assert leaks(world, text, words={"tip_off"}, reporters={"tip_off"}) == []


@pytest.mark.urls(__name__)
def test_new_address_is_missed_in_the_matrix():
    assert there() - {row.name for row in matrix.ROWS} == {"gossip"}


def test_tracking_code_is_nobodys(world):
    code = world.receipts["ordinary"].tracking_code
    everything = set(world.receipts)
    found = leaks(world, f"see {code}", words=everything, reporters=everything)
    assert [canary.tells for canary in found] == ["code"]
