"""Which tickets a list shows: everything stands in the address, nothing is remembered."""

from datetime import timedelta

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory as organisations
from common.forms import TidyCharField
from common.text import narrow
from grids import directory as grids
from tickets.catalogue import tree
from tickets.choices import ENDED, OPEN, Source, Status
from tickets.models import LEVEL_COLUMNS, Ticket

GROUPS = {"open": OPEN, "ended": ENDED}
MOST_WORDS = 5


class GridField(forms.CharField):
    """A place by its grid code or number; the cleaned value is its GridEntry."""

    def clean(self, value):
        value = super().clean(value)
        if value in self.empty_values:
            return None
        entry = grids.get(int(value)) if value.isdecimal() and len(value) < 10 else None
        if entry is None:
            code = value.upper()
            entry = next((each for each in grids.GRIDS.all().values() if each.code == code), None)
        if entry is None:
            raise ValidationError(_("There is no such place."))
        return entry


class GridFilter(django_filters.Filter):
    field_class = GridField


class TextFilter(django_filters.Filter):
    field_class = TidyCharField


def _categories():
    return [
        (str(top), [(str(top.code), _("All of “%(name)s”") % {"name": top})]
         + [(leaf.code, str(leaf)) for leaf in leaves])
        for top, leaves in tree()
    ]  # fmt: skip


def _organisations():
    return [(each.id, each.label) for each in organisations.active()]


def end_of_day(at):
    """Return the midnight that ends the day of `at` in Shanghai."""
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


class TicketFilter(django_filters.FilterSet):
    """Filters of the staff list; `user` is who looks, `at` the time the list speaks of."""

    grid = GridFilter(method="in_grid", label=gettext_lazy("Place"))
    status = django_filters.ChoiceFilter(
        method="with_status",
        label=gettext_lazy("Status"),
        empty_label=pgettext_lazy("filter", "Any status"),
        choices=[
            ("open", pgettext_lazy("group of statuses", "All open")),
            ("ended", pgettext_lazy("group of statuses", "All ended")),
            *Status.choices,
        ],
    )
    category = django_filters.ChoiceFilter(
        method="with_category",
        label=gettext_lazy("Category"),
        empty_label=pgettext_lazy("filter", "Any category"),
        choices=_categories,
    )
    due = django_filters.ChoiceFilter(
        method="with_due",
        label=gettext_lazy("Due"),
        empty_label=pgettext_lazy("filter", "Any time"),
        choices=[
            ("late", pgettext_lazy("due state", "Late")),
            ("soon", pgettext_lazy("due state", "Due within 4 hours")),
            ("today", pgettext_lazy("due state", "Due today")),
        ],
    )
    holder = django_filters.ChoiceFilter(
        method="held",
        label=gettext_lazy("Held by"),
        empty_label=pgettext_lazy("filter", "Anybody"),
        choices=[("me", pgettext_lazy("filter", "Me"))],
    )
    organisation = django_filters.ChoiceFilter(
        field_name="organisation_id",
        label=gettext_lazy("Organisation"),
        empty_label=pgettext_lazy("filter", "Any organisation"),
        choices=_organisations,
    )
    source = django_filters.ChoiceFilter(
        label=gettext_lazy("Came by"),
        empty_label=pgettext_lazy("filter", "Any door"),
        choices=Source.choices,
    )
    text = TextFilter(
        method="with_text", label=gettext_lazy("Number or words"), limit=60, one_line=True
    )

    class Meta:
        model = Ticket
        fields = []

    def __init__(self, data=None, queryset=None, *, user=None, at=None, **options):
        super().__init__(data, queryset, **options)
        self.user = user if user is not None else getattr(self.request, "user", None)
        self.at = at or timezone.now()

    def in_grid(self, rows, name, value):
        return rows.filter(**{LEVEL_COLUMNS[value.level]: value.id}) if value else rows

    def with_status(self, rows, name, value):
        return rows.filter(status__in=GROUPS.get(value, [value]))

    def with_category(self, rows, name, value):
        for top, leaves in tree():
            if top.code == value:
                return rows.filter(category_id__in=[leaf.id for leaf in leaves])
            for leaf in leaves:
                if leaf.code == value:
                    return rows.filter(category_id=leaf.id)
        return rows.none()

    def with_due(self, rows, name, value):
        if value == "late":
            return rows.late(self.at)
        if value == "soon":
            return rows.due_within(timedelta(hours=4), self.at)
        return rows.due_within(end_of_day(self.at) - self.at, self.at)

    def held(self, rows, name, value):
        return rows.held_by(self.user)

    def with_text(self, rows, name, value):
        """A reference finds its one ticket; else every word must stand in title or words."""
        digits = "".join(narrow(value).split())
        if digits.isascii() and digits.isdigit() and len(digits) == 10:
            return rows.filter(reference=digits)
        for word in value.split()[:MOST_WORDS]:
            rows = rows.filter(Q(title__contains=word) | Q(description__contains=word))
        return rows
