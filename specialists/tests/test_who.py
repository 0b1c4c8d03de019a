import datetime

import pytest
from django.urls import reverse
from django.utils.translation import gettext

from accounts.choices import Role
from accounts.tests.factories import make_organisation, make_posting, make_user
from grids import reports, workflow
from grids.tests.factories import make_branch, make_grid
from specialists.tests.factories import make_contact, make_own_specialist

pytestmark = pytest.mark.django_db

WHO = "/who/"
SQUARE = [[119.0, 36.7], [119.4, 36.7], [119.4, 37.0], [119.0, 37.0], [119.0, 36.7]]
IN_AN_UNKNOWN_VILLAGE = (
    "You are in %(place)s, but we do not know in which village. Please type its name."
)
OUTSIDE = "You seem to be outside Hanting. Please type the name of the place."
UNREADABLE = "We could not read the position. Please type the name instead."
OUTLINE = {"type": "Polygon", "coordinates": [SQUARE]}


@pytest.fixture
def branch():
    return make_branch()


@pytest.fixture
def village(branch):
    return branch[3]


def text_of(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode()


# --- Finding -------------------------------------------------------------------------------


def test_who_without_words_shows_the_streets(client, branch):
    page = client.get(WHO)
    assert [grid.short_name for grid in page.context["streets"]] == ["东风街道"]
    assert "东风街道" in text_of(page)


@pytest.mark.parametrize("typed", ["李家村", "ljc", "LIJIACUN", "和平社区 李家"])
def test_who_finds_a_village(client, village, typed):
    page = client.get(WHO, {"q": typed})
    grid, above = page.context["found"][0]
    assert (grid, above) == (village, ["东风街道", "和平社区"])
    assert f'href="/who/{village.code}/"' in text_of(page)


@pytest.mark.parametrize("typed", ["没有的村", "%", "\0", "🙂", "字" * 7000, "<script>x</script>"])
def test_who_keeps_what_was_typed_and_shows_a_way_on(client, village, typed):
    page = client.get(WHO, {"q": typed})
    assert page.context["found"] == []
    assert page.context["typed"] == typed
    assert "<script>x" not in text_of(page)


def test_who_needs_two_queries_whatever_it_finds(client, branch, django_assert_num_queries):
    client.get(WHO, {"q": "李家村"})
    for typed in ("李家村", "和"):
        with django_assert_num_queries(2):
            client.get(WHO, {"q": typed})


def test_who_names_places_near_a_position(client):
    district = make_grid(name="测试区", outline=OUTLINE)
    community = make_grid(make_grid(district))
    make_grid(community, name="近村", latitude=36.8, longitude=119.2)
    page = client.get(WHO, {"lat": "36.801", "lon": "119.2"})
    assert [(grid.short_name, metres) for grid, _path, metres in page.context["near"]] == [
        ("近村", 111)
    ]


@pytest.mark.parametrize(
    ("latitude", "longitude", "sentence"),
    [
        ("36.95", "119.05", IN_AN_UNKNOWN_VILLAGE),
        ("39.9", "116.4", OUTSIDE),
        ("", "119", UNREADABLE),
        ("nan", "119", UNREADABLE),
        ("inf", "1e400", UNREADABLE),
        ("36.8; DROP", "119", UNREADABLE),
    ],
)
def test_who_says_what_a_position_does_not_tell(client, latitude, longitude, sentence):
    make_grid(name="测试区", outline=OUTLINE)
    page = client.get(WHO, {"lat": latitude, "lon": longitude})
    assert page.context["near"] == []
    assert page.context["sentence"] == gettext(sentence).replace("%(place)s", "测试区")
    assert page.context["sentence"] in text_of(page)


# --- The page of a place -------------------------------------------------------------------


def test_grid_page_shows_people_with_phones_and_the_way_to_report(client, branch):
    _district, _street, community, village, subarea = branch
    worker = make_user(name="王网格", phone="05360000101")
    make_posting(worker, Role.GRID_WORKER, grid=subarea)
    make_posting(make_user(name="李书记"), Role.COMMUNITY_SECRETARY, grid=community)
    power = make_organisation(name="供电公司")
    make_contact(power, community, user=make_user(name="赵专员"))
    make_own_specialist(community, user=make_user(name="孙专员"))
    page = client.get(f"/who/{subarea.code}/")
    text = text_of(page)
    for name in ("王网格", "李书记", "赵专员", "孙专员", "供电公司", "tel:05360000101"):
        assert name in text
    assert [label for label, _url in page.context["crumbs"]][1:] == [
        "测试区",
        "东风街道",
        "和平社区",
        "李家村",
    ]
    assert f"{reverse('tickets:report')}?place={subarea.code}" in text


def test_grid_page_query_count_does_not_grow_with_people(
    client, branch, django_assert_max_num_queries
):
    community, village = branch[2], branch[3]
    for many in (1, 3):
        for _number in range(many):
            make_contact(make_organisation(), community)
            make_posting(make_user(), Role.GRID_WORKER, grid=village)
            make_grid(village)
        client.get(WHO)
        with django_assert_max_num_queries(7):
            client.get(f"/who/{village.code}/")


@pytest.mark.parametrize("code", ["NOWHERE", "%00", "字", "x" * 500])
def test_grid_page_of_an_unknown_code_is_404(client, branch, code):
    assert client.get(f"/who/{code}/").status_code == 404
    assert client.get(f"/who/{code}/poster/").status_code == 404


def test_grid_page_of_an_unlisted_grid_is_404(client, village):
    hidden = make_grid(village, is_listed=False)
    assert client.get(f"/who/{hidden.code}/").status_code == 404
    assert client.get(f"/who/{hidden.code}/poster/").status_code == 404


def test_grid_page_of_an_ended_grid_says_so(client, branch):
    ended = make_grid(branch[2], name="旧村", valid_from=datetime.date(2020, 1, 1))
    make_posting(make_user(name="旧网格员"), Role.GRID_WORKER, grid=ended)
    workflow.retire_grid(ended)
    page = client.get(f"/who/{ended.code}/")
    assert page.context["has_ended"] is True
    assert "旧网格员" not in text_of(page)
    assert client.get(f"/who/{ended.code}/poster/").status_code == 404


# --- Poster and QR code --------------------------------------------------------------------


def test_poster_shows_code_address_worker_and_phone(client, village):
    make_posting(make_user(name="王网格", phone="05360000101"), Role.GRID_WORKER, grid=village)
    token = reports.poster_token(village).token
    page = client.get(f"/who/{village.code}/poster/")
    text = text_of(page)
    assert 'src="data:image/svg+xml' in text
    assert f"testserver/q/{token}/" in text
    assert "王网格" in text
    assert page.context["may_replace"] is False
    assert "poster/replace" not in text


def test_poster_code_leads_to_the_report_with_the_place(client, village):
    token = reports.poster_token(village).token
    answer = client.get(f"/q/{token}/")
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('tickets:report')}?place={village.code}&via=qr"


def test_scan_of_an_old_or_unknown_code_is_a_plain_page(client, village):
    old = reports.poster_token(village).token
    workflow.new_poster_token(village, by=None)
    for token in (old, "nosuchcode", "%00", "字" * 100):
        text = text_of(client.get(f"/q/{token}/"))
        assert f'href="{reverse("tickets:report")}"' in text


@pytest.mark.parametrize("role", [Role.GRID_HEAD, Role.COMMUNITY_SECRETARY])
def test_heads_and_secretaries_replace_the_code(client, branch, role):
    community, village = branch[2], branch[3]
    place = village if role == Role.GRID_HEAD else community
    user = make_user()
    make_posting(user, role, grid=place)
    client.force_login(user)
    old = reports.poster_token(village).token
    assert client.get(f"/who/{village.code}/poster/").context["may_replace"] is True
    url = f"/who/{village.code}/poster/replace/"
    answer = client.post(url, {"token": old})
    assert answer["Location"] == f"/who/{village.code}/poster/"
    new = reports.poster_token(village).token
    assert new != old
    # A second tap on the old page must not spoil the poster that was just printed.
    client.post(url, {"token": old})
    assert reports.poster_token(village).token == new


def test_grid_workers_and_strangers_do_not_replace_the_code(client, branch):
    village = branch[3]
    url = f"/who/{village.code}/poster/replace/"
    old = reports.poster_token(village).token
    assert client.post(url, {"token": old}).status_code == 302
    worker, stranger = make_user(), make_user()
    make_posting(worker, Role.GRID_WORKER, grid=village)
    make_posting(stranger, Role.GRID_HEAD, grid=make_grid(branch[2]))
    for user, status in ((worker, 403), (stranger, 404)):
        client.force_login(user)
        assert client.post(url, {"token": old}).status_code == status
        assert client.get(url).status_code == 405
    assert reports.poster_token(village).token == old
