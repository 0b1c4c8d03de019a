"""Tells people that the portal stands still, past the queue and the outbox that may be the cause.

`manage.py alarm` looks once; `manage.py alarm --watch` goes on looking, writes to the log when a
trouble begins and when it ends, and sends a text message to settings.ALARM_PHONES.
"""

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import RuleViolation
from common.text import normalise_phone
from hanting import health
from notices import sms

logger = logging.getLogger(__name__)

EVERY_S = 30
# (when it begins, when it is over), as text messages. A calendar that runs short is no matter of
# minutes: `manage.py alarm` and /healthz/ tell it, nobody is woken.
WORDS = {
    "database_gone": (
        gettext_noop("Hanting grid portal: the database does not answer. Please see to it."),
        gettext_noop("Hanting grid portal: the database answers again."),
    ),
    "sweep_late": (
        gettext_noop(
            "Hanting grid portal: for three minutes nothing has looked for late matters. "
            "Please see to it."
        ),
        gettext_noop("Hanting grid portal: late matters are looked for again."),
    ),
    "outbox_stuck": (
        gettext_noop(
            "Hanting grid portal: for five minutes messages have not gone out. Please see to it."
        ),
        gettext_noop("Hanting grid portal: messages go out again."),
    ),
}


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: its name in /healthz/, and a sentence for the log."""

    name: str
    text: str


def troubles(at=None):
    """Return what is wrong now, [] when nothing is."""
    state = health.look_at_database(at)
    lag = state.sweep_lag_s
    texts = {
        "database_gone": "the database does not answer",
        "sweep_late": "the sweep has never run" if lag is None else f"the sweep is {lag} s behind",
        "outbox_stuck": f"a notice has been due for {state.outbox_waiting_s} s",
        "calendar_short": f"the working calendar is settled for {state.calendar_days_left} days",
    }
    return [Trouble(name, texts[name]) for name in state.warnings()]


class Watch:
    """Remembers which troubles have been told, so that each is told once, and its end once.

    For the first `grace_s` seconds nothing is: after a start everything old is late.
    """

    def __init__(self, *, grace_s=health.GRACE_S):
        self.deaf_until = time.monotonic() + grace_s
        self.open = {}

    def look(self, at=None):
        """Look once and tell what has begun or ended."""
        if time.monotonic() < self.deaf_until:
            return
        at = at or timezone.now()
        found = {each.name: each for each in troubles(at) if each.name in WORDS}
        # While the database is silent nobody knows about the rest.
        ended = set() if "database_gone" in found else self.open.keys() - found.keys()
        for name in ended:
            began = self.open.pop(name)
            logger.error("alarm ends: %s, after %d s", name, (at - began).total_seconds())
            send(WORDS[name][1], key=f"alarm:{name}:ends:{began.isoformat()}")
        for name in found.keys() - self.open.keys():
            self.open[name] = at
            logger.error("alarm: %s", found[name].text)
            send(WORDS[name][0], key=f"alarm:{name}:begins:{at.isoformat()}")


def watch(eye=None):
    """Look every 30 seconds until the process ends."""
    # What is no number is better known at once than in need.
    phones()
    eye = eye or Watch()
    while True:
        close_old_connections()
        try:
            eye.look()
        except Exception:
            logger.exception("the alarm could not look")
        time.sleep(EVERY_S)


def send(text, *, key):
    """Send a text message to every alarm phone now; one that fails keeps nobody else waiting."""
    with translation.override(settings.LANGUAGE_CODE):
        words = _(text)
    for number, phone in enumerate(phones(), start=1):
        try:
            sms.send(phone, words, key=f"{key}:{number}")
        except Exception as error:
            # A provider's words may hold the number.
            logger.error("an alarm was not sent: %s", type(error).__name__)


def phones():
    """Return the alarm phones in canonical form; what is none is told in the log."""
    found = []
    for number, given in enumerate(settings.ALARM_PHONES, start=1):
        try:
            found.append(normalise_phone(given))
        except RuleViolation:
            logger.error("ALARM_PHONES: entry %d is no phone number", number)
    return found
