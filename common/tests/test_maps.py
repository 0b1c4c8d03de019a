import threading

import pytest

from common.maps import NameMap, clear_all
from common.models import Version
from common.tests.factories import run_rivals

pytestmark = pytest.mark.django_db


class Loads:
    """A loader that counts its calls."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return {1: f"name {self.count}"}


@pytest.fixture
def loads():
    return Loads()


def test_map_loads_once_until_the_version_moves(settings, loads):
    settings.NAME_MAP_SECONDS = 0
    names = NameMap("grids", loads)
    assert [names[1], names.get(1), 1 in names, names.get(2, "-")] == [
        "name 1",
        "name 1",
        True,
        "-",
    ]
    Version.objects.bump("grids")
    assert (names[1], loads.count) == ("name 2", 2)
    Version.objects.bump("other")
    assert (names[1], loads.count) == ("name 2", 2)


def test_version_is_not_asked_more_often_than_told(settings, loads, django_assert_num_queries):
    settings.NAME_MAP_SECONDS = 60
    names = NameMap("grids", loads)
    with django_assert_num_queries(1):
        assert names[1] == "name 1"
    Version.objects.bump("grids")
    with django_assert_num_queries(0):
        assert names[1] == "name 1"
    clear_all()
    assert names[1] == "name 2"


def test_threads_share_one_load(settings, loads):
    settings.NAME_MAP_SECONDS = 60
    slow = threading.Event()

    def loader():
        slow.wait(0.1)
        return loads()

    names = NameMap("grids", loader)
    names.all()
    assert run_rivals(lambda i: names[1], 8) == ["name 1"] * 8
    assert loads.count == 1


def test_bump_counts_from_nothing():
    assert Version.objects.current("x") == 0
    Version.objects.bump("x")
    Version.objects.bump("x")
    assert Version.objects.current("x") == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rival_bumps_all_count():
    assert run_rivals(lambda i: Version.objects.bump("rivals"), 8) == [None] * 8
    assert Version.objects.current("rivals") == 8
