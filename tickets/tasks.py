"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from tickets import drafts, workflow


@shared_task(name="tickets.sweep", ignore_result=True)
def sweep():
    """Look at every clock whose moment has come."""
    workflow.sweep()


@shared_task(name="tickets.purge_drafts", ignore_result=True)
def purge_drafts():
    """Delete the photos of drafts that nobody has touched for seven days; daily."""
    drafts.purge()
