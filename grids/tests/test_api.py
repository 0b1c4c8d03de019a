import pytest

from grids.tests.factories import make_branch

pytestmark = pytest.mark.django_db


def test_grid_search_answers_anybody(client):
    *_upper, village, _subarea = make_branch()
    answer = client.get("/api/v1/grids/", {"search": "ljc"})
    assert answer.status_code == 200
    assert answer.json()["results"][0] == {
        "code": village.code,
        "name": "李家村",
        "level": "village",
        "kind": "base",
        "path_names": ["东风街道", "和平社区", "李家村"],
    }


@pytest.mark.parametrize("query", ["", "?search=", "?search=%00", "?search=" + "x" * 7000])
def test_grid_search_of_nothing_is_an_empty_list(client, query):
    make_branch()
    answer = client.get("/api/v1/grids/" + query)
    assert (answer.status_code, answer.json()) == (200, {"results": []})


def test_grid_search_only_reads(client):
    assert client.post("/api/v1/grids/").status_code in (403, 405)


def test_grid_search_needs_the_search_and_the_map(client, django_assert_num_queries):
    make_branch()
    client.get("/api/v1/grids/", {"search": "ljc"})
    for text in ("李家村", "东风"):
        with django_assert_num_queries(2):
            client.get("/api/v1/grids/", {"search": text})
