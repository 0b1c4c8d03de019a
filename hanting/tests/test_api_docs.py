"""The API's description: complete, from our own files, and drawn under the strict policy."""

import json
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from hanting import testing

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "/api/v1/agenda/": {"get"},
    "/api/v1/agenda/{id}/": {"get"},
    "/api/v1/agenda/{id}/{verb}/": {"post"},
    "/api/v1/categories/": {"get"},
    "/api/v1/commitments/": {"get"},
    "/api/v1/commitments/{id}/": {"get"},
    "/api/v1/commitments/{id}/{verb}/": {"post"},
    "/api/v1/duty/": {"get"},
    "/api/v1/fund-requests/": {"get"},
    "/api/v1/fund/{year}/": {"get"},
    "/api/v1/grids/": {"get"},
    "/api/v1/organisations/": {"get"},
    "/api/v1/progress/": {"post"},
    "/api/v1/progress/answer/": {"post"},
    "/api/v1/progress/confirm/": {"post"},
    "/api/v1/progress/urge/": {"post"},
    "/api/v1/reception-bookings/": {"post"},
    "/api/v1/reception-days/": {"get"},
    "/api/v1/reception-days/{id}/bookings/": {"post"},
    "/api/v1/summonses/{id}/{verb}/": {"post"},
    "/api/v1/tickets/": {"get", "post"},
    "/api/v1/tickets/{reference}/": {"get"},
    "/api/v1/tickets/{reference}/actions/": {"get"},
    "/api/v1/tickets/{reference}/{verb}/": {"post"},
    "/api/v1/whistles/": {"get", "post"},
    "/api/v1/whistles/{number}/": {"get"},
    "/api/v1/whistles/{number}/{verb}/": {"post"},
}


def test_every_address_is_described_without_a_doubt(tmp_path):
    file = tmp_path / "schema.json"
    call_command(
        "spectacular", file=str(file), format="openapi-json", validate=True, fail_on_warn=True
    )
    schema = json.loads(file.read_text("utf-8"))
    assert {place: set(told) for place, told in schema["paths"].items()} == ADDRESSES
    tickets = schema["paths"]["/api/v1/tickets/"]
    assert tickets["post"]["security"] == [{}]
    assert tickets["get"]["security"] == [{"session": []}]
    asked = {each["name"] for each in tickets["get"]["parameters"]}
    assert asked >= {
        "status",
        "category",
        "grid",
        "due",
        "holder",
        "organisation",
        "text",
        "cursor",
    }


def test_anybody_reads_the_description(client):
    answer = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    assert set(json.loads(answer.content)["paths"]) == set(ADDRESSES)
    assert client.get("/api/docs/").status_code == 200
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"] == "application/javascript"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_docs_are_drawn_under_the_strict_policy_and_ask_no_other_host(live_server):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=testing.chromium())
        page = browser.new_page()
        complaints, hosts = [], set()
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        answer = page.goto(f"{live_server.url}/api/docs/")
        assert "unsafe" not in answer.headers["content-security-policy"]
        page.locator(".opblock-post").first.wait_for()
        page.locator(".opblock-summary-control").first.click()
        page.locator(".opblock-body").first.wait_for()
        assert page.locator(".opblock").count() == sum(map(len, ADDRESSES.values()))
        browser.close()
    assert complaints == []
    assert {host for host in hosts if host} == {urlsplit(live_server.url).netloc}
