"""What beat asks of people's accounts."""

from celery import shared_task

from accounts import workflow


@shared_task(name="accounts.forget_unverified")
def forget_unverified():
    """Delete residents' accounts that nobody ever opened."""
    workflow.forget_unverified()
