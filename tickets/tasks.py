"""Nudges for the worker; what must happen is a row that the sweep finds."""

from celery import shared_task

from tickets import drafts, workflow


@shared_task(name="tickets.sweep", ignore_result=True)
def sweep():
    """Look at every clock whose moment has come."""
    workflow.sweep()


@shared_task(name="tickets.recompute", ignore_result=True)
def recompute():
    """Bring open promises up to date when the working calendar has changed; every minute."""
    workflow.recompute_if_needed()


@shared_task(name="tickets.apply_policies", ignore_result=True)
def apply_policies(by):
    """Give open matters the time limits of now, as an administrator has asked; may run twice."""
    workflow.apply_policies(by=by)


@shared_task(name="tickets.purge_drafts", ignore_result=True)
def purge_drafts():
    """Delete the photos of drafts that nobody has touched for seven days; daily."""
    drafts.purge()
