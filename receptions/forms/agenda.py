"""What is typed on the secretaries' agenda and about promises: only what each step needs."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory as organisations
from accounts.choices import Role
from accounts.models import Organisation, Posting, User
from accounts.reports import reach
from common.forms import TidyCharField
from grids import directory as grids
from grids.choices import GridLevel
from grids.models import Grid
from receptions.choices import ItemGround, Topic
from receptions.models import Session
from tickets.forms.staff import YES_NO, OrganisationField, speak_plainly, words

PROMISES_AT_ONCE = 3
ANSWERABLE = (Role.ORGANISATION_MANAGER, Role.ORGANISATION_LEADER)


class PlainForm(forms.Form):
    """A form whose missing fields are asked for as a person would."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        speak_plainly(self)

    def arguments(self):
        """Return what the verb takes besides who and when."""
        return dict(self.cleaned_data)


class DayField(forms.DateField):
    """A day, as phones let people choose it."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **options):
        unreadable = gettext_lazy("Please give a day.")
        options.setdefault("error_messages", {"invalid": unreadable, "required": unreadable})
        super().__init__(**options)


class PersonField(forms.ChoiceField):
    """Somebody of an organisation; the cleaned value is the User, or None."""

    def __init__(self, **options):
        super().__init__(required=False, **options)

    def clean(self, value):
        value = super().clean(value)
        return User.objects.get(pk=value) if value else None


def people_to_choose():
    """Return whom a promise may be put on by name: managers and heads, a list one can read."""
    rows = Posting.objects.current().filter(role__in=ANSWERABLE)
    rows = rows.select_related("user", "organisation").order_by("organisation__code", "user__name")
    found = {row.user_id: f"{row.user} · {row.organisation}" for row in rows}
    empty = gettext_lazy("The organisation's contact for the place")
    return [("", empty), *((str(pk), label) for pk, label in found.items())]


# --- The list ------------------------------------------------------------------------------


class AgendaFilter(forms.Form):
    """Which of the proposed items: by ground, by street or community."""

    ground = forms.ChoiceField(label=gettext_lazy("Why it is proposed"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("Place"), required=False)

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        every = pgettext_lazy("filter", "All")
        self.fields["ground"].choices = [("", every), *ItemGround.choices]
        self.fields["place"].choices = [("", every), *_places(reach(user))]

    def select(self, items):
        """Return the items that fit; an unreadable filter takes nothing away."""
        if not self.is_valid():
            return items
        if ground := self.cleaned_data["ground"]:
            items = items.filter(ground=ground)
        if place := self.cleaned_data["place"]:
            entry = grids.get(int(place))
            column = "street" if entry.level == GridLevel.STREET else "community"
            items = items.filter(**{f"ticket__{column}": entry.id})
        return items


def _places(seen):
    levels = (GridLevel.STREET, GridLevel.COMMUNITY)
    entries = [
        each
        for each in grids.GRIDS.all().values()
        if each.level in levels and seen.covers(each.path)
    ]
    return [(str(each.id), each.name) for each in sorted(entries, key=lambda each: each.path)]


# --- Steps on an item ----------------------------------------------------------------------


class ProposeForm(PlainForm):
    grid = forms.ChoiceField(
        label=gettext_lazy("Before whose secretaries"), widget=forms.RadioSelect
    )
    text = words(
        gettext_lazy("What is to be decided"),
        help_text=gettext_lazy("One or two sentences; the papers are put together by themselves."),
    )

    def __init__(self, *args, ticket, **options):
        super().__init__(*args, **options)
        ids = [pk for pk in (ticket.street_id, ticket.district_id) if pk]
        self.fields["grid"].choices = [(str(pk), grids.name(pk)) for pk in ids]
        self.initial.setdefault("grid", str(ticket.district_id))

    def clean_grid(self):
        return Grid.objects.get(pk=self.cleaned_data["grid"])


class OpinionForm(PlainForm):
    topic = forms.ChoiceField(
        label=gettext_lazy("What it is about"), choices=Topic.choices, widget=forms.RadioSelect
    )
    title = TidyCharField(label=gettext_lazy("In one line"), limit=80, one_line=True)
    text = words(
        gettext_lazy("What you see, and what you propose"),
        help_text=gettext_lazy("You get a reply, and are told now by which day."),
        rows=6,
    )
    grid = forms.ChoiceField(
        label=gettext_lazy("Before whose secretaries"), widget=forms.RadioSelect
    )

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        paths = {path[:end] for path in reach(user).paths for end in (4, 8)}
        entries = [each for each in grids.GRIDS.all().values() if each.path in paths]
        entries.sort(key=lambda each: each.path)
        self.fields["grid"].choices = [(str(each.id), each.name) for each in entries]
        if entries:
            self.initial.setdefault("grid", str(entries[0].id))

    def clean_grid(self):
        return Grid.objects.get(pk=self.cleaned_data["grid"])


class ScheduleForm(PlainForm):
    session = forms.ModelChoiceField(
        label=gettext_lazy("On which day"),
        queryset=Session.objects.none(),
        empty_label=None,
        error_messages={
            "invalid_choice": gettext_lazy("Please choose another day: this one is over."),
            "required": gettext_lazy("Please choose a day."),
        },
    )

    def __init__(self, *args, item, **options):
        super().__init__(*args, **options)
        days = Session.objects.secretaries().filter(grid=item.grid_id).coming(timezone.now())
        self.fields["session"].queryset = days.soonest_first()
        self.fields["session"].label_from_instance = day_in_words


def day_in_words(session):
    """Return what names a day among others: its kind, day and place."""
    day = timezone.localtime(session.starts_at)
    return f"{session.get_kind_display()} {day:%Y-%m-%d %H:%M} · {session.place}"


class UnscheduleForm(PlainForm):
    """Nothing to type."""

    def __init__(self, *args, item, **options):
        super().__init__(*args, **options)


class ReorderForm(UnscheduleForm):
    position = forms.IntegerField(label=gettext_lazy("Place on the agenda"), min_value=1)


class DropForm(UnscheduleForm):
    reason = words(
        gettext_lazy("Why it is taken off"),
        help_text=gettext_lazy("Whoever proposed it reads this."),
    )


class AnswerForm(UnscheduleForm):
    reply = words(
        gettext_lazy("The reply"), help_text=gettext_lazy("Whoever wrote it reads this."), rows=5
    )


class ReplyDayForm(UnscheduleForm):
    reply_by = DayField(label=gettext_lazy("Reply by"))


class DecideForm(UnscheduleForm):
    """The decision, and up to three promises; an empty promise is none."""

    decision = words(gettext_lazy("What was decided"), rows=4)
    is_settled_on_spot = forms.BooleanField(
        label=gettext_lazy("Settled on the spot"), required=False
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        people = people_to_choose()
        for number in range(1, PROMISES_AT_ONCE + 1):
            self.fields |= {f"{name}_{number}": field for name, field in promise_fields().items()}
            self.fields[f"owner_{number}"].choices = people

    def promises(self):
        """Return the bound fields of each promise, for the page."""
        names = list(promise_fields())
        return [
            [self[f"{name}_{number}"] for name in names]
            for number in range(1, PROMISES_AT_ONCE + 1)
        ]

    def clean(self):
        cleaned = super().clean()
        for number in range(1, PROMISES_AT_ONCE + 1):
            self._check_promise(cleaned, number)
        return cleaned

    def _check_promise(self, cleaned, number):
        typed = [cleaned.get(f"{name}_{number}") for name in ("text", "lead", "due_on", "owner")]
        if not any(typed):
            return
        for name, sentence in (
            ("text", _("Please write what is promised.")),
            ("lead", _("Please choose the organisation that leads.")),
            ("due_on", _("Please give the day by which it is done.")),
        ):
            key = f"{name}_{number}"
            if not cleaned.get(key) and key not in self.errors:
                self.add_error(key, sentence)
        due = cleaned.get(f"due_on_{number}")
        if due and due < timezone.localdate():
            self.add_error(f"due_on_{number}", _("This day has passed. Please give a later one."))

    def arguments(self):
        said = self.cleaned_data
        promises = [
            {
                name: said[f"{name}_{number}"]
                for name in ("text", "lead", "due_on", "owner", "helpers")
            }
            for number in range(1, PROMISES_AT_ONCE + 1)
            if said[f"text_{number}"]
        ]
        return {
            "decision": said["decision"],
            "is_settled_on_spot": said["is_settled_on_spot"],
            "promises": promises,
        }


def promise_fields():
    """Return the fields of one promise: what, who leads, by when, who answers, who helps."""
    return {
        "text": words(gettext_lazy("What is promised"), required=False, rows=2),
        "lead": OrganisationField(label=gettext_lazy("Lead organisation"), required=False),
        "due_on": DayField(label=gettext_lazy("By"), required=False),
        "owner": PersonField(label=gettext_lazy("Who answers for it")),
        "helpers": HelpersField(label=gettext_lazy("Organisations that help")),
    }


class HelpersField(forms.MultipleChoiceField):
    """Organisations that help; the cleaned value is a list of Organisation."""

    def __init__(self, **options):
        super().__init__(required=False, choices=_organisations, **options)
        self.widget.attrs["size"] = 4

    def clean(self, value):
        return list(Organisation.objects.active().filter(pk__in=super().clean(value)))


def _organisations():
    return [(str(each.id), each.label) for each in organisations.active()]


# --- Promises ------------------------------------------------------------------------------


class DoneForm(PlainForm):
    result = words(gettext_lazy("What was done?"), rows=4)


class CallBackForm(PlainForm):
    """What came of asking: kept, not kept, or nobody reached."""

    reached = forms.ChoiceField(
        label=gettext_lazy("Was somebody reached?"), choices=YES_NO, widget=forms.RadioSelect
    )
    kept = forms.ChoiceField(
        label=gettext_lazy("Was the promise kept, in their words?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    note = TidyCharField(
        label=gettext_lazy("What was said"),
        limit=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reached") == "yes" and not cleaned.get("kept"):
            self.add_error("kept", _("Was it kept? Please choose yes or no."))
        return cleaned
