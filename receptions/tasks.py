"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from receptions.workflow import moves, summonses


@shared_task(name="receptions.climb", ignore_result=True)
def climb():
    """Pass the silence of called departments up; every half minute."""
    summonses.climb(moves.now())
