"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from receptions.workflow import moves, summonses, whistles


@shared_task(name="receptions.climb", ignore_result=True)
def climb():
    """Pass the silence of called departments up; every half minute."""
    summonses.climb(moves.now())


@shared_task(name="receptions.close_whistles", ignore_result=True)
def close_whistles():
    """Close whistles whose points are given, or whose days for them are over; hourly."""
    whistles.close_ripe(moves.now())
