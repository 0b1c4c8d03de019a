"""Background work of the common ground: cleaning up and noting the head of the audit trail."""

from celery import shared_task

from common import workflow


@shared_task(name="common.purge")
def purge():
    """Delete stored answers older than 24 hours and counters that have run out; hourly."""
    workflow.purge()


@shared_task(name="common.note_audit_head")
def note_audit_head():
    """Note the newest audit entry outside the database; daily."""
    workflow.note_head()
