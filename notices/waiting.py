"""When text messages wait: through the quiet hours, and when the day's budget is used up.

The budget (settings.SMS_DAILY_BUDGET, 0 for none) is a number of text messages a day. Once it is
used up only urgent ones go on, to twice the budget; then these wait too, because so many urgent
messages are a fault of ours or an attack, and no emergency. What waits stays as it is in the
outbox and goes out in its turn as soon as it may: at the next day's first allowed minute, or when
the budget was raised. Sign-in codes do not pass through the outbox and are not counted.
"""

from datetime import datetime, timedelta
from datetime import time as day_time

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from notices.choices import Channel
from notices.models import Notice, SmsDay

HARD_STOP = 2
# A text message that can wait: for the morning, or for tomorrow's budget.
CALM_TEXT = Q(channel=Channel.SMS, urgent=False)


def is_quiet(at) -> bool:
    """Whether text messages that can wait do wait now (settings.QUIET_HOURS, local time)."""
    start, end = _quiet_hours()
    now = timezone.localtime(at).time()
    return start <= now < end if start <= end else now >= start or now < end


def limit(*, urgent=False) -> int:
    """Return how many text messages of a day may go out before such a one waits; 0: no limit."""
    budget = max(settings.SMS_DAILY_BUDGET, 0)
    return budget * HARD_STOP if urgent else budget


def is_used_up(at) -> bool:
    """Whether text messages that can wait do wait for tomorrow's budget."""
    return bool(limit()) and SmsDay.objects.sent_on(timezone.localdate(at)) >= limit()


def sendable(at):
    """Return the notices to deliver now: due, and held neither by the night nor by the budget."""
    return Notice.objects.due(at).exclude(_held(at))


def held(at):
    """Return the text messages that are due and held by the night or by the budget."""
    return Notice.objects.due(at).filter(_held(at))


def overdue_since(at):
    """Return since when the oldest notice waits that ought to be out by now, None if all is out.

    One that a worker holds counts as waiting. Time spent in the quiet hours, or on a day whose
    budget was used up, does not count.
    """
    waiting = Notice.objects.pending().filter(deliver_after__lte=at)
    waiting = waiting.exclude(_held(at)).order_by("deliver_after")
    moments = list(waiting.exclude(CALM_TEXT).values_list("deliver_after", flat=True)[:1])
    for moment in waiting.filter(CALM_TEXT).values_list("deliver_after", flat=True)[:1]:
        moments.append(max([moment, *_ends_of_holding(at)]))
    return min(moments, default=None)


def next_free(at):
    """Return from when text messages that can wait may go out, `at` itself if now."""
    if is_used_up(at):
        at = _at(timezone.localdate(at) + timedelta(days=1), day_time.min)
    if is_quiet(at):
        end = _at(timezone.localdate(at), _quiet_hours()[1])
        at = end if end > at else end + timedelta(days=1)
    return at


def _held(at):
    budget = limit()
    sent = SmsDay.objects.sent_on(timezone.localdate(at)) if budget else 0
    if budget and sent >= limit(urgent=True):
        return Q(channel=Channel.SMS)
    if is_quiet(at) or (budget and sent >= budget):
        return CALM_TEXT
    return Q(pk__in=[])


def _ends_of_holding(at):
    """Return the last moments up to `at` at which a night or a used-up day may have ended."""
    today = timezone.localdate(at)
    start, end = _quiet_hours()
    ends = [_at(today, day_time.min)] if limit() else []
    if start != end:
        quiet_end = _at(today, end)
        ends.append(quiet_end if quiet_end <= at else quiet_end - timedelta(days=1))
    return ends


def _at(day, clock):
    return timezone.make_aware(datetime.combine(day, clock))


def _quiet_hours():
    return [day_time.fromisoformat(edge) for edge in settings.QUIET_HOURS]
