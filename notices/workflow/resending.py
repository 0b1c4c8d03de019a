"""Sending again what was given up."""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from common.crypto import SealError
from common.workflow import record
from notices.choices import Channel, State
from notices.models import Notice
from notices.reports import RESEND
from notices.workflow.writing import nudge

# Each is a line in the audit trail: so many fit into one request.
RESENT_AT_ONCE = 500


@dataclass(frozen=True)
class Resent:
    """What became of the notices that were looked at; each counts once."""

    put_back: int = 0
    left_alone: int = 0
    without_phone: int = 0

    @property
    def looked_at(self):
        return self.put_back + self.left_alone + self.without_phone


def resend(notices, *, by, at=None, request=None) -> Resent:
    """Let failed notices wait for delivery again, as if never tried; note who wanted it.

    Exactly once: a second tap, and a notice that has gone out or was withdrawn meanwhile, changes
    nothing. Key and provider key stay the same, so a provider can drop what it took before. A text
    message whose number is gone stays failed. Stops after RESENT_AT_ONCE that were put back.
    """
    at, counts = at or timezone.now(), Counter()
    for notice in notices:
        counts[_send_again(notice, by=by, at=at, request=request)] += 1
        if counts["put_back"] == RESENT_AT_ONCE:
            break
    if counts["put_back"]:
        transaction.on_commit(nudge)
    return Resent(**counts)


def has_way(notice) -> bool:
    """Whether there is something to send to: the page, or a number that can still be read."""
    if notice.channel != Channel.SMS:
        return True
    try:
        return bool(notice.phone())
    except SealError:
        return False


def _send_again(notice, *, by, at, request):
    """Return the name of the count in Resent that this notice belongs to."""
    if notice.state != State.FAILED:
        return "left_alone"
    if not has_way(notice):
        return "without_phone"
    with transaction.atomic():
        failed = Notice.objects.failed().filter(pk=notice.pk)
        is_ours = failed.update(
            state=State.PENDING, attempts=0, deliver_after=at, claimed_by="", claimed_until=None
        )
        if not is_ours:
            return "left_alone"
        detail = {"key": notice.unique_key, "attempts": notice.attempts}
        record(RESEND, by=by, object=notice, detail=detail, request=request, at=at)
    return "put_back"
