"""One address for each step of a whistle or a summons: a page with its form, the step by POST."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from receptions.choices import EventVerb, WhistleStatus
from receptions.forms import whistles as forms
from receptions.models import Summons
from receptions.views.whistle_scope import (
    summons_in_reach,
    ticket_to_whistle_about,
    whistle_in_reach,
)
from receptions.views.whistles import head, label_of
from receptions.workflow import summonses, whistles
from tickets.views.scope import staff_only


@dataclass(frozen=True)
class Step:
    """What is typed for a verb, and what is done with it."""

    form: type
    do: Any
    # Whether the form asks the whistle for its choices.
    knows_whistle: bool = False


def _call(whistle, *, by, organisation, note):
    whistles.call(whistle, by=by, organisation=organisation, note=note)


def _resolve(whistle, *, by, minutes, **first_promise):
    given = [first_promise] if first_promise.get("text") else []
    whistles.resolve(whistle, by=by, minutes=minutes, decisions=given)


def _hand_over(whistle, *, by, minutes, level):
    grid = getattr(whistle.ticket, level)
    whistles.hand_over(whistle, by=by, minutes=minutes, grid=grid)


STEPS = {
    EventVerb.BLOW: Step(forms.Nothing, whistles.blow),
    EventVerb.ASK_APPROVAL: Step(forms.Nothing, whistles.ask_approval),
    EventVerb.CALL: Step(forms.CallForm, _call, knows_whistle=True),
    EventVerb.RESOLVE: Step(forms.ResolveForm, _resolve, knows_whistle=True),
    EventVerb.HAND_OVER: Step(forms.HandOverForm, _hand_over),
    EventVerb.COMMIT: Step(forms.PromiseForm, whistles.commit, knows_whistle=True),
    EventVerb.REJECT: Step(forms.NoteForm, whistles.reject),
    EventVerb.WITHDRAW: Step(forms.NoteForm, whistles.withdraw),
    EventVerb.CLOSE: Step(forms.Nothing, whistles.close),
}
ANSWERS = {
    EventVerb.ACKNOWLEDGE: Step(forms.Nothing, summonses.acknowledge),
    EventVerb.ARRIVE: Step(forms.Nothing, summonses.arrive),
    EventVerb.DECLINE: Step(forms.DeclineForm, summonses.decline),
    EventVerb.RELEASE: Step(forms.Nothing, summonses.release),
    EventVerb.SCORE: Step(forms.ScoreForm, summonses.score),
}


# --- Writing one --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def whistle_new(request, reference):
    """Whistle about a matter: kind, ground and departments; the rest is known."""
    ticket = ticket_to_whistle_about(request, reference)
    if not whistles.may_write(ticket, request.user):
        raise Http404
    if standing := ticket.whistles.open().first():
        messages.info(request, _("A whistle about this matter is written already."))
        return redirect("whistles:detail", standing.number)
    form = forms.WhistleForm(request.POST or None, ticket=ticket)
    if request.method == "POST" and form.is_valid():
        whistle = attempt(form, lambda: _written(ticket, request, form.cleaned_data))
        if whistle:
            return redirect("whistles:detail", whistle.number)
    context = {"form": form, "ticket": ticket}
    return render(request, "receptions/whistles/new.html", context)


def _written(ticket, request, data):
    """Write the whistle and, unless only a draft is wanted, take it as far as this person may."""
    by = request.user
    with transaction.atomic():
        try:
            whistle = whistles.write(ticket, by=by, **data)
        except AlreadyDone as news:
            messages.info(request, str(news))
            return ticket.whistles.open().get()
        return whistle if "draft" in request.POST else _sent(request, whistle)


def _sent(request, whistle):
    """Blow, or ask whoever may, and say in a sentence which of these it was."""
    by = request.user
    if whistles.may_blow(whistle, by):
        whistle = whistles.blow(whistle, by=by)
        count = whistle.summonses.count()
        said = ngettext(
            "%(count)d department is called.", "%(count)d departments are called.", count
        )
        messages.success(request, said % {"count": count})
    elif whistles.may_ask(whistle, by):
        whistle = whistles.ask_approval(whistle, by=by)
        messages.success(request, _("The street is asked; departments are called when it agrees."))
    else:
        messages.success(request, _("Your secretary is told, and calls the departments."))
    return whistle


def _called(count):
    words = ngettext("%(count)d department is called.", "%(count)d departments are called.", count)
    return words % {"count": count}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def whistle_change(request, number):
    """Change a draft."""
    whistle = whistle_in_reach(request, number)
    if EventVerb.CHANGE not in whistles.steps_on(whistle, request.user):
        return not_now(request, whistle)
    form = forms.WhistleForm(request.POST or None, ticket=whistle.ticket, whistle=whistle)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: whistles.change(whistle, by=request.user, **data)):
            return redirect("whistles:detail", whistle.number)
    context = {"form": form, "ticket": whistle.ticket, "whistle": whistle}
    return render(request, "receptions/whistles/new.html", context)


# --- Steps of a whistle ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def whistle_verb(request, number, verb):
    """Show the form of a step, or do the step."""
    whistle = whistle_in_reach(request, number)
    step = STEPS[verb]
    options = {"whistle": whistle} if step.knows_whistle else {}
    form = step.form(request.POST if request.method == "POST" else None, **options)
    if request.method != "POST":
        if verb not in whistles.steps_on(whistle, request.user):
            return not_now(request, whistle)
    elif form.is_valid():
        return act(request, whistle, form, step, verb, whistle)
    return verb_page(request, whistle, form, verb)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def summons_verb(request, pk, verb):
    """Answer a summons, say who has arrived, or give points."""
    summons, step = summons_in_reach(request, pk), ANSWERS[verb]
    form = step.form(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        if verb not in summonses.steps_on(summons, request.user):
            return not_now(request, summons.whistle)
    elif form.is_valid():
        return act(request, summons, form, step, verb, summons.whistle)
    return verb_page(request, summons.whistle, form, verb, summons)


def act(request, row, form, step, verb, whistle):
    """Do the step and go on; a refusal comes back as a sentence with the typed text kept."""
    given = {name: value for name, value in form.cleaned_data.items() if value is not None}
    summons = row if isinstance(row, Summons) else None
    try:
        with transaction.atomic():
            step.do(row, by=request.user, **given)
    except AlreadyDone as news:
        messages.info(request, str(news))
    except NotAllowed as refusal:
        return verb_page(request, whistle, form, verb, summons, notice=str(refusal), status=403)
    except RuleViolation as refusal:
        if refusal.field in form.fields:
            form.add_error(refusal.field, str(refusal))
            return verb_page(request, whistle, form, verb, summons)
        return verb_page(request, whistle, form, verb, summons, notice=str(refusal), status=409)
    else:
        label = label_of(verb, summons, request.user)
        messages.success(request, _("%(step)s: recorded.") % {"step": label})
    return redirect(way_back(request, whistle))


def way_back(request, whistle):
    """Return the page the step was begun on."""
    if whistle is None or request.POST.get("back") == "today":
        return reverse("today")
    return reverse("whistles:detail", args=[whistle.number])


def not_now(request, whistle):
    messages.info(request, _("This step is not possible now, or not yours to take."))
    return redirect(way_back(request, whistle))


def attempt(form, do):
    """Return what `do` returns; a refusal goes into the form, and None comes back."""
    try:
        return do()
    except RuleViolation as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def verb_page(request, whistle, form, verb, summons=None, *, notice="", status=200):
    """Render the page of one step."""
    subject = summons or whistle
    steps = summonses.steps_on if summons else whistles.steps_on
    context = {
        "form": form,
        "verb": verb,
        "label": label_of(verb, summons, request.user),
        "summons": summons,
        "notice": notice,
        "is_possible": verb in steps(type(subject).objects.get(pk=subject.pk), request.user),
        "whistle": whistle,
    }
    if whistle is not None:
        context |= head(whistle, request.user)
        context["is_blown"] = whistle.status == WhistleStatus.BLOWN
    return render(request, "receptions/whistles/verb.html", context, status=status)
