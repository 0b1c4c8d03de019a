"""Writing notices into the outbox and delivering what is due."""

import logging
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as day_time

from celery import signature
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import crypto
from common.models import Heartbeat
from common.text import mask_text
from notices import sms
from notices.choices import Channel, State
from notices.models import ERROR_CHARACTERS, Notice, bound_to

logger = logging.getLogger(__name__)

HEARTBEAT = "notices.deliver"
# More than so many at once to one person become one message (sla.md, sweep).
DIGEST_ABOVE = 3
LISTED_IN_DIGEST = 20
LISTED_IN_SMS = 5
# Longer than any backend's own time-out; after it another worker may try.
LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 8
FIRST_RETRY_S, LONGEST_RETRY_S = 30, 3600
BATCH = 500
RUN_SECONDS = 8
NUDGE_REST_S = 30
_nudges_rest_until = 0.0


# --- Writing -------------------------------------------------------------------------------


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
        transaction.on_commit(_nudge)


def void(*unique_keys: str) -> int:
    """Withdraw notices that have not gone out; return how many that were."""
    return _end(unique_keys, State.VOID)


def supersede(*unique_keys: str) -> int:
    """Mark waiting notices as overtaken by a later one; return how many that were."""
    return _end(unique_keys, State.SUPERSEDED)


def mark_read(user, *, pk=None, at=None) -> int:
    """Mark one of this person's notices as read, or all of them; return how many were unread."""
    unread = Notice.objects.for_user(user).unread()
    if pk is not None:
        unread = unread.filter(pk=pk)
    return unread.update(read_at=at or timezone.now())


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
    waiting = Notice.objects.filter(unique_key__in=unique_keys, state=State.PENDING)
    return waiting.update(state=state, sealed_phone="")


def _nudge():
    # Only a hint: without a broker the rows wait for the next beat. A broker that is gone is left
    # alone for a while, or every filing would wait for its time-out.
    global _nudges_rest_until
    if time.monotonic() < _nudges_rest_until:
        return
    try:
        signature("notices.deliver").apply_async(expires=10, retry=False)
    except Exception:
        _nudges_rest_until = time.monotonic() + NUDGE_REST_S
        logger.warning("delivery could not be nudged", exc_info=True)


# --- Delivering ----------------------------------------------------------------------------


def deliver_all(*, at=None) -> int:
    """Deliver until nothing is due or eight seconds have gone; return how many went out."""
    end, sent = time.monotonic() + RUN_SECONDS, 0
    while True:
        claimed, delivered = deliver_due(at or timezone.now())
        sent += delivered
        if claimed < BATCH or time.monotonic() > end:
            break
    Heartbeat.objects.beat(HEARTBEAT, at=at)
    return sent


def deliver_due(at=None, limit=BATCH) -> tuple[int, int]:
    """Claim up to `limit` due notices and deliver them; return (claimed, delivered).

    Rows are claimed by one conditional update, so two workers never hold the same one; a worker
    that dies gives its rows back after three minutes. A text message goes out at least once: after
    a crash between sending and noting it is sent again under the same key.
    """
    at = at or timezone.now()
    claimed = _claim(at, limit)
    if not claimed:
        return 0, 0
    groups = defaultdict(list)
    for notice in claimed:
        groups[notice.addressee].append(notice)
    on_site, delivered = [], 0
    for notices in groups.values():
        if notices[0].channel == Channel.SITE:
            on_site += _bundles(notices)
        else:
            delivered += sum(_deliver_sms(bundle, at) for bundle in _bundles(notices))
    return len(claimed), delivered + _deliver_on_site(on_site, at)


def is_quiet(at) -> bool:
    """Whether text messages that can wait do wait now (settings.QUIET_HOURS, local time)."""
    start, end = (day_time.fromisoformat(edge) for edge in settings.QUIET_HOURS)
    now = timezone.localtime(at).time()
    return start <= now < end if start <= end else now >= start or now < end


def _due(at):
    due = Notice.objects.due(at)
    return due.exclude(channel=Channel.SMS, urgent=False) if is_quiet(at) else due


def _claim(at, limit):
    # Asked outside a transaction first: on SQLite every transaction takes the one write lock.
    if not _due(at).exists():
        return []
    token = secrets.token_hex(16)
    with transaction.atomic():
        due = _due(at).order_by("deliver_after", "pk")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        chosen = list(due.values_list("pk", flat=True)[:limit])
        Notice.objects.due(at).filter(pk__in=chosen).update(
            claimed_by=token, claimed_until=at + LEASE
        )
    held = Notice.objects.filter(claimed_by=token, state=State.PENDING)
    return list(held.select_related("recipient").order_by("deliver_after", "pk"))


def _bundles(notices):
    """Split one addressee's notices into messages: urgent ones alone, many others together."""
    calm = [notice for notice in notices if not notice.urgent]
    alone = [[notice] for notice in notices if notice.urgent]
    if len(calm) > DIGEST_ABOVE:
        return [*alone, calm]
    return alone + [[notice] for notice in calm]


def _deliver_on_site(bundles, at):
    if not bundles:
        return 0
    with transaction.atomic():
        single = [bundle[0].pk for bundle in bundles if len(bundle) == 1]
        sent = _mark_sent(single, at)
        for bundle in bundles:
            if len(bundle) > 1:
                sent += _fold(bundle, at)
    return sent


def _deliver_sms(bundle, at):
    first = bundle[0]
    key = first.unique_key if len(bundle) == 1 else f"digest:{first.unique_key}"
    text = first.body or first.title
    if len(bundle) > 1:
        text = _digest_line(bundle)
    try:
        phone = first.phone()
        if phone:
            sms.send(phone, text, key=key)
    except Exception as error:
        logger.warning("notice %s was not sent: %s", first.pk, type(error).__name__)
        _retry_later(bundle, f"{type(error).__name__}: {error}", at)
        return 0
    if not phone:
        _fail(bundle, "no phone number")
        return 0
    if len(bundle) == 1:
        return _mark_sent([first.pk], at)
    with transaction.atomic():
        return _fold(bundle, at)


def _fold(bundle, at):
    """Write the digest that stands for these notices and mark them as delivered by it."""
    first = bundle[0]
    title = _digest_title(len(bundle))
    digest = Notice.objects.create(
        recipient_id=first.recipient_id,
        phone_index=first.phone_index,
        channel=first.channel,
        kind="digest",
        title=title,
        body="\n".join(notice.title for notice in bundle[:LISTED_IN_DIGEST]),
        unique_key=f"digest:{secrets.token_hex(16)}",
        state=State.SENT,
        deliver_after=at,
        created_at=at,
        delivered_at=at,
    )
    return _mark_sent([notice.pk for notice in bundle], at, digest=digest)


def _mark_sent(pks, at, digest=None):
    return Notice.objects.filter(pk__in=pks, state=State.PENDING).update(
        state=State.SENT,
        delivered_at=at,
        digest=digest,
        sealed_phone="",
        claimed_by="",
        claimed_until=None,
    )


def _retry_later(bundle, error, at):
    for notice in bundle:
        attempts = notice.attempts + 1
        wait_s = min(FIRST_RETRY_S * 2**attempts, LONGEST_RETRY_S)
        is_over = attempts >= MAX_ATTEMPTS
        Notice.objects.filter(pk=notice.pk, state=State.PENDING).update(
            state=State.FAILED if is_over else State.PENDING,
            attempts=attempts,
            last_error=_short(error),
            deliver_after=at + timedelta(seconds=wait_s),
            claimed_by="",
            claimed_until=None,
        )


def _fail(bundle, error):
    Notice.objects.filter(pk__in=[notice.pk for notice in bundle], state=State.PENDING).update(
        state=State.FAILED, last_error=_short(error), claimed_by="", claimed_until=None
    )


def _short(error):
    return mask_text(sms.one_line(error))[:ERROR_CHARACTERS]


def _digest_title(count):
    with translation.override(settings.LANGUAGE_CODE):
        text = ngettext("%(count)d new message", "%(count)d new messages", count)
        return text % {"count": count}


def _digest_line(bundle):
    titles = "；".join(notice.title for notice in bundle[:LISTED_IN_SMS])
    with translation.override(settings.LANGUAGE_CODE):
        if len(bundle) > LISTED_IN_SMS:
            text = _("%(title)s: %(list)s and others.")
        else:
            text = _("%(title)s: %(list)s.")
        return text % {"title": _digest_title(len(bundle)), "list": titles}
