"""Rate limits that slow down and never lose, the visitor's address, and a small proof of work.

For authors of forms, in this order:

1. Count with `take` before the transaction begins (a rollback must not give the try back). While
   `Decision.ok`, go on. Signed-in staff are not counted: do not call `take` for them.
2. Over the limit look at the riddle that came with the form: `verify(POST["pow_challenge"],
   POST["pow_nonce"], identity=address)`, both "" if absent. If ok, go on.
3. Else show the form again, filled in as it was, with `components/puzzle.html` inside the form,
   `challenge=riddle_after(decision, POST["pow_challenge"])` and `wait_s=decision.retry_after_s or
   WAIT_S` in the context, and `js/pow.js` as a module script. Scripts solve the riddle within about
   a second; without scripts the page says to wait and press the button again.

An API answers 429 with Retry-After `Decision.retry_after_s`.

Counting is done by the cache where it counts across processes (Redis, Memcached); with the database
cache, or with a cache that is down, the table RateCount counts in one statement.
`settings.RATE_LIMITS = False` (benches only) lets everybody pass. `settings.PROXY_COUNT` own
proxies are believed.
"""

import hashlib
import ipaddress
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.signing import BadSignature, TimestampSigner, b62_decode
from django.db import connection

from common.crypto import blind_index

logger = logging.getLogger(__name__)

WORK_BITS = 17
WAIT_S = 20
CHALLENGE_LIFE_S = 2 * 3600
# Of those who wait instead of working, so many per address and ten minutes.
WAITED_LIMIT, WAITED_WINDOW_S = 30, 600

# Backends whose incr is one step for all who share them (for LocMem that is one process).
COUNTING_CACHES = {"RedisCache", "PyMemcacheCache", "PyLibMCCache", "LocMemCache"}


@dataclass(frozen=True)
class Decision:
    """Whether to go on; if not, after how many seconds another try makes sense (0: ask anew)."""

    ok: bool
    retry_after_s: int = 0


def take(name, identity, *, limit, window_s) -> Decision:
    """Count one act called `name` by `identity` (phone, address, device) in fixed windows.

    The identity is kept as a keyed fingerprint only. The first `limit` acts of a window are ok.
    """
    if not getattr(settings, "RATE_LIMITS", True):
        return Decision(True)
    now = time.time()
    window, past = divmod(int(now), window_s)
    left_s = window_s - past
    taken = _count(f"{name}\0{identity}\0{window_s}\0{window}", int(now) + left_s)
    return Decision(True) if taken <= limit else Decision(False, left_s)


def client_address(request) -> str:
    """Return the visitor's address in canonical writing, "" where there is none (unix socket).

    With n = settings.PROXY_COUNT own proxies the n-th X-Forwarded-For entry from the right was
    written by the outermost of them; everything further left is the visitor's own claim.
    """
    proxies = settings.PROXY_COUNT
    claimed = request.META.get("REMOTE_ADDR", "")
    if proxies:
        chain = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        claimed = chain[-min(proxies, len(chain))].strip() or claimed
    try:
        address = ipaddress.ip_address(claimed)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def network_of(address) -> str:
    """Return what to count by: an IPv4 address itself, of an IPv6 address its /64."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


# --- Proof of work -------------------------------------------------------------------------


def challenge() -> str:
    """Return a signed riddle: which nonce gives SHA-256("<riddle>.<nonce>") enough zero bits?"""
    return _signer().sign(f"{WORK_BITS}-{secrets.token_urlsafe(12)}")


def verify(riddle, nonce, *, identity="") -> Decision:
    """Accept a solved riddle, or an unsolved one that is WAIT_S old; each once, for two hours.

    Not ok with retry_after_s > 0: too early, the same riddle is good after so many seconds. Not ok
    with 0: show a fresh riddle. `identity` (the address) bounds how many may wait instead of
    working.
    """
    try:
        body = _signer().unsign(riddle, max_age=CHALLENGE_LIFE_S)
    except BadSignature:
        return Decision(False)
    issued = _issued_at(riddle)
    if not _is_solved(riddle, nonce, int(body.partition("-")[0])):
        wait_s = WAIT_S - int(time.time() - issued)
        if wait_s > 0:
            return Decision(False, wait_s)
        waited = take("pow-waited", identity, limit=WAITED_LIMIT, window_s=WAITED_WINDOW_S)
        if not waited.ok:
            return waited
    return Decision(_count(f"pow-used\0{riddle}", issued + CHALLENGE_LIFE_S + 60) == 1)


def riddle_after(decision, riddle) -> str:
    """Return what to show after a refusal: the same riddle while waiting helps, else a new one."""
    return riddle if decision.retry_after_s else challenge()


def _is_solved(riddle, nonce, bits):
    if not nonce or len(nonce) > 32:
        return False
    digest = hashlib.sha256(f"{riddle}.{nonce}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0


def _issued_at(riddle):
    # The signature has been checked; this is the stamp that TimestampSigner wrote.
    return b62_decode(riddle.rsplit(":", 2)[1])


def _signer():
    return TimestampSigner(salt="common.limits.challenge")


# --- Counting ------------------------------------------------------------------------------


def _count(what, expires):
    key = blind_index(what, purpose="limit")
    backend = settings.CACHES["default"]["BACKEND"].rpartition(".")[2]
    if backend in COUNTING_CACHES:
        try:
            return _count_in_cache(f"limit:{key}", max(int(expires - time.time()), 0) + 1)
        except Exception:
            logger.warning("the cache does not count, the database does", exc_info=True)
    return _count_in_database(key, datetime.fromtimestamp(expires, UTC))


def _count_in_cache(key, life_s):
    cache.add(key, 0, life_s)
    try:
        return cache.incr(key)
    except ValueError:
        # It ran out between the two lines: a new window has begun.
        cache.add(key, 0, life_s)
        return cache.incr(key)


def _count_in_database(key, expires_at):
    model = apps.get_model("common", "RateCount")
    table = connection.ops.quote_name(model._meta.db_table)
    when = connection.ops.adapt_datetimefield_value(expires_at)
    with connection.cursor() as cursor:
        # One statement, because reading and then writing would let rivals through.
        cursor.execute(
            f"INSERT INTO {table} (key, taken, expires_at) VALUES (%s, 1, %s) "
            f"ON CONFLICT (key) DO UPDATE SET taken = {table}.taken + 1 RETURNING taken",
            [key, when],
        )
        return cursor.fetchone()[0]
