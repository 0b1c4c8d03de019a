"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from receptions.workflow import agenda, bookings, calls, moves, second_look, summonses, whistles


@shared_task(name="receptions.climb", ignore_result=True)
def climb():
    """Pass the silence of called departments up; every half minute."""
    summonses.climb(moves.now())


@shared_task(name="receptions.close_whistles", ignore_result=True)
def close_whistles():
    """Close whistles whose points are given, or whose days for them are over; hourly."""
    whistles.close_ripe(moves.now())


@shared_task(name="receptions.run_offers", ignore_result=True)
def run_offers():
    """Let offered places whose time is over go to the next person; every minute."""
    bookings.run_offers(moves.now())


@shared_task(name="receptions.call_early", ignore_result=True)
def call_early():
    """Call the departments of frequent causes to coming days in good time; every hour."""
    calls.call_early(moves.now())


@shared_task(name="receptions.pull_agenda", ignore_result=True)
def pull_agenda():
    """Propose for the secretaries what the clocks propose; every ten minutes."""
    agenda.pull(moves.now())


@shared_task(name="receptions.second_look", ignore_result=True)
def look_again():
    """Take residents' answers from the tickets, and remind of late promises; every minute."""
    second_look.hear(moves.now())
    second_look.remind(moves.now())
