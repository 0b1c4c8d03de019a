"""What an administrator types about days and opening hours, in the form people write it."""

import re
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.errors import RuleViolation
from common.forms import TidyCharField
from common.text import narrow
from worktime.models import CalendarVersion, WorkDay
from worktime.workflow import check_hours
from worktime.year import LEAP_YEAR

MOST_LINES = 20
MOST_DAYS = 60  # a whole year is loaded and confirmed, not typed
MOST_SEASONS = 4
DAYS = dict(zip(("mon", "tue", "wed", "thu", "fri"), WEEKDAYS.values(), strict=False))
NO_MONDAY = gettext_lazy("Write the hours of Monday, or “-” when it is not worked.")
NONE = "-"
DASHES = re.compile(r"\s*[-‐‑–—―−~〜至到]+\s*")
BETWEEN = re.compile(r"[\s,;、]+")
SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
DAY_OF_YEAR = re.compile(r"([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def number(text, *, most):
    """Read how many parts a form was shown with, 1 when that is unreadable."""
    return min(max(int(text), 1), most) if str(text).isdecimal() and len(str(text)) < 4 else 1


# --- Days ----------------------------------------------------------------------------------


class DaysForm(forms.Form):
    """Some days, each line one or several in a row, and the one notice they come from.

    `cleaned_data["days"]` is {date: (is_working, label)}.
    """

    source = TidyCharField(
        label=gettext_lazy("The notice it comes from"),
        limit=WorkDay._meta.get_field("source").max_length,
        one_line=True,
        help_text=gettext_lazy("The notice you have read, with its number."),
        error_messages={"required": gettext_lazy("Name the notice that this comes from.")},
    )

    def __init__(self, *args, lines=1, **options):
        super().__init__(*args, **options)
        self.count = lines
        for n in range(lines):
            self.fields[f"first_{n}"] = _day_field(_("Day"), required=n == 0)
            self.fields[f"last_{n}"] = _day_field(_("Until"), required=False)
            self.fields[f"worked_{n}"] = forms.ChoiceField(
                label=_("On this day"),
                required=n == 0,
                choices=[
                    ("no", pgettext_lazy("day", "Not worked")),
                    ("yes", pgettext_lazy("day", "Worked")),
                ],
                widget=forms.RadioSelect,
                error_messages={"required": _("Say whether the day is worked.")},
            )
            self.fields[f"label_{n}"] = TidyCharField(
                label=_("Name of the day"),
                limit=WorkDay._meta.get_field("label").max_length,
                one_line=True,
                required=False,
            )
        self.order_fields([*list(self.fields)[1:], "source"])

    def lines(self):
        """Yield the fields of each line, the first one first."""
        for n in range(self.count):
            yield {name: self[f"{name}_{n}"] for name in ("first", "last", "worked", "label")}

    def clean(self):
        cleaned = super().clean()
        days = {}
        for n in range(self.count):
            for day in self._days_of(n):
                if day in days:
                    self.add_error(f"first_{n}", _("%(day)s stands here twice.") % {"day": day})
                    break
                days[day] = (cleaned.get(f"worked_{n}") == "yes", cleaned.get(f"label_{n}", ""))
        if len(days) > MOST_DAYS:
            text = _("Correct at most %(most)d days at once.") % {"most": MOST_DAYS}
            self.add_error("last_0", text)
        cleaned["days"] = days
        return cleaned

    def _days_of(self, n):
        """Return the days of a line; none when it is empty or wrong."""
        said = {name: self.cleaned_data.get(f"{name}_{n}") for name in ("first", "last", "worked")}
        first, last = said["first"], said["last"] or said["first"]
        if f"first_{n}" in self.errors or f"last_{n}" in self.errors:
            return []
        if first is None:
            if any(said.values()) or self.cleaned_data.get(f"label_{n}"):
                self.add_error(f"first_{n}", _("Name the day."))
            return []
        if not said["worked"] and f"worked_{n}" not in self.errors:
            self.add_error(f"worked_{n}", _("Say whether the day is worked."))
        if last < first:
            self.add_error(f"last_{n}", _("The last day lies before the first one."))
            return []
        # One more than may be is enough to be refused.
        count = min((last - first).days, MOST_DAYS) + 1
        return [first + timedelta(days=n) for n in range(count)]


def _day_field(label, *, required):
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Name the day.")},
    )


# --- Hours ---------------------------------------------------------------------------------


class SpansField(forms.CharField):
    """The hours of a weekday as people write them: “08:30-12:00 13:30-17:30”.

    The cleaned value is a list of [from, to]; [] for “-”, None when nothing is written.
    """

    empty_values = (None, "")

    def to_python(self, value):
        text = DASHES.sub(NONE, narrow(super().to_python(value))).strip()
        if text in ("", NONE):
            return [] if text else None
        spans = [_span(piece) for piece in BETWEEN.split(text) if piece]
        try:
            check_hours({"mon": spans})
        except RuleViolation as refusal:
            raise ValidationError(refusal.message) from refusal
        return spans


def _span(text):
    found = SPAN.fullmatch(text)
    if not found:
        refusal = _("“%(text)s” is no span of hours. Write it as 08:30-12:00.")
        raise ValidationError(refusal % {"text": text})
    return [f"{int(found[1]):02d}:{found[2]}", f"{int(found[3]):02d}:{found[4]}"]


class SeasonDayField(forms.CharField):
    """A day of any year, “06-01” or “6月1日”; the cleaned value is "06-01" or ""."""

    def to_python(self, value):
        text = narrow(super().to_python(value))
        if not text:
            return ""
        found = DAY_OF_YEAR.fullmatch(text)
        try:
            return date(LEAP_YEAR, int(found[1]), int(found[2])).strftime("%m-%d")
        except (TypeError, ValueError):
            refusal = _("“%(text)s” is no day of the year. Write month and day as 06-01.")
            raise ValidationError(refusal % {"text": text}) from None


class HoursForm(forms.Form):
    """The hours of an ordinary week and of seasons; Tuesday to Friday may be as Monday.

    `cleaned_data` has "weekly" and "seasons" as a calendar version keeps them.
    """

    note = TidyCharField(
        label=gettext_lazy("Notice or reason"),
        limit=CalendarVersion._meta.get_field("note").max_length,
        one_line=True,
        error_messages={"required": gettext_lazy("Name the notice or the reason.")},
    )

    def __init__(self, *args, seasons=1, **options):
        super().__init__(*args, **options)
        self.count = seasons
        self.fields |= _week_fields("")
        for n in range(seasons):
            self.fields[f"from_{n}"] = SeasonDayField(label=_("First day"), required=False)
            self.fields[f"to_{n}"] = SeasonDayField(label=_("Last day"), required=False)
            self.fields |= _week_fields(f"_{n}", required=False)
            if self.initial.get(f"from_{n}"):
                self.fields[f"drop_{n}"] = forms.BooleanField(
                    label=_("Do without this season from now on"), required=False
                )
        self.order_fields([*list(self.fields)[1:], "note"])

    @classmethod
    def initial_of(cls, version):
        """Return what the form shows first: the hours in force, as one would type them."""
        initial = _written(version.weekly, "")
        for n, season in enumerate(version.seasons):
            initial |= {f"from_{n}": season["from"], f"to_{n}": season["to"]}
            initial |= _written(season["weekly"], f"_{n}")
        return initial

    def week(self):
        """Yield the fields of the ordinary week."""
        return [self[name] for name in DAYS]

    def seasons(self):
        """Yield the fields of each season: the days it lasts, its week, and the tick to drop it."""
        for n in range(self.count):
            yield {
                "number": n + 1,
                "from": self[f"from_{n}"],
                "to": self[f"to_{n}"],
                "week": [self[f"{name}_{n}"] for name in DAYS],
                "drop": self[f"drop_{n}"] if f"drop_{n}" in self.fields else None,
            }

    def clean(self):
        cleaned = super().clean()
        weekly, seasons = self._week(""), []
        for n in range(self.count):
            if not cleaned.get(f"drop_{n}") and (season := self._season(n)):
                seasons.append(season)
        if not self.errors:
            try:
                cleaned["weekly"], cleaned["seasons"] = check_hours(weekly, seasons)
            except RuleViolation as refusal:
                self.add_error("mon" if refusal.field == "weekly" else "from_0", refusal.message)
        return cleaned

    def _week(self, suffix):
        monday = self.cleaned_data.get(f"mon{suffix}") or []
        said = {name: self.cleaned_data.get(name + suffix) for name in DAYS}
        return {name: monday if spans is None else spans for name, spans in said.items()}

    def _season(self, n):
        """Return a season as it is kept; None when nothing of it is written or some of it wrong."""
        names = [f"from_{n}", f"to_{n}", *(f"{name}_{n}" for name in DAYS)]
        if any(name in self.errors for name in names):
            return None
        if all(self.cleaned_data.get(name) in (None, "") for name in names):
            return None
        for name, words in [
            (f"from_{n}", _("Name the season's first day.")),
            (f"to_{n}", _("Name the season's last day.")),
            (f"mon_{n}", NO_MONDAY),
        ]:
            if self.cleaned_data.get(name) in (None, ""):
                self.add_error(name, words)
        return {
            "from": self.cleaned_data.get(f"from_{n}"),
            "to": self.cleaned_data.get(f"to_{n}"),
            "weekly": self._week(f"_{n}"),
        }


def _week_fields(suffix, *, required=True):
    return {
        f"{name}{suffix}": SpansField(
            label=label,
            required=required and name == "mon",
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": NO_MONDAY},
        )
        for name, label in DAYS.items()
    }


def _written(weekly, suffix):
    spans = {name: weekly.get(name) or [] for name in DAYS}
    return {
        name + suffix: " ".join("-".join(span) for span in those) or NONE
        for name, those in spans.items()
    }


class ConfirmForm(forms.Form):
    """The word of a person that the year has been compared with the notice."""

    compared = forms.BooleanField(
        label=gettext_lazy("I have compared every day of this year with the published notice."),
        error_messages={"required": gettext_lazy("Compare the year with the notice first.")},
    )
