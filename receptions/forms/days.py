"""What staff type about reception days: plan, change, publish, call, and what came of a matter."""

from datetime import datetime

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory as organisations
from accounts.choices import Role
from accounts.models import Organisation, Posting, User
from accounts.reports import day_of, reach
from common.forms import TidyCharField
from grids.models import Grid
from receptions.choices import Outcome, SessionForm, WhistleKind
from receptions.models import SessionPolicy
from receptions.workflow.sessions import LEVELS, may_plan
from tickets.forms.staff import OrganisationField, speak_plainly
from tickets.forms.staff import words as sentences

HOSTS = (
    Role.COMMUNITY_SECRETARY, Role.STREET_SECRETARY, Role.DISTRICT_SECRETARY, Role.GRID_HEAD,
)  # fmt: skip


def places_of(user):
    """Return the (kind, grid) pairs for which this person may plan days, nearest first."""
    seen = reach(user)
    rows = Grid.objects.current().defer("outline").filter(level__in=LEVELS.values())
    if not seen.is_admin:
        around = {path[:end] for path in seen.paths for end in range(4, len(path) + 1, 4)}
        below = Q(path__in=around)
        for path in seen.paths:
            below |= Q(path__startswith=path)
        rows = rows.filter(below)
    kinds = {level: kind for kind, level in LEVELS.items()}
    found = [(kinds[grid.level], grid) for grid in rows.order_by("-level", "path")]
    return [(kind, grid) for kind, grid in found if may_plan(kind, grid, user)]


def hosts_for(grid, at=None):
    """Return the people who may host a day of this place: heads and secretaries in and above it."""
    posts = Posting.objects.current(day_of(at)).filter(role__in=HOSTS)
    here = Q(grid__path__in=grid.ancestor_paths)
    here |= Q(grid__path__startswith=grid.path)
    people = posts.filter(here).values("user")
    return User.objects.filter(pk__in=people, is_active=True).order_by("name", "pk")


class DayForm(forms.Form):
    """A reception day: whose, when, where, and who hosts. The end follows from the length."""

    field_order = [
        "grid", "form", "date", "begins", "ends", "place", "host", "host_title", "subject",
        "slot_minutes",
    ]  # fmt: skip
    form = forms.ChoiceField(
        label=gettext_lazy("How the secretaries' day is held"),
        choices=[
            ("", pgettext_lazy("session form", "Residents' day: not needed")),
            *SessionForm.choices,
        ],
        required=False,
    )
    date = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    begins = forms.TimeField(
        label=gettext_lazy("Begins"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    ends = forms.TimeField(
        label=gettext_lazy("Ends"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    place = TidyCharField(label=gettext_lazy("Room and address"), limit=120, one_line=True)
    host = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Host"))
    host_title = TidyCharField(
        label=gettext_lazy("The host's post"),
        limit=60,
        one_line=True,
        required=False,
        help_text=gettext_lazy("Everybody reads it."),
    )
    subject = TidyCharField(
        label=gettext_lazy("What the day is about"), limit=120, one_line=True, required=False
    )
    slot_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes for a matter"), min_value=5, max_value=120
    )

    def __init__(self, *args, grid, **options):
        super().__init__(*args, **options)
        self.fields["host"].queryset = hosts_for(grid)
        speak_plainly(self)

    @classmethod
    def first_values(cls, kind, host):
        return {
            "host": host.pk,
            "slot_minutes": SessionPolicy.objects.of(kind).slot_minutes,
            "begins": "09:00",
            "ends": "11:30",
        }

    def clean(self):
        said = super().clean()
        for name, field in (("starts_at", "begins"), ("ends_at", "ends")):
            if said.get("date") and said.get(field):
                moment = datetime.combine(said["date"], said[field])
                said[name] = timezone.make_aware(moment)
        return said

    def arguments(self):
        """Return what the workflow takes."""
        said = self.cleaned_data
        names = ("place", "host", "host_title", "subject", "slot_minutes", "starts_at", "ends_at")
        return {name: said[name] for name in names} | {"form": said["form"]}


# Where a refusal of the workflow stands in the form.
FIELDS = {"starts_at": "begins", "ends_at": "ends"}


class PublishForm(forms.Form):
    late_reason = TidyCharField(
        label=gettext_lazy("Why it is published so late"),
        help_text=gettext_lazy("Only if it is nearer than the rule asks; everybody reads it."),
        limit=200,
        one_line=True,
        required=False,
    )


class CancelForm(forms.Form):
    reason = TidyCharField(
        label=gettext_lazy("Why it does not take place"),
        help_text=gettext_lazy("Everybody who booked reads it."),
        limit=200,
        one_line=True,
        error_messages={"required": gettext_lazy("Please say why; everybody reads it.")},
    )


class OrganisationsField(forms.MultipleChoiceField):
    """Several of the organisations that work; the cleaned value is a list of them."""

    def __init__(self, **options):
        super().__init__(
            choices=lambda: [(str(each.id), each.label) for each in organisations.active()],
            widget=forms.CheckboxSelectMultiple,
            **options,
        )

    def clean(self, value):
        chosen = super().clean(value)
        return list(Organisation.objects.active().filter(pk__in=chosen).order_by("pk"))


class CallForm(forms.Form):
    organisations = OrganisationsField(
        label=gettext_lazy("Departments to call"),
        error_messages={"required": gettext_lazy("Please choose at least one department.")},
    )
    note = TidyCharField(label=gettext_lazy("What for"), limit=200, one_line=True, required=False)


class MergeForm(forms.Form):
    """Which other booking of the day is about the same cause."""

    into = forms.ModelChoiceField(
        None,
        label=gettext_lazy("Hear it together with"),
        error_messages={"required": gettext_lazy("Please choose one.")},
    )

    def __init__(self, *args, booking, **options):
        super().__init__(*args, **options)
        others = booking.session.bookings.live().exclude(pk=booking.pk).select_related("ticket")
        self.fields["into"].queryset = others
        self.fields["into"].label_from_instance = lambda each: each.ticket.title


class HearForm(forms.Form):
    """What came of a matter: one choice, the answer, and what only some outcomes need."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose what came of it.")},
    )
    words = sentences(
        gettext_lazy("What was answered"),
        help_text=gettext_lazy("The resident reads this. If not accepted: name the law or rule."),
        required=False,
    )
    demand = TidyCharField(
        label=gettext_lazy("What the visitor wants"), limit=200, one_line=True, required=False
    )
    instruction = sentences(
        gettext_lazy("What is promised, or why the community cannot settle it"), required=False
    )
    lead = OrganisationField(label=gettext_lazy("Who leads"), required=False)
    due_on = forms.DateField(
        label=gettext_lazy("Done by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    organisations = OrganisationsField(
        label=gettext_lazy("Departments to whistle for"), required=False
    )
    whistle_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of whistle"),
        choices=WhistleKind.choices,
        required=False,
        initial=WhistleKind.TOUGH,
    )

    def clean_whistle_kind(self):
        return self.cleaned_data["whistle_kind"] or WhistleKind.TOUGH
