"""Delivering what is due: claiming it, folding much into one message, sending, trying again."""

import hashlib
import logging
import secrets
import time
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from common.models import Heartbeat
from common.text import mask_text
from notices import sms, waiting
from notices.choices import Channel, State
from notices.models import ERROR_CHARACTERS, Notice, SmsDay
from notices.reports import HEARTBEAT
from notices.workflow.alarms import warn_of_budget
from notices.workflow.writing import BATCH

logger = logging.getLogger(__name__)

# More than so many at once to one person become one message (sla.md, sweep).
DIGEST_ABOVE = 3
DIGESTS_AT_ONCE = 50
LISTED_IN_DIGEST = 20
LISTED_IN_SMS = 5
# Longer than a run and any backend's own time-out; after it another worker may try.
LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 8
FIRST_RETRY_S, LONGEST_RETRY_S = 30, 3600
RUN_SECONDS = 8
# Of the people in a batch, so many notices behind it are taken along.
TAKEN_ALONG = 4 * BATCH
# Any number, the same in every process: PostgreSQL's advisory lock that lets one worker choose.
CLAIM_LOCK = 7_021_604_402
# Danger does not queue behind what an outage has left.
ORDER = ("-urgent", "deliver_after", "pk")
NO_PHONE = gettext_noop("no phone number")


def deliver_all(*, at=None) -> int:
    """Deliver until nothing is due or eight seconds have gone; return how many went out."""
    end, sent = time.monotonic() + RUN_SECONDS, 0
    while True:
        claimed, delivered = deliver_due(at or timezone.now(), until=end)
        sent += delivered
        if not claimed or time.monotonic() > end:
            break
    warn_of_budget(at or timezone.now())
    Heartbeat.objects.beat(HEARTBEAT, at=at)
    return sent


def deliver_due(at=None, limit=BATCH, *, until=None) -> tuple[int, int]:
    """Claim about `limit` due notices and deliver them; return (claimed, delivered).

    Rows are claimed by one conditional update, so two workers never hold the same one; a worker
    that dies gives its rows back after three minutes. A text message goes out at least once: after
    a crash between sending and noting it is sent again under the same key. Text messages are sent
    one after another, and the rest is put back when the clock passes `until` (monotonic seconds):
    a slow provider must not outlast the claim, or another worker would send the same.
    """
    at = at or timezone.now()
    claimed = _claim(at, limit)
    if not claimed:
        return 0, 0
    groups = defaultdict(list)
    for notice in claimed:
        groups[notice.addressee].append(notice)
    on_site, texts = [], []
    for notices in groups.values():
        bundles = on_site if notices[0].channel == Channel.SITE else texts
        bundles += _bundles(notices)
    texts.sort(key=lambda bundle: not bundle[0].urgent)
    delivered = _deliver_on_site(on_site, at)
    return len(claimed), delivered + _deliver_texts(texts, at, until)


def _claim(at, limit):
    # Asked outside a transaction first: on SQLite every transaction takes the one write lock.
    if not waiting.sendable(at).exists():
        return []
    token = secrets.token_hex(16)
    with transaction.atomic():
        _wait_for_other_claims()
        chosen = _choose(at, limit)
        Notice.objects.due(at).filter(pk__in=chosen).update(
            claimed_by=token, claimed_until=at + LEASE
        )
    held = Notice.objects.pending().filter(claimed_by=token)
    return list(held.select_related("recipient").order_by(*ORDER))


def _choose(at, limit):
    """Return the ids of the oldest due notices, with all else that is due for the same people.

    So after an outage nobody gets two digests because a batch ended between their notices.
    """
    due = waiting.sendable(at)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    oldest = due.order_by(*ORDER)
    rows = list(oldest.values_list("pk", "recipient_id", "phone_index")[:limit])
    chosen = [pk for pk, _person, _phone in rows]
    if len(rows) < limit:
        return chosen
    people = Q(recipient__in={person for _pk, person, _phone in rows if person})
    phones = Q(recipient=None, phone_index__in={phone for _pk, _person, phone in rows if phone})
    # By addressee, so that where there is too much only the last one is cut in two.
    behind = due.filter(people | phones).exclude(pk__in=chosen).order_by("recipient", "phone_index")
    return chosen + list(behind.values_list("pk", flat=True)[:TAKEN_ALONG])


def _wait_for_other_claims():
    # Two workers choosing at once would each get a part of one person's notices. SQLite has one
    # writer and its transactions begin IMMEDIATE.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])


def _bundles(notices):
    """Split one addressee's notices into messages: urgent ones alone, many others together."""
    calm = [notice for notice in notices if not notice.urgent]
    alone = [[notice] for notice in notices if notice.urgent]
    if len(calm) > DIGEST_ABOVE:
        return [*alone, calm]
    return alone + [[notice] for notice in calm]


def _deliver_on_site(bundles, at):
    """Mark what needs no more than a mark, and write the digests; return how many went out."""
    single = [bundle[0].pk for bundle in bundles if len(bundle) == 1]
    sent = _mark_sent(single, at) if single else 0
    several = [bundle for bundle in bundles if len(bundle) > 1]
    # SQLite has one writer: nobody else may write while a transaction lasts.
    for start in range(0, len(several), DIGESTS_AT_ONCE):
        with transaction.atomic():
            sent += sum(_fold(each, at) for each in several[start : start + DIGESTS_AT_ONCE])
    return sent


def _deliver_texts(bundles, at, until):
    """Send the first bundle in any case, the others while there is time; return how many went."""
    delivered = 0
    for number, bundle in enumerate(bundles):
        if number and until and time.monotonic() > until:
            _put_back([notice for unsent in bundles[number:] for notice in unsent])
            break
        delivered += _deliver_text(bundle, at)
    return delivered


def _deliver_text(bundle, at):
    """Send one text message for the bundle; return how many notices went out with it."""
    first, day = bundle[0], timezone.localdate(at)
    try:
        phone = first.phone()
    except Exception as error:
        return _try_later(bundle, error, at)
    if not phone:
        return _fail(bundle, NO_PHONE)
    if not SmsDay.objects.take(day, waiting.limit(urgent=first.urgent)):
        return _put_back(bundle)
    try:
        sms.send(phone, _words(bundle), key=provider_key(bundle))
    except Exception as error:
        SmsDay.objects.give_back(day)
        return _try_later(bundle, error, at)
    if len(bundle) == 1:
        return _mark_sent([first.pk], at)
    with transaction.atomic():
        return _fold(bundle, at)


def provider_key(bundle) -> str:
    """Return what names a message to the provider: the same notices always the same key.

    Of several notices it is made from all their keys: with one more among them it is another
    message, which a provider that drops repeats must not drop.
    """
    keys = [notice.unique_key for notice in bundle]
    if len(keys) == 1:
        return keys[0]
    named = "\n".join(sorted(keys))
    return f"digest:{hashlib.sha256(named.encode()).hexdigest()[:32]}"


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
        body="\n".join(_heading(notice) for notice in bundle[:LISTED_IN_DIGEST]),
        # A resident's phone has no page of notices.
        link=reverse("notices:list") if first.recipient_id else "",
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


def _put_back(bundle):
    """Let go of notices that this run does not send; they stay as they were."""
    claimed = Notice.objects.pending().filter(pk__in=[notice.pk for notice in bundle])
    claimed.update(claimed_by="", claimed_until=None)
    return 0


def _try_later(bundle, error, at):
    logger.warning("notice %s was not sent: %s", bundle[0].pk, type(error).__name__)
    for notice in bundle:
        attempts = notice.attempts + 1
        wait_s = min(FIRST_RETRY_S * 2**attempts, LONGEST_RETRY_S)
        is_over = attempts >= MAX_ATTEMPTS
        Notice.objects.pending().filter(pk=notice.pk).update(
            state=State.FAILED if is_over else State.PENDING,
            attempts=attempts,
            last_error=_short(f"{type(error).__name__}: {error}"),
            deliver_after=at + timedelta(seconds=wait_s),
            claimed_by="",
            claimed_until=None,
        )
    return 0


def _fail(bundle, error):
    Notice.objects.pending().filter(pk__in=[notice.pk for notice in bundle]).update(
        state=State.FAILED, last_error=_short(error), claimed_by="", claimed_until=None
    )
    return 0


def _short(error):
    return mask_text(sms.one_line(error))[:ERROR_CHARACTERS]


def _words(bundle):
    first = bundle[0]
    return _digest_line(bundle) if len(bundle) > 1 else first.body or first.title


def _heading(notice):
    # What residents get by text message is one sentence, without a title.
    return (notice.title or notice.body).rstrip("。.")


def _digest_title(count):
    with translation.override(settings.LANGUAGE_CODE):
        text = ngettext("%(count)d new message", "%(count)d new messages", count)
        return text % {"count": count}


def _digest_line(bundle):
    titles = "；".join(_heading(notice) for notice in bundle[:LISTED_IN_SMS])
    with translation.override(settings.LANGUAGE_CODE):
        if len(bundle) > LISTED_IN_SMS:
            text = _("%(title)s: %(list)s and others.")
        else:
            text = _("%(title)s: %(list)s.")
        return text % {"title": _digest_title(len(bundle)), "list": titles}
