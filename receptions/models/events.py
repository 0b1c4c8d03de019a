"""What happened, row by row: the shape that the histories of this app share."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from receptions.choices import EventVerb


class Event(models.Model):
    """One thing that happened; appended by the workflow in the step's transaction, never changed.

    `data` holds ids and words of the act, never names or numbers of residents.
    """

    verb = models.CharField(_("what"), max_length=20, choices=EventVerb.choices)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(default=timezone.now)
    # Nobody: the system itself, or a resident.
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    data = models.JSONField(default=dict)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self):
        return self.verb
