"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from tickets import workflow


@shared_task(name="tickets.sweep", ignore_result=True)
def sweep():
    """Look at every clock whose moment has come."""
    workflow.sweep()
