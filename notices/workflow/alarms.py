"""Telling administrators when the day's text messages run out."""

import logging

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notices import waiting
from notices.models import SmsDay
from notices.workflow.writing import Message, enqueue_many

logger = logging.getLogger(__name__)

NEARLY, USED_UP, STOPPED = LEVELS = (80, 100, 100 * waiting.HARD_STOP)


def warn_of_budget(at) -> None:
    """Tell the administrators, once a day and level, how far the budget is used up.

    Looks at the day's count after each run: a worker that died on the way is made up for by the
    next. The conditional update lets one of several workers tell it.
    """
    budget = waiting.limit()
    if not budget:
        return
    today = SmsDay.objects.filter(day=timezone.localdate(at))
    row = today.first()
    reached = [level for level in LEVELS if row and row.sent * 100 >= budget * level]
    if not reached or reached[-1] <= row.told_percent:
        return
    with transaction.atomic():
        if today.filter(told_percent__lt=reached[-1]).update(told_percent=reached[-1]):
            logger.warning("text messages: %s of %s for today are sent", row.sent, budget)
            _tell_administrators(reached[-1], row, budget)


def _tell_administrators(reached, row, budget):
    people = get_user_model().objects.filter(is_superuser=True, is_active=True)
    with translation.override(settings.LANGUAGE_CODE):
        title, body = _words(reached, row.sent, budget)
        enqueue_many(
            Message(
                unique_key=f"sms-budget:{row.day}:{reached}:{person}",
                kind="sms_budget",
                title=title,
                body=body,
                to=person,
                link=reverse("admin:notices_notice_outbox"),
                urgent=reached > NEARLY,
            )
            for person in people.values_list("pk", flat=True)
        )


def _words(reached, sent, budget):
    counts = {"sent": sent, "budget": budget}
    if reached == NEARLY:
        title = _("Most of today's text messages are sent: %(sent)d of %(budget)d")
        body = _("At %(budget)d those that are not urgent wait until tomorrow.")
    elif reached == USED_UP:
        title = _("Today's text messages are used up: %(sent)d of %(budget)d")
        body = _("Those that are not urgent wait until tomorrow; urgent ones still go out.")
    else:
        title = _("No more text messages go out today: %(sent)d, the budget is %(budget)d")
        body = _("Urgent ones wait until tomorrow too. Please find out what sends so many.")
    return title % counts, body % counts
