"""The outbox at a glance: what waits, what went out, what was given up."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from common.models import AuditEntry, Heartbeat
from notices import waiting
from notices.choices import Channel, State
from notices.models import Notice, SmsDay

# Names that the workflow, to the right, writes.
HEARTBEAT = "notices.deliver"
RESEND = "resend_notice"
SHOWN = 50


@dataclass(frozen=True)
class Waiting:
    """Notices of one channel and kind that wait; `tried` of them after a failure."""

    channel: str
    kind: str
    count: int
    tried: int
    oldest: datetime

    @property
    def channel_label(self):
        return Channel(self.channel).label


@dataclass(frozen=True)
class Texts:
    """The day's text messages against the budget (0: none); `held` wait until `held_until`."""

    budget: int
    most: int
    sent: int
    held: int
    held_until: datetime
    is_used_up: bool


@dataclass(frozen=True)
class Outbox:
    """What an administrator looks at; `failed` are the newest of `failed_count`."""

    waiting: list
    waiting_count: int
    oldest: datetime | None
    failed: list
    failed_count: int
    sent_today: dict
    resent_today: int
    texts: Texts
    last_run_s: float | None


def outbox(at=None) -> Outbox:
    """Look at the outbox as it is now; a handful of queries on indexes, whatever its length."""
    at = at or timezone.now()
    rows = _waiting()
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    # What a digest stands for went out in it.
    sent = Notice.objects.filter(state=State.SENT, delivered_at__gte=midnight, digest=None)
    by_channel = dict(sent.order_by().values_list("channel").annotate(count=Count("pk")))
    failed = Notice.objects.failed().select_related("recipient").order_by("-pk")
    return Outbox(
        waiting=rows,
        waiting_count=sum(row.count for row in rows),
        oldest=min((row.oldest for row in rows), default=None),
        failed=list(failed[:SHOWN]),
        failed_count=failed.count(),
        sent_today={channel: by_channel.get(channel, 0) for channel in Channel.values},
        resent_today=AuditEntry.objects.filter(verb=RESEND, at__gte=midnight).count(),
        texts=_texts(at),
        last_run_s=Heartbeat.objects.lag_s(HEARTBEAT, at=at),
    )


def waiting_s(at=None) -> int:
    """Return for how many seconds the oldest notice waits that ought to be out; 0 if none does."""
    at = at or timezone.now()
    since = waiting.overdue_since(at)
    return round((at - since).total_seconds()) if since else 0


def _waiting():
    grouped = Notice.objects.pending().order_by("channel", "kind").values("channel", "kind")
    counted = grouped.annotate(
        count=Count("pk"), tried=Count("pk", filter=Q(attempts__gt=0)), oldest=Min("created_at")
    )
    return [Waiting(**row) for row in counted]


def _texts(at):
    return Texts(
        budget=waiting.limit(),
        most=waiting.limit(urgent=True),
        sent=SmsDay.objects.sent_on(timezone.localdate(at)),
        held=waiting.held(at).count(),
        held_until=waiting.next_free(at),
        is_used_up=waiting.is_used_up(at),
    )
