"""Shape of what an administrator types about days and opening hours."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import RuleViolation
from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay
from worktime.workflow import check_hours


class WorkDayForm(forms.ModelForm):
    """Correct one day; the notice it comes from must be named."""

    class Meta:
        model = WorkDay
        fields = ["is_working", "label", "source"]
        help_texts = {"source": _("The notice you have read, with its number.")}


class CalendarVersionForm(forms.ModelForm):
    """Publish other hours; the rules are the workflow's, shown at the field they belong to."""

    class Meta:
        model = CalendarVersion
        fields = ["weekly", "seasons", "note"]
        help_texts = {
            "weekly": _("For each day from “mon” to “sun” its spans, such as “08:30” to “12:00”."),
            "seasons": _("Each with “from” and “to” as month and day, and its own “weekly” hours."),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if "weekly" in self.fields and not self.instance.pk:
            self.initial.setdefault("weekly", DEFAULT_WEEKLY)

    def clean(self):
        cleaned = super().clean()
        if "weekly" in cleaned and "seasons" in cleaned:
            try:
                check_hours(cleaned["weekly"], cleaned["seasons"])
            except RuleViolation as error:
                self.add_error(error.field, error.message)
        return cleaned
