import hashlib
import itertools
import shutil
import subprocess

import pytest
import time_machine
from django.conf import settings as portal
from django.core.cache import cache

from common import limits
from common.models import RateCount
from common.tests.factories import run_rivals

pytestmark = pytest.mark.django_db
NOON = 1_795_406_400


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(params=["cache", "database", "cache down"])
def counter(request, settings, monkeypatch):
    """The three ways of counting."""
    if request.param == "database":
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    if request.param == "cache down":

        def refuse(*args, **options):
            raise ConnectionError("no cache")

        monkeypatch.setattr(cache._connections[cache._alias], "add", refuse)
    return request.param


def test_take_slows_after_the_limit(counter, clock):
    decisions = [limits.take("file", "1.2.3.4", limit=3, window_s=3600) for _ in range(5)]
    assert [decision.ok for decision in decisions] == [True, True, True, False, False]
    assert decisions[-1].retry_after_s == 3600 - NOON % 3600
    assert limits.take("file", "1.2.3.5", limit=3, window_s=3600).ok
    assert limits.take("track", "1.2.3.4", limit=3, window_s=3600).ok
    clock.shift(decisions[-1].retry_after_s)
    assert limits.take("file", "1.2.3.4", limit=3, window_s=3600).ok
    assert RateCount.objects.exists() == (counter != "cache")


def test_database_counter_holds_no_address(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    limits.take("file", "1.2.3.4", limit=3, window_s=60)
    row = RateCount.objects.get()
    assert (len(row.key), row.taken, row.expires_at.timestamp()) == (64, 1, NOON + 60 - NOON % 60)


def test_limits_can_be_off_for_benches(settings):
    settings.RATE_LIMITS = False
    assert [limits.take("x", "y", limit=0, window_s=1).ok for _ in range(3)] == [True] * 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rivals_cannot_slip_through(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    outcomes = run_rivals(lambda i: limits.take("file", "a", limit=5, window_s=3600).ok, 20)
    assert sorted(outcomes) == [False] * 15 + [True] * 5


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.9", "1.2.3.4"),
        (2, "1.2.3.4", "1.2.3.4"),
        (1, "", "10.0.0.1"),
        (1, "rubbish", ""),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
    ],
)
def test_client_address_believes_own_proxies_only(rf, settings, proxies, forwarded, address):
    settings.PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": forwarded})
    assert limits.client_address(request) == address


def test_client_address_of_a_socket(rf):
    assert limits.client_address(rf.get("/", REMOTE_ADDR="")) == ""


def test_network_of():
    assert limits.network_of("1.2.3.4") == "1.2.3.4"
    assert limits.network_of("2001:db8::1") == limits.network_of("2001:db8::2") == "2001:db8::/64"
    assert limits.network_of("") == ""


def solution(riddle):
    bits = int(riddle.partition("-")[0])
    for nonce in itertools.count():
        digest = hashlib.sha256(f"{riddle}.{nonce}".encode()).digest()
        if int.from_bytes(digest, "big") >> (256 - bits) == 0:
            return str(nonce)


@pytest.fixture
def riddle(monkeypatch):
    monkeypatch.setattr(limits, "WORK_BITS", 8)
    return limits.challenge()


def test_solved_riddle_is_good_once(riddle):
    nonce = solution(riddle)
    assert limits.verify(riddle, nonce) == limits.Decision(True)
    assert limits.verify(riddle, nonce) == limits.Decision(False)


def test_without_scripts_waiting_is_enough(riddle, clock):
    early = limits.verify(riddle, "")
    assert early == limits.Decision(False, 20)
    assert limits.riddle_after(early, riddle) == riddle
    clock.shift(limits.WAIT_S - 1)
    assert limits.verify(riddle, "") == limits.Decision(False, 1)
    clock.shift(1)
    assert limits.verify(riddle, "") == limits.Decision(True)
    used = limits.verify(riddle, "")
    assert used == limits.Decision(False)
    assert limits.riddle_after(used, riddle) != riddle


def test_waiting_is_bounded_per_address(monkeypatch, clock):
    monkeypatch.setattr(limits, "WAITED_LIMIT", 2)
    riddles = [limits.challenge() for _ in range(3)]
    clock.shift(limits.WAIT_S)
    decisions = [limits.verify(one, "", identity="1.2.3.4") for one in riddles]
    assert [decision.ok for decision in decisions] == [True, True, False]
    assert limits.verify(riddles[2], "", identity="1.2.3.5").ok


@pytest.mark.parametrize(
    "riddle", ["", "1-x", "8-abc:1sGwXi:forged", "::", "8-a:b:c:d", "x" * 9000]
)
def test_forged_riddles_are_refused(riddle):
    assert limits.verify(riddle, "1") == limits.Decision(False)


def test_easier_riddle_cannot_be_forged(riddle):
    assert limits.verify("0" + riddle[1:], "1") == limits.Decision(False)


def test_old_riddle_is_refused(riddle, clock):
    clock.shift(limits.CHALLENGE_LIFE_S + 1)
    assert limits.verify(riddle, solution(riddle)) == limits.Decision(False)


@pytest.mark.parametrize("nonce", ["x" * 33, "\x00", "字", "-1"])
def test_wrong_nonce_is_told_to_wait(riddle, nonce):
    if nonce == solution(riddle):
        pytest.fail("the nonce is right by chance")
    decision = limits.verify(riddle, nonce)
    assert decision in (limits.Decision(False, 20), limits.Decision(True))


def test_script_finds_what_the_server_accepts():
    node = shutil.which("node")
    script = portal.BASE_DIR / "static/js/pow.js"
    if node is None:
        # The browser tests drive the same script; node is only the quicker way.
        return
    riddle = limits.challenge()
    program = f"import({str(script)!r}).then(m => m.solve({riddle!r})).then(n => console.log(n))"
    out = subprocess.run([node, "-e", program], capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    assert limits.verify(riddle, out.stdout.strip()) == limits.Decision(True)
