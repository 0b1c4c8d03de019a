"""Sentences ready to send: what staff often write to residents, with facts to be filled in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.choices import Verb
from tickets.models.categories import Category

ANSWERS = (Verb.TELL_RESIDENT, Verb.ASK_RESIDENT, Verb.RESOLVE, Verb.REJECT)


class ReplyTemplateQuerySet(models.QuerySet):
    def for_step(self, verb, category_id):
        """What fits this step of this kind of matter: its own sentences first, then everybody's."""
        fitting = self.filter(is_active=True, verb=verb)
        fitting = fitting.filter(models.Q(category=None) | models.Q(category_id=category_id))
        return fitting.order_by(models.F("category").desc(nulls_last=True), "name")


class ReplyTemplate(models.Model):
    """One sentence with places such as {date} and {reference}, which `tickets.replies` fills."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    verb = models.CharField(
        _("step"), max_length=20, choices=[(verb.value, verb.label) for verb in ANSWERS]
    )
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
    )
    text = models.TextField(_("text"), max_length=500)
    is_active = models.BooleanField(_("active"), default=True)

    objects = ReplyTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["verb", "name"]

    def __str__(self):
        return self.name
