"""What this app tells people: sentences and times in the portal's first language."""

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def say(sentence, **values):
    """Return a sentence in the portal's first language, whatever the actor's page speaks."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(sentence) % {name: str(value) for name, value in values.items()}


def on_day(moment):
    """Return a day as people say it: 11月27日."""
    with translation.override(settings.LANGUAGE_CODE):
        return date_format(timezone.localtime(moment), "MONTH_DAY_FORMAT")


def at_time(moment):
    """Return a day and an hour as people say it: 11月27日 14:30."""
    return f"{on_day(moment)} {timezone.localtime(moment):%H:%M}"
