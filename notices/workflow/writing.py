"""Writing notices into the outbox, withdrawing them, marking them as read."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from celery import signature
from django.db import transaction
from django.utils import timezone

from common import crypto
from notices.choices import Channel, State
from notices.models import Notice, bound_to

logger = logging.getLogger(__name__)

BATCH = 500
NUDGE_REST_S = 30
_nudges_rest_until = 0.0


@dataclass(frozen=True, kw_only=True)
class Message:
    """What `enqueue` takes, as a value, for many at once."""

    unique_key: str
    kind: str
    title: str
    body: str = ""
    to: object = None
    phone: str | None = None
    channel: str = Channel.SITE
    link: str = ""
    urgent: bool = False
    at: datetime | None = None


def enqueue(
    *,
    unique_key: str,
    kind: str,
    title: str,
    body: str = "",
    to=None,
    phone: str | None = None,
    channel: str = Channel.SITE,
    link: str = "",
    urgent: bool = False,
    at: datetime | None = None,
) -> None:
    """Write one notice in the caller's transaction; a second one with the same key adds nothing.

    `to` is a user (or a user's id); a resident without account is addressed by `phone` (canonical)
    and channel "sms". `title` and `body` are ready to read, in the reader's language; `link` is a
    path of this site. Not before `at` (default: now). `urgent` ignores quiet hours and is never
    folded into a digest. Raises ValueError for a message that nobody could get.
    """
    enqueue_many(
        [
            Message(
                unique_key=unique_key,
                kind=kind,
                title=title,
                body=body,
                to=to,
                phone=phone,
                channel=channel,
                link=link,
                urgent=urgent,
                at=at,
            )
        ]
    )


def enqueue_many(messages) -> None:
    """Write many notices with one statement per 500, as `enqueue` does."""
    now = timezone.now()
    rows = [_row(message, now) for message in messages]
    if not rows:
        return
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    if any(row.deliver_after <= now for row in rows):
        transaction.on_commit(nudge)


def void(*unique_keys: str) -> int:
    """Withdraw notices that have not gone out, given up or waiting; return how many that were."""
    return _end(unique_keys, State.VOID)


def supersede(*unique_keys: str) -> int:
    """Mark notices that have not gone out as overtaken by a later one; return how many."""
    return _end(unique_keys, State.SUPERSEDED)


def mark_read(user, *, pk=None, at=None) -> int:
    """Mark one of this person's notices as read, or all of them; return how many were unread."""
    unread = Notice.objects.for_user(user).unread()
    if pk is not None:
        unread = unread.filter(pk=pk)
    return unread.update(read_at=at or timezone.now())


def nudge():
    """Ask for a delivery now; only a hint, without a broker the rows wait for the next beat.

    A broker that is gone is left alone for a while, or every filing would wait for its time-out.
    """
    global _nudges_rest_until
    if time.monotonic() < _nudges_rest_until:
        return
    try:
        signature("notices.deliver").apply_async(expires=10, retry=False)
    except Exception:
        _nudges_rest_until = time.monotonic() + NUDGE_REST_S
        logger.warning("delivery could not be nudged", exc_info=True)


def _row(message, now):
    if (message.to is None) == (message.phone is None):
        raise ValueError("a notice goes to a person or to a phone")
    if message.phone is not None and message.channel != Channel.SMS:
        raise ValueError("a phone gets text messages only")
    if message.link and (message.link[0] != "/" or message.link[1:2] in ("/", "\\")):
        raise ValueError("a notice links to a path of this site")
    row = Notice(
        recipient_id=getattr(message.to, "pk", message.to),
        channel=message.channel,
        kind=message.kind,
        title=str(message.title)[:200],
        body=str(message.body),
        link=message.link,
        urgent=message.urgent,
        unique_key=message.unique_key,
        deliver_after=message.at or now,
        created_at=now,
    )
    if message.phone is not None:
        row.sealed_phone = crypto.seal(message.phone, bound_to=bound_to(message.unique_key))
        row.phone_index = crypto.blind_index(message.phone, purpose="notices.phone")
    return row


def _end(unique_keys, state):
    # Failed ones too: nobody shall send again what no longer holds.
    open_ones = Notice.objects.filter(
        unique_key__in=unique_keys, state__in=[State.PENDING, State.FAILED]
    )
    return open_ones.update(state=state, sealed_phone="")
