"""What staff type about promises: word to the resident, more time, supervision orders."""

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts.choices import Role
from accounts.models import Posting
from tickets.choices import LimitUnit, Stage
from tickets.forms.staff import MomentField, VerbForm, words
from tickets.models import Ticket
from tickets.workflow import head_of
from tickets.workflow.extensions import due_with, room_for_more
from tickets.workflow.parties import orders_to_answer, orders_to_close

HOUR = 3600
# How long the answer to an order may take unless the writer names another day.
ORDER_DAYS = 3
# Of these amounts the form tells which day they would make.
EXAMPLES = {LimitUnit.WORKING_DAYS: (1, 2, 3, 5, 10), LimitUnit.SECONDS: (2, 4, 8, 24, 48)}


class TellForm(VerbForm):
    note = words(
        gettext_lazy("What the resident is to know"),
        help_text=gettext_lazy("The resident reads this."),
        rows=4,
    )
    by_phone = forms.BooleanField(
        label=gettext_lazy("I said it by phone"),
        required=False,
        help_text=gettext_lazy("Then nothing is sent; it stands in the history."),
    )


# --- More time -----------------------------------------------------------------------------


class AskExtensionForm(VerbForm):
    """How much more, in the unit of the clock: whole working days, or whole hours."""

    field_order = ["amount", "note"]
    amount = forms.IntegerField(
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "short"})
    )
    note = words(
        gettext_lazy("Why more time is needed"),
        help_text=gettext_lazy("If it is granted, the resident reads this with the new day."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        clocks = self.ticket.clocks.filter(stage=Stage.RESOLVE, cycle=self.ticket.cycle)
        self.clock = clocks.first()
        in_days = self.clock is None or self.clock.limit_unit == LimitUnit.WORKING_DAYS
        self.size = 1 if in_days else HOUR
        self.most = room_for_more(self.clock) // self.size if self.clock else 0
        field = self.fields["amount"]
        field.label = _("How many working days more") if in_days else _("How many hours more")
        field.help_text = _("%(most)d at most.") % {"most": self.most}
        if self.clock and self.clock.due_at:
            promised = _("Promised now by %(moment)s.") % {"moment": said(self.clock.due_at)}
            field.help_text = f"{promised} {field.help_text}"
        field.widget.attrs |= {"min": 1, "max": self.most}
        bounds = _("Please write a whole number from 1 to %(most)d.") % {"most": self.most}
        field.error_messages |= {"required": bounds, "invalid": bounds}

    def clean_amount(self):
        amount = self.cleaned_data["amount"]
        if not 1 <= amount <= self.most:
            raise forms.ValidationError(self.fields["amount"].error_messages["invalid"])
        return amount

    def arguments(self):
        return {
            "amount": self.cleaned_data["amount"] * self.size,
            "note": self.cleaned_data["note"],
        }

    def examples(self):
        """Return [(amount in words, the day it would make)] for what is often asked."""
        if self.clock is None:
            return []
        found = []
        for amount in EXAMPLES[self.clock.limit_unit]:
            day = due_with(self.clock, amount * self.size) if amount <= self.most else None
            if day:
                found.append((self._said(amount), day))
        return found

    def _said(self, amount):
        if self.size == 1:
            said_so = ngettext("%(count)d working day more", "%(count)d working days more", amount)
        else:
            said_so = ngettext("%(count)d hour more", "%(count)d hours more", amount)
        return said_so % {"count": amount}


class GrantForm(VerbForm):
    note = words(
        gettext_lazy("A word about it"),
        help_text=gettext_lazy("Whoever asked reads it."),
        required=False,
        rows=2,
    )


class RefuseForm(VerbForm):
    note = words(gettext_lazy("Why not"), help_text=gettext_lazy("Whoever asked reads it."), rows=2)


# --- Supervision orders --------------------------------------------------------------------


class AddresseeField(forms.ChoiceField):
    """Who is ordered: the head of the holder's side, its manager, or the holder."""

    def fill(self, people):
        self.people = {str(user.pk): user for user, _part in people}
        self.choices = [(str(user.pk), f"{user} · {part}") for user, part in people]

    def clean(self, value):
        return self.people[super().clean(value)]


class OrderForm(VerbForm):
    text = words(
        gettext_lazy("What is to be done"),
        help_text=gettext_lazy("Say what, and what you want to hear back."),
        rows=4,
    )
    due_at = MomentField(
        label=gettext_lazy("Answer by"),
        error_messages={"required": gettext_lazy("Please say until when.")},
        help_text=gettext_lazy("Thirty days at most."),
    )
    addressee = AddresseeField(
        label=gettext_lazy("To whom"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Please choose one of these people.")},
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        people = addressees(self.ticket, self.user)
        self.fields["addressee"].fill(people)
        if people:
            self.initial.setdefault("addressee", str(people[0][0].pk))

    def first_values(self):
        day = timezone.localtime() + timedelta(days=ORDER_DAYS)
        return {"due_at": day.replace(hour=17, minute=0, second=0, microsecond=0)}


def addressees(ticket, user):
    """Return [(person, part)] whom an order may go to, the usual one first.

    Only who can read the matter; nobody orders themselves.
    """
    at = timezone.now()
    found = [(head_of(ticket, at), pgettext("part in a ticket", "answers for the holder"))]
    if ticket.organisation_id:
        rows = Posting.objects.current(timezone.localdate(at)).filter(
            organisation_id=ticket.organisation_id, role=Role.ORGANISATION_MANAGER
        )
        found += [(row.user, row.get_role_display()) for row in rows.select_related("user")]
    found.append((ticket.holder, pgettext("part in a ticket", "holder")))
    people = {person.pk: (person, part) for person, part in reversed(found)}
    order = dict.fromkeys(person.pk for person, _part in found if person.pk != user.pk)
    return [people[pk] for pk in order if _can_read(people[pk][0], ticket)]


def _can_read(person, ticket):
    return Ticket.objects.for_user(person).filter(pk=ticket.pk).exists()


class OrderChoiceField(forms.ChoiceField):
    """One of the orders on the ticket; the cleaned value is the SupervisionOrder."""

    def fill(self, orders):
        self.orders = {str(order.pk): order for order in orders}
        self.choices = [(pk, in_one_line(order)) for pk, order in self.orders.items()]

    def clean(self, value):
        return self.orders[super().clean(value)]


def in_one_line(order):
    """Return what names an order among others: its words, and by when the answer is due."""
    text = order.text if len(order.text) <= 60 else f"{order.text[:59]}…"
    by = _("answer by %(moment)s") % {"moment": said(order.due_at)}
    return f"{text} · {by}"


class _OnOrderForm(VerbForm):
    field_order = ["order", "note"]
    order = OrderChoiceField(
        label=gettext_lazy("Which order"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("This order is not waiting any more.")},
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        orders = self.open_to(self.ticket, self.user)
        self.fields["order"].fill(orders)
        if orders:
            self.initial.setdefault("order", str(orders[0].pk))


class AnswerOrderForm(_OnOrderForm):
    open_to = staticmethod(orders_to_answer)
    note = words(
        gettext_lazy("Your answer"),
        help_text=gettext_lazy("Whoever issued the order reads it."),
        rows=4,
    )


class CloseOrderForm(_OnOrderForm):
    open_to = staticmethod(orders_to_close)
    note = words(gettext_lazy("What came of it"), rows=3)


def said(moment):
    """Return a moment as day and time in Shanghai."""
    local = timezone.localtime(moment)
    day = date_format(local, pgettext("date format", "j M"))
    return f"{day} {local:%H:%M}"
