"""The front door: pages anybody sees, reading choices, and pages for trouble."""

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from hanting import views
from hanting.tests.sweep import page_faults

PUBLIC = ["home", "phone", "privacy", "accessibility", "preferences"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize(("cookie", "lang"), [("", "zh-CN"), ("en", "en")])
def test_public_page_is_whole(client, name, cookie, lang):
    client.cookies["django_language"] = cookie
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert page_faults(answer.content.decode(), lang=lang) == []


@pytest.mark.django_db
def test_home_offers_three_ways_first(client):
    page = client.get("/").content.decode()
    acts = page[page.index('class="home__acts"') :]
    assert re.findall(r'class="btn[^"]*" href="([^"]+)"', acts)[:3] == [
        reverse("tickets:report"),
        reverse("tickets:track"),
        reverse("phone"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "cookie", "value"),
    [
        ({"mode": "elder"}, "mode", "elder"),
        ({"mode": "normal"}, "mode", "normal"),
        ({"text": "largest"}, "text", "largest"),
        ({"contrast": "high"}, "contrast", "high"),
        ({"language": "en"}, "django_language", "en"),
    ],
)
def test_choice_is_kept_and_leads_back(client, sent, cookie, value):
    answer = client.post("/preferences/", {**sent, "next": "/phone/?a=1"})
    assert (answer.status_code, answer.url) == (302, "/phone/?a=1")
    assert {name: morsel.value for name, morsel in answer.cookies.items()} == {cookie: value}
    assert answer.cookies[cookie]["httponly"]
    assert answer.cookies[cookie]["samesite"] == "Lax"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent", [{"mode": "tiny"}, {"text": ""}, {"language": "fr"}, {"sessionid": "stolen"}, {}]
)
def test_unknown_choice_keeps_nothing(client, sent):
    answer = client.post("/preferences/", sent)
    assert (answer.status_code, answer.url) == (302, "/")
    assert list(answer.cookies) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "\\\\x"]
)
def test_way_back_stays_on_this_site(client, address):
    answer = client.post("/preferences/", {"mode": "elder", "next": address})
    assert answer.url == "/"


@pytest.mark.django_db
def test_modes_are_written_on_the_page(client):
    client.cookies["mode"], client.cookies["text"] = "elder", "largest"
    client.cookies["contrast"] = "high"
    page = client.get("/phone/").content.decode()
    found = re.search(r"<html[^>]*>", page)[0]
    assert found == (
        '<html lang="zh-CN" data-mode="elder" data-text="largest" data-contrast="high">'
    )
    assert "data-read-aloud" in page


@pytest.mark.django_db
def test_meddled_cookies_count_as_the_default(client):
    client.cookies["mode"], client.cookies["text"] = '"><script>', "huge"
    page = client.get("/phone/").content.decode()
    assert re.search(r"<html[^>]*>", page)[0] == '<html lang="zh-CN">'
    assert "data-read-aloud" not in page


@pytest.mark.django_db
def test_elder_version_has_the_same_ways_as_the_normal_one(client):
    def ways(page):
        return sorted(set(re.findall(r'(?:href|action)="(/(?!static)[^"]*)"', page)))

    normal = ways(client.get("/").content.decode())
    client.cookies["mode"] = "elder"
    assert ways(client.get("/").content.decode()) == normal
    assert len(normal) >= 9


@pytest.mark.django_db
@pytest.mark.parametrize("shown", [True, False])
def test_ribbon_says_demonstration_only_there(client, settings, shown):
    settings.HANTING_DEMONSTRATION = shown
    assert ('class="ribbon"' in client.get("/phone/").content.decode()) is shown


@pytest.mark.django_db
def test_official_numbers_appear_only_when_set(client, settings):
    settings.PORTAL_FOOTER = dict.fromkeys(settings.PORTAL_FOOTER, "")
    assert "foot__official" not in client.get("/phone/").content.decode()
    settings.PORTAL_FOOTER = settings.PORTAL_FOOTER | {"icp": "ICP 12345"}
    page = client.get("/phone/").content.decode()
    assert re.search(r'foot__official">\s*<span>ICP 12345</span>\s*</p>', page)


@pytest.mark.django_db
def test_visitor_has_no_staff_ways_and_worker_has(client, cast):
    assert 'class="top__nav"' not in client.get("/phone/").content.decode()
    client.force_login(cast.worker)
    page = client.get("/phone/").content.decode()
    nav = page[page.index('class="top__nav"') : page.index("</nav>")]
    assert re.findall(r'href="([^"]+)"', nav)[:3] == [
        reverse("today"),
        reverse("tickets:list"),
        reverse("notices:list"),
    ]
    assert reverse("admin:index") not in nav


@pytest.mark.django_db
@pytest.mark.parametrize(
    "role", ["worker", "street_secretary", "dispatcher", "specialist", "steward", "admin"]
)
def test_every_way_offered_can_be_walked(client, cast, role):
    client.force_login(getattr(cast, role))
    page = client.get("/phone/").content.decode()
    nav = page[page.index('class="top__nav"') : page.index("</nav>")]
    ways = [way for way in re.findall(r'href="([^"]+)"', nav) if way != reverse("admin:index")]
    assert len(ways) >= 5
    assert {way: client.get(way).status_code for way in ways} == dict.fromkeys(ways, 200)


@pytest.mark.django_db
def test_unknown_page_is_a_whole_page(client):
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert page_faults(answer.content.decode(), lang="zh-CN") == []


@pytest.mark.django_db
def test_missing_token_is_told_in_words():
    answer = Client(enforce_csrf_checks=True).post("/preferences/", {"mode": "elder"})
    assert answer.status_code == 403
    assert page_faults(answer.content.decode(), lang="zh-CN") == []


def test_own_mistake_is_told_without_the_database():
    # No django_db mark: any query would fail.
    request = RequestFactory().get("/x/")
    request.COOKIES["mode"] = "elder"
    answer = views.server_error(request)
    assert answer.status_code == 500
    page = answer.content.decode()
    assert page_faults(page, lang="zh-CN") == []
    assert 'data-mode="elder"' in page
