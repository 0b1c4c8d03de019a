"""Many at once: one key files once, two hands on one ticket take one step, nobody sees a fault."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from tickets.models import Ticket
from tickets.tests.factories import make_category, make_ticket
from tickets.tests.sending import post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(count, act):
    """Run `act(number)` in `count` threads released by one barrier; return what each answered."""
    barrier, answers = Barrier(count), [None] * count

    def run(number):
        try:
            barrier.wait()
            answers[number] = act(number)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


def test_one_key_sent_twenty_times_at_once_files_once(cast, power_cut):
    body = {"description": "停电了", "category": power_cut.code, "grid": cast.subarea.code}
    answers = at_once(
        20, lambda number: post(Client(), "/api/v1/tickets/", body, **{"Idempotency-Key": "k" * 9})
    )
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    assert Ticket.objects.count() == 1


def test_fifty_filings_at_once_are_fifty_tickets(cast, power_cut, settings):
    settings.RATE_LIMITS = False
    body = {"description": "停电了", "category": power_cut.code, "grid": cast.subarea.code}
    parts = at_once(
        25, lambda number: [post(Client(), "/api/v1/tickets/", body).status_code for _ in (1, 2)]
    )
    assert parts == [[201, 201]] * 25
    assert Ticket.objects.values("reference").distinct().count() == 50


def test_of_two_hands_on_one_ticket_one_is_told_that_it_is_done(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(cast.specialist)
    address = f"/api/v1/tickets/{ticket.reference}/acknowledge/"
    answers = at_once(2, lambda number: post(clients[number], address, {}))
    assert sorted(each.status_code for each in answers) == [200, 409]
    assert ticket.events.filter(verb="acknowledge").count() == 1
