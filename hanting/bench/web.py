"""Loads the portal's pages from eight clients and prints them as shares of an empty page.

Starts its own gunicorn with two sync workers and rate limits off. The four staff clients have
different scopes; every request asks for something drawn at random.
"""

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from common import crypto
from tickets.catalogue import leaves
from tickets.models import Ticket

CLIENTS = 8
ROUNDS = 3
PEOPLE = ("demo-district", "demo-street", "demo-secretary", "demo-specialist")
CODE = "BENCHCODE7"
# Shares of the floor that each page is to reach.
TARGETS = {
    "file": 1 / 15, "newest 50": 1 / 14, "filtered": 1 / 14, "late": 1 / 14, "ticket": 1 / 15,
    "tracking": 1 / 10,
}  # fmt: skip


@dataclass
class Visitor:
    """One client: who it is signed in as, and what it may look at."""

    session: str
    references: list
    grids: list


@dataclass
class Figures:
    """Requests a second and latencies (ms) of one endpoint, a value per round."""

    rates: list = field(default_factory=list)
    p50: list = field(default_factory=list)
    p95: list = field(default_factory=list)


def sign_in(username):
    """Make a session as signing in would, and return its key."""
    user = User.objects.get(username=username)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def visitor(username):
    user = User.objects.get(username=username)
    mine = Ticket.objects.for_user(user)
    rows = mine.order_by("-pk").values_list("reference", "grid__code")[:5_000]
    return Visitor(sign_in(username), [row[0] for row in rows], [row[1] for row in rows])


@contextmanager
def server():
    """Run gunicorn on a free port until the block ends; yield the port."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "hanting.wsgi", "--bind", f"127.0.0.1:{port}",
        "--workers", "2", "--worker-class", "sync", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=os.environ | {"BENCH": "1", "RATE_LIMITS": "0"})
    try:
        for _attempt in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


class Client:
    """A browser that keeps its connection where the server does."""

    def __init__(self, port, session, seed):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {}
        self.chance = random.Random(seed)

    def ask(self, method, path, body=None, expected=200):
        headers = dict(self.headers)
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                content = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):
                self.connection.close()
                if attempt == 2:
                    raise
        if answer.status != expected:
            raise AssertionError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content


def endpoints(categories, tracked):
    """Return {name: what one client does once}; an anonymous act takes the visitor's places."""

    def file(client, who):
        body = {
            "description": "家里停电了，麻烦来看看。",
            "category": client.chance.choice(categories),
            "grid": client.chance.choice(who.grids),
            "contact": {"phone": "10000000001"},
        }
        receipt = json.loads(client.ask("POST", "/api/v1/tickets/", body, expected=201))
        client.last = {key: receipt[key] for key in ("reference", "tracking_code")}

    def filtered(client, who):
        category, grid = client.chance.choice(categories), client.chance.choice(who.grids)
        client.ask("GET", f"/tickets/?status=open&category={category}&grid={grid}")

    def ticket(client, who):
        client.ask("GET", f"/tickets/{client.chance.choice(who.references)}/")

    def tracking(client, who):
        body = {"reference": client.chance.choice(tracked), "tracking_code": CODE}
        client.ask("POST", "/api/v1/progress/", body)

    return {
        "floor": lambda client, who: client.ask("GET", "/bench/floor/"),
        "file": file,
        "newest 50": lambda client, who: client.ask("GET", "/tickets/"),
        "filtered": filtered,
        "late": lambda client, who: client.ask("GET", "/tickets/?due=late"),
        "ticket": ticket,
        "tracking": tracking,
    }


def measure(port, act, visitors, seconds, anonymous):
    """Let all clients act for so many seconds; return (requests a second, sorted latencies)."""
    latencies, failures, start = [], [], threading.Barrier(CLIENTS)

    def run(number):
        who = visitors[number % len(visitors)]
        client = Client(port, None if anonymous else who.session, number)
        mine = []
        start.wait()
        until = time.perf_counter() + seconds
        try:
            while (began := time.perf_counter()) < until:
                act(client, who)
                mine.append((time.perf_counter() - began) * 1000)
        except Exception as error:
            failures.append(error)
        latencies.extend(mine)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(latencies) / seconds, sorted(latencies)


def see_own_write(port, acts, visitors):
    """File a ticket and read it in the very next request; raise AssertionError if it is missing."""
    client = Client(port, None, 1)
    acts["file"](client, visitors[0])
    client.ask("POST", "/api/v1/progress/", client.last)


def run(*, seconds, say):
    """Measure every endpoint in interleaved rounds and say the medians; return {name: share}."""
    visitors = [visitor(name) for name in PEOPLE]
    tracked = list(Ticket.objects.order_by("-pk").values_list("reference", flat=True)[:2_000])
    Ticket.objects.filter(reference__in=tracked).update(
        tracking_digest=crypto.tracking_digest(CODE)
    )
    acts = endpoints([facts.code for facts in leaves()], tracked)
    figures = {name: Figures() for name in acts}
    with server() as port:
        for act in acts.values():
            measure(port, act, visitors, 0.5, act in (acts["file"], acts["tracking"]))
        see_own_write(port, acts, visitors)
        for _round in range(ROUNDS):
            for name, act in acts.items():
                anonymous = name in ("file", "tracking")
                rate, latencies = measure(port, act, visitors, seconds, anonymous)
                figures[name].rates.append(rate)
                figures[name].p50.append(latencies[len(latencies) // 2])
                figures[name].p95.append(latencies[int(len(latencies) * 0.95)])
    return report(figures, say)


def report(figures, say):
    floor = statistics.median(figures["floor"].rates)
    say(f"{'':<12}{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'of floor':>10}  to reach")
    shares = {}
    for name, each in figures.items():
        rate = statistics.median(each.rates)
        shares[name] = rate / floor
        target = TARGETS.get(name)
        verdict = (
            ""
            if not target
            else f"1/{1 / target:.0f} " + ("reached" if shares[name] >= target else "MISSED")
        )
        say(
            f"{name:<12}{rate:>9.1f}{statistics.median(each.p50):>9.1f}"
            f"{statistics.median(each.p95):>9.1f}{f'1/{1 / shares[name]:.1f}':>10}  {verdict}"
        )
    return shares
