"""Small makers of the outbox's tests."""

from django.contrib.auth import get_user_model

from notices import workflow
from notices.models import Notice

PHONE = "+8610000000042"


def make_user(username="clerk", **fields):
    return get_user_model().objects.create_user(username, **fields)


def make_notice(key, **fields):
    """Enqueue one notice and return its row."""
    message = {"kind": "test", "title": f"title {key}"} | fields
    if "to" not in message and "phone" not in message:
        message |= {"phone": PHONE, "channel": "sms"}
    workflow.enqueue(unique_key=key, **message)
    return Notice.objects.get(unique_key=key)
