"""Background work of the outbox."""

from celery import shared_task

from notices import workflow


@shared_task(name="notices.deliver")
def deliver():
    """Deliver what is due; every 10 s by beat and after each transaction that wrote a notice."""
    workflow.deliver_all()
