"""Channels and states of a notice."""

from django.db import models
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    SITE = "site", pgettext_lazy("channel", "on the site")
    SMS = "sms", pgettext_lazy("channel", "text message")


class State(models.TextChoices):
    PENDING = "pending", pgettext_lazy("notice", "waiting")
    SENT = "sent", pgettext_lazy("notice", "delivered")
    FAILED = "failed", pgettext_lazy("notice", "not delivered")
    VOID = "void", pgettext_lazy("notice", "withdrawn")
    SUPERSEDED = "superseded", pgettext_lazy("notice", "overtaken")
