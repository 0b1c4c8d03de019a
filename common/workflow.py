"""Writing the audit trail; answering a repeated write with its first answer; booking money."""

import hashlib
import hmac
import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common import crypto
from common.errors import AlreadyDone, RuleViolation
from common.limits import client_address
from common.models import CHAIN_START, AuditEntry, IdempotencyRecord, LedgerEntry, RateCount
from common.text import mask_text, tidy

logger = logging.getLogger(__name__)

ANSWERS_KEPT = timedelta(hours=24)
# Any number, the same in every process: PostgreSQL's advisory lock that lets one writer at the
# chain.
CHAIN_LOCK = 7_021_604_401


# --- Audit trail ---------------------------------------------------------------------------


def record(verb, *, by=None, object=None, detail=None, request=None, role="", at=None):
    """Append one entry to the audit trail, in the caller's transaction, and return it.

    `by` is a user, a word such as "system", or None for a visitor; `object` a model instance, a
    (kind, id) pair or None. Texts inside `detail` are masked; put ids there, never names or numbers
    of people. Call it last in the block: on PostgreSQL writers queue for the chain until the block
    ends.
    """
    kind, object_id = _object_of(object)
    with transaction.atomic():
        _wait_for_the_chain()
        head = AuditEntry.objects.order_by("-number").values_list("number", "hash").first()
        number, previous = head or (0, CHAIN_START)
        entry = AuditEntry(
            number=number + 1,
            who_id=getattr(by, "pk", None),
            who=_who(by),
            role=role,
            verb=verb,
            kind=kind,
            object_id=object_id,
            detail=_masked(detail or {}),
            at=at or timezone.now(),
            address=client_address(request) if request else "",
            request_id=_request_id(request),
            previous_hash=previous,
        )
        entry.hash = _hash(entry)
        entry.save(force_insert=True)
    return entry


@dataclass(frozen=True)
class Fault:
    """One place where the trail is not as it was written; sort: changed, missing, cut, head."""

    number: int
    sort: str
    text: str


def chain_head():
    """Return (number, hash) of the newest entry; kept elsewhere it proves that no tail is cut."""
    head = AuditEntry.objects.order_by("-number").values_list("number", "hash").first()
    return head or (0, CHAIN_START)


def verify_chain(*, heads=()):
    """Read the whole trail and return its faults in order, [] when it is whole.

    `heads` are (number, hash) pairs noted earlier outside the database: only with them is a cut
    tail or a table restored from an older copy found.
    """
    faults, expected, previous = [], 1, CHAIN_START
    wanted = {int(number): digest for number, digest in heads if int(number) > 0}
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number > expected:
            text = _("Entries %(first)d to %(last)d are missing.")
            span = {"first": expected, "last": entry.number - 1}
            faults.append(Fault(expected, "missing", text % span))
        elif not hmac.compare_digest(entry.previous_hash, previous):
            text = _("Entry %(number)d does not follow from the one before it.")
            faults.append(Fault(entry.number, "cut", text % {"number": entry.number}))
        if not hmac.compare_digest(entry.hash, _hash(entry)):
            text = _("Entry %(number)d was changed after it was written.")
            faults.append(Fault(entry.number, "changed", text % {"number": entry.number}))
        if entry.number in wanted and wanted.pop(entry.number) != entry.hash:
            text = _("Entry %(number)d is not the one noted outside.")
            faults.append(Fault(entry.number, "head", text % {"number": entry.number}))
        expected, previous = entry.number + 1, entry.hash
    for number in sorted(number for number in wanted if number >= expected):
        text = _("The trail ends at %(last)d, but entry %(number)d was noted outside.")
        span = {"last": expected - 1, "number": number}
        faults.append(Fault(number, "missing", text % span))
    return faults


def note_head(*, at=None):
    """Write the newest number and hash to the log and, if set, to settings.AUDIT_HEAD_FILE."""
    number, digest = chain_head()
    logger.info("audit head %d %s", number, digest)
    path = getattr(settings, "AUDIT_HEAD_FILE", None)
    if path:
        line = {"number": number, "hash": digest, "at": (at or timezone.now()).isoformat()}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def noted_heads():
    """Return the (number, hash) pairs of settings.AUDIT_HEAD_FILE, [] where there is none."""
    path = getattr(settings, "AUDIT_HEAD_FILE", None)
    try:
        with open(path or "", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.strip()]
    except FileNotFoundError:
        return []
    return [(line["number"], line["hash"]) for line in lines]


def _wait_for_the_chain():
    # SQLite has one writer and its transactions begin IMMEDIATE.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])


def _hash(entry):
    facts = [
        entry.number, entry.who_id, entry.who, entry.role, entry.verb, entry.kind, entry.object_id,
        entry.detail, entry.at.astimezone(UTC).isoformat(timespec="microseconds"), entry.address,
        entry.request_id,
    ]  # fmt: skip
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    message = f"{entry.previous_hash}\n{canonical}".encode()
    return hmac.new(settings.AUDIT_KEY.encode(), message, hashlib.sha256).hexdigest()


def _object_of(thing):
    if thing is None:
        return "", ""
    if isinstance(thing, tuple):
        kind, object_id = thing
        return str(kind), str(object_id)
    return thing._meta.label_lower, str(thing.pk)


def _who(by):
    if by is None:
        return ""
    # A resident's user name is a phone number, and the chain must not keep one.
    return mask_text(by if isinstance(by, str) else by.get_username())[:150]


def _request_id(request):
    given = request.headers.get("X-Request-Id", "") if request else ""
    return tidy(given[:64], 64, one_line=True)


def _masked(value):
    if isinstance(value, dict):
        return {str(key): _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_masked(inner) for inner in value]
    if value is None or isinstance(value, bool | int):
        return value
    # Fractions become text too: databases write 1e5 in their own way, which would break the chain.
    return mask_text(tidy(str(value)[:7000], 7000))


# --- Idempotency ---------------------------------------------------------------------------


class KeyConflict(RuleViolation):
    """The same idempotency key came with another body (HTTP 409)."""

    code = "key_conflict"


@dataclass(frozen=True)
class Answer:
    """What a write answered; `is_repeat` when it was stored before and nothing was done now."""

    status: int
    data: object
    is_repeat: bool


def once(scope, key, body, produce, *, at=None):
    """Do a write once for this key and answer its repetition with the stored answer.

    `scope` names the write and who asks (e.g. "tickets.file:web"); `body` is bytes, text or JSON
    data; `produce()` does the work and returns (status, JSON data). All of it is one transaction:
    when `produce` raises, nothing is kept and the key is free again. Of two rivals one works, the
    other waits and gets the same answer. The answer is sealed and forgotten after 24 hours. Raises
    KeyConflict for another body under the same key, RuleViolation for an unusable key.
    """
    key, at, digest = _usable_key(key), at or timezone.now(), _body_digest(body)
    with transaction.atomic():
        claim = _claim(scope, key, digest, at)
        if claim is None:
            stored = IdempotencyRecord.objects.get(scope=scope, key=key)
            if at - stored.created_at < ANSWERS_KEPT:
                return _stored_answer(stored, digest)
            stored.delete()
            claim = _claim(scope, key, digest, at)
        status, data = produce()
        text = json.dumps(data, ensure_ascii=False)
        claim.sealed_answer = crypto.seal(text, bound_to=_bound_to(claim))
        claim.status_code = status
        claim.save(update_fields=["sealed_answer", "status_code"])
    return Answer(status, json.loads(text), is_repeat=False)


def purge(*, at=None):
    """Delete stored answers older than 24 hours and counters that have run out."""
    at = at or timezone.now()
    IdempotencyRecord.objects.filter(created_at__lt=at - ANSWERS_KEPT).delete()
    RateCount.objects.filter(expires_at__lt=at).delete()


def _claim(scope, key, digest, at):
    # The unique constraint is the arbiter: a rival waits here until the first one has ended.
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(
                scope=scope, key=key, body_digest=digest, created_at=at
            )
    except IntegrityError:
        return None


def _stored_answer(stored, digest):
    if not crypto.digests_equal(stored.body_digest, digest):
        raise KeyConflict(
            _("This request key was already used for something else. Please send with a new key.")
        )
    text = crypto.unseal(stored.sealed_answer, bound_to=_bound_to(stored))
    return Answer(stored.status_code, json.loads(text), is_repeat=True)


def _usable_key(key):
    if not isinstance(key, str) or not re.fullmatch(r"[\x21-\x7e]{8,200}", key):
        raise RuleViolation(
            _("The request key must have 8 to 200 plain letters, digits or signs."), code="key"
        )
    return key


def _body_digest(body):
    # Keyed, because a body holds a phone number that could be guessed from a bare hash.
    if isinstance(body, bytes):
        body = body.decode("utf-8", "surrogateescape")
    elif not isinstance(body, str):
        body = json.dumps(body, sort_keys=True, default=str)
    return crypto.blind_index(body.encode("utf-8", "replace").decode(), purpose="idempotency")


def _bound_to(claim):
    return f"common.idempotency:{claim.scope}:{claim.key}"


# --- Ledger --------------------------------------------------------------------------------


def post(account, amount_fen, cause, key, *, by=None, at=None, text="", reverses=None):
    """Book an amount in whole fen once for this key, in the caller's transaction.

    `key` names the cause ("fundrequest:17:advance"): sent again with the same content it returns
    the entry that stands, whoever sends it. Raises KeyConflict for other content under the key,
    RuleViolation for an amount of nothing.
    """
    if not amount_fen:
        raise RuleViolation(_("An amount of nothing is not booked."), code="nothing")
    content = {
        "account": account,
        "amount_fen": amount_fen,
        "cause": cause,
        "text": text,
        "reverses_id": reverses and reverses.pk,
    }
    try:
        # The unique key is the arbiter: a rival waits here until the first one has ended.
        with transaction.atomic():
            return LedgerEntry.objects.create(
                **content, key=key, at=at or timezone.now(), by_id=by and by.pk
            )
    except IntegrityError:
        entry = LedgerEntry.objects.filter(key=key).first()
    if entry is None:
        # Not the key but the entry it reverses was taken: somebody else has done so.
        raise AlreadyDone(_("This entry has been reversed already."))
    if any(getattr(entry, name) != value for name, value in content.items()):
        raise KeyConflict(_("Something else was booked under this key."))
    return entry


def reverse(entry, *, by, key, at=None, text=""):
    """Take an entry back by booking its opposite; the mistake stays to be read.

    Raises AlreadyDone when another key has reversed it before, RuleViolation for an entry that is
    itself such a correction: then the amount is booked anew.
    """
    if entry.reverses_id:
        raise RuleViolation(_("A correction is not reversed; book the amount again."))
    return post(
        entry.account,
        -entry.amount_fen,
        entry.cause,
        key,
        by=by,
        at=at,
        text=text,
        reverses=entry,
    )
