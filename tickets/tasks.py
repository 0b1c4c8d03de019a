"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from tickets import drafts, workflow
from tickets.workflow import limits


@shared_task(name="tickets.sweep", ignore_result=True)
def sweep():
    """Look at every clock whose moment has come."""
    workflow.sweep()


@shared_task(name="tickets.recompute", ignore_result=True)
def recompute():
    """Bring open promises up to date with the working calendar and the limits; every minute."""
    workflow.recompute_if_needed()
    limits.apply_if_asked()


@shared_task(name="tickets.apply_policies", ignore_result=True)
def apply_policies():
    """Give open matters the time limits of now, as an administrator has asked; may run twice."""
    limits.apply_if_asked()


@shared_task(name="tickets.purge_drafts", ignore_result=True)
def purge_drafts():
    """Delete the photos of drafts that nobody has touched for seven days; daily."""
    drafts.purge()
