"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from receptions.workflow import bookings, calls, moves, summonses


@shared_task(name="receptions.climb", ignore_result=True)
def climb():
    """Pass the silence of called departments up; every half minute."""
    summonses.climb(moves.now())


@shared_task(name="receptions.run_offers", ignore_result=True)
def run_offers():
    """Let offered places whose time is over go to the next person; every minute."""
    bookings.run_offers(moves.now())


@shared_task(name="receptions.call_early", ignore_result=True)
def call_early():
    """Call the departments of frequent causes to coming days in good time; every hour."""
    calls.call_early(moves.now())
