"""What is typed for the fund: yuan as people write them, kept in fen."""

import re
import secrets

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.forms import TidyCharField
from common.text import narrow
from receptions.choices import EventVerb
from receptions.workflow.fund import correctable, yuan
from tickets.forms.staff import speak_plainly
from tickets.models import Ticket

_PLAIN = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class YuanField(forms.CharField):
    """Yuan in any habit of writing (2000, 2,000.50, ２０００元); the cleaned value is in fen."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value):
        value = super().to_python(value)
        if value in self.empty_values:
            return None
        typed = re.sub(r"\s+", "", narrow(value)).removesuffix("元")
        typed = typed.removeprefix("¥").removeprefix("￥")
        if _GROUPED.fullmatch(typed):
            typed = typed.replace(",", "")
        if typed.startswith("-") and _PLAIN.fullmatch(typed[1:]):
            raise ValidationError(_("Please give an amount above zero."), code="amount")
        if re.fullmatch(r"\d{1,10}\.\d{3,20}", typed):
            raise ValidationError(
                _("Please give yuan with at most two figures after the point."), code="amount"
            )
        found = _PLAIN.fullmatch(typed)
        if not found:
            raise ValidationError(
                _("Please write the amount in figures, such as 2000 or 1999.50."), code="amount"
            )
        fen = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
        if fen == 0:
            raise ValidationError(_("Please give an amount above zero."), code="amount")
        return fen


class _KeyedForm(forms.Form):
    """A form that a phone may send twice: its hidden key makes both taps one act."""

    key = forms.CharField(
        min_length=8,
        max_length=64,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "min_length", "max_length"),
            gettext_lazy("Please open this page again: it was incomplete."),
        ),
    )

    def __init__(self, *args, **options):
        options["initial"] = {"key": secrets.token_urlsafe(16)} | options.get("initial", {})
        super().__init__(*args, **options)
        speak_plainly(self)


def _note(label, *, required):
    return TidyCharField(label=label, required=required, limit=200, one_line=True)


class RequestForm(_KeyedForm):
    """A sum and what it is for; community and matter are known where only one can be meant."""

    fund = forms.ChoiceField(label=gettext_lazy("Community"))
    amount = YuanField(label=gettext_lazy("How much, in yuan?"))
    purpose = TidyCharField(
        label=gettext_lazy("What is it for?"),
        limit=200,
        one_line=True,
        help_text=gettext_lazy(
            "This is published at the end of the year: please name no person and no door."
        ),
    )
    repaid_from = TidyCharField(
        label=gettext_lazy("Which money pays it back?"),
        limit=120,
        one_line=True,
        required=False,
        help_text=gettext_lazy("For example the maintenance fund of the building."),
    )
    ticket = TidyCharField(
        label=gettext_lazy("Number of the matter"), limit=40, one_line=True, required=False
    )

    def __init__(self, *args, funds, user, **options):
        super().__init__(*args, **options)
        self.user, self.funds = user, {str(fund.pk): fund for fund in funds}
        self.fields["fund"].choices = [(pk, str(each.grid)) for pk, each in self.funds.items()]
        if len(self.funds) == 1:
            self.initial["fund"] = next(iter(self.funds))
            self.fields["fund"].widget = forms.HiddenInput()

    def renew(self):
        """Give the form a new key after one that was used for other words."""
        self.data = self.data.copy()
        self.data["key"] = secrets.token_urlsafe(16)

    def clean_fund(self):
        return self.funds[self.cleaned_data["fund"]]

    def clean_ticket(self):
        reference = narrow(self.cleaned_data["ticket"]).replace(" ", "").upper()
        if not reference:
            return None
        found = Ticket.objects.for_user(self.user).filter(reference=reference).first()
        if found is None:
            raise ValidationError(_("No matter within your reach has this number."))
        return found

    def arguments(self):
        """Return what the verb takes besides the fund."""
        typed = self.cleaned_data
        names = ("purpose", "repaid_from", "ticket")
        return {"amount_fen": typed["amount"]} | {name: typed[name] for name in names}


class _StepForm(forms.Form):
    """A step on a request; `row` is the request it is about."""

    def __init__(self, *args, row, **options):
        super().__init__(*args, **options)
        self.row = row
        speak_plainly(self)

    def arguments(self):
        return self.cleaned_data


class AdvanceForm(_StepForm):
    note = _note(gettext_lazy("A word for the book"), required=False)


class RefuseForm(_StepForm):
    note = _note(gettext_lazy("Why not?"), required=True)


class WithdrawForm(_StepForm):
    note = _note(gettext_lazy("Why is it not needed any more?"), required=False)


class RepayForm(_KeyedForm):
    amount = YuanField(label=gettext_lazy("How much came back, in yuan?"))
    note = _note(gettext_lazy("A word for the book"), required=False)

    def __init__(self, *args, row, **options):
        options["initial"] = {"amount": yuan(row.outstanding_fen)} | options.get("initial", {})
        super().__init__(*args, **options)

    def arguments(self):
        typed = self.cleaned_data
        return {"amount_fen": typed["amount"], "key": typed["key"], "note": typed["note"]}


class CorrectForm(_StepForm):
    entry = forms.ChoiceField(label=gettext_lazy("Which booking was a mistake?"))
    note = _note(gettext_lazy("What was wrong?"), required=True)

    def __init__(self, *args, row, **options):
        super().__init__(*args, row=row, **options)
        self.entries = {str(each.pk): each for each in correctable(row)}
        self.fields["entry"].choices = [
            (pk, f"{each.at:%Y-%m-%d} {yuan(abs(each.amount_fen))}")
            for pk, each in self.entries.items()
        ]

    def clean_entry(self):
        return self.entries[self.cleaned_data["entry"]]


FORMS = {
    EventVerb.ADVANCE: AdvanceForm,
    EventVerb.REFUSE: RefuseForm,
    EventVerb.WITHDRAW: WithdrawForm,
    EventVerb.REPAY: RepayForm,
    EventVerb.CORRECT: CorrectForm,
}
