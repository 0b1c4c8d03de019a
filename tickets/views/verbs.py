"""One address for each verb: a page with its form, and the step itself by POST."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts import unsent
from common.errors import AlreadyDone, NotAllowed, RuleViolation, StalePage
from tickets import actions, replies, workflow
from tickets.choices import Verb
from tickets.forms import promises
from tickets.forms import staff as forms
from tickets.models import Ticket
from tickets.views import clock
from tickets.views.scope import staff_only, ticket_in_reach
from tickets.views.ticket import head, people


def _fresh(ticket):
    return Ticket.objects.select_related("holder", "organisation").get(pk=ticket.pk)


def _order(ticket, **said):
    workflow.issue_order(ticket, **said)
    return _fresh(ticket)


def _on_order(do):
    """Return the step on one order of a ticket; what was seen of the ticket does not matter."""

    def step(ticket, *, by, seen, order, note):
        do(order, by=by, note=note)
        return _fresh(ticket)

    return step


# Verb -> what is typed, and what is done with it.
VERBS = {
    Verb.ACCEPT: (forms.VerbForm, workflow.accept),
    Verb.REJECT: (forms.RejectForm, workflow.reject),
    Verb.MERGE: (forms.MergeForm, workflow.merge),
    Verb.DISPATCH: (forms.DispatchForm, workflow.dispatch),
    Verb.ACKNOWLEDGE: (forms.VerbForm, workflow.acknowledge),
    Verb.RETURN: (forms.ReturnForm, workflow.return_ticket),
    Verb.ARBITRATE: (forms.ArbitrateForm, workflow.arbitrate),
    Verb.TRANSFER: (forms.TransferForm, workflow.transfer),
    Verb.RECATEGORISE: (forms.RecategoriseForm, workflow.recategorise),
    Verb.RECORD_FINDING: (forms.FindingForm, workflow.record_finding),
    Verb.CALL_CONTRACTOR: (forms.CallContractorForm, workflow.call_contractor),
    Verb.RECORD_ARRIVAL: (forms.ContractorForm, workflow.record_arrival),
    Verb.FINISH_CONTRACTOR: (forms.ContractorForm, workflow.finish_contractor),
    Verb.ASK_RESIDENT: (forms.AskForm, workflow.ask_resident),
    Verb.ANSWER: (forms.AnswerForm, workflow.answer),
    Verb.HOLD: (forms.HoldForm, workflow.hold),
    Verb.RESUME: (forms.VerbForm, workflow.resume),
    Verb.NOTE: (forms.NoteForm, workflow.note),
    Verb.RESOLVE: (forms.ResolveForm, workflow.resolve),
    Verb.RESOLVE_ON_SPOT: (forms.ResolveForm, workflow.resolve_on_spot),
    Verb.RECORD_CALL: (forms.CallForm, workflow.record_call),
    Verb.REOPEN: (forms.ReopenForm, workflow.reopen),
    Verb.TELL_RESIDENT: (promises.TellForm, workflow.tell_resident),
    Verb.ASK_EXTENSION: (promises.AskExtensionForm, workflow.ask_extension),
    Verb.GRANT_EXTENSION: (promises.GrantForm, workflow.grant_extension),
    Verb.REFUSE_EXTENSION: (promises.RefuseForm, workflow.refuse_extension),
    Verb.ORDER: (promises.OrderForm, _order),
    Verb.ANSWER_ORDER: (promises.AnswerOrderForm, _on_order(workflow.answer_order)),
    Verb.CLOSE_ORDER: (promises.CloseOrderForm, _on_order(workflow.close_order)),
    Verb.RELEASE: (forms.ReleaseForm, workflow.release),
}
DECISIONS = (Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION)
# Where a step may lead back to, by the word in its form.
WAYS_BACK = {"today": "today", "list": "tickets:list", "callbacks": "tickets:callbacks"}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
@vary_on_headers("HX-Request")
def ticket_verb(request, reference, verb):
    """Show the form of a verb, or do the verb."""
    ticket = ticket_in_reach(request, reference)
    form_class, do = VERBS[verb]
    if request.method != "POST":
        if verb not in workflow.available(ticket, request.user):
            messages.info(request, _("This step is not possible now, or not yours to take."))
            return redirect("tickets:detail", ticket.reference)
        typed = unsent.take(request) or named_in(request.GET)
        return unfinished(request, ticket, verb, typed)
    if "refresh" in request.POST or "template" in request.POST:
        return unfinished(request, ticket, verb, typed_so_far(form_class, request.POST))
    form = form_class(request.POST, request.FILES, ticket=ticket, user=request.user)
    if not form.is_valid():
        return incomplete(request, ticket, verb, form)
    return act(request, ticket, verb, form, do)


def unfinished(request, ticket, verb, typed):
    """Show the form with what is typed so far, and the sentence that is chosen now."""
    ready = ready_words(verb, ticket)
    number = request.POST.get("template") or request.GET.get("template")
    chosen = next((each for each in ready if str(each.id) == number), None)
    if chosen:
        typed["note"] = replies.put_in(typed.get("note", ""), chosen, ready)
    form = VERBS[verb][0](ticket=ticket, user=request.user, initial=typed)
    return page(request, ticket, verb, form, ready=ready)


def ready_words(verb, ticket):
    """Return the sentences that may be put into the form; [] where the resident reads nothing."""
    return replies.ready_for(verb, ticket) if replies.is_read_by_resident(verb) else []


def act(request, ticket, verb, form, do):
    """Do the verb and go on; a refusal comes back as a sentence with the typed text kept."""
    seen = form.cleaned_data["seen"]
    try:
        with transaction.atomic():
            fresh = do(ticket, by=request.user, seen=seen, **form.arguments())
            if form.photos_taken():
                workflow.attach(fresh, by=request.user, photos=form.photos_taken())
    except RuleViolation as refusal:
        return refused(request, ticket, verb, form, refusal)
    said = _("%(step)s: recorded.") % {"step": actions.HAPPENED[verb]}
    messages.success(request, said)
    return redirect(way_back(request, ticket))


def refused(request, ticket, verb, form, refusal):
    """Tell a second tap from a real refusal, news from a mistake."""
    if is_second_tap(ticket, verb, request.user, form):
        messages.info(request, _("This is recorded already."))
        return redirect(way_back(request, ticket))
    if isinstance(refusal, AlreadyDone):
        messages.info(request, str(refusal))
        return redirect(way_back(request, ticket))
    if isinstance(refusal, StalePage):
        return again(request, ticket, verb, form, str(refusal))
    if isinstance(refusal, NotAllowed):
        return page(request, ticket, verb, form, notice=str(refusal), kind="error", status=403)
    if refusal.field in form.fields:
        form.add_error(refusal.field, str(refusal))
        return page(request, ticket, verb, form)
    return page(request, ticket, verb, form, notice=str(refusal), kind="error", status=409)


def is_second_tap(ticket, verb, user, form):
    """Whether the step after what the page showed is this very step, by this person."""
    event = ticket.events.filter(number=form.cleaned_data["seen"] + 1, verb=verb, by=user).first()
    typed = form.cleaned_data
    said = next((typed[name] for name in ("note", "comment", "text") if name in typed), "")
    return event is not None and said in (event.data.get("note", ""), event.data.get("text"))


def again(request, ticket, verb, form, sentence):
    """Show the form once more over the present state, with what was typed."""
    fresh = ticket_in_reach(request, ticket.reference)
    data = request.POST.copy()
    data["seen"] = str(fresh.event_count)
    kept = type(form)(data, ticket=fresh, user=request.user)
    return page(request, fresh, verb, kept, notice=sentence, kind="info", status=409)


def incomplete(request, ticket, verb, form):
    """Show what is missing; a page without its hidden part is simply brought up to date."""
    if "seen" in form.errors:
        return again(request, ticket, verb, form, form.errors["seen"][0])
    return page(request, ticket, verb, form)


def named_in(query):
    """Return what the address of a form may choose: one of several orders."""
    return {"order": query["order"]} if "order" in query else {}


def typed_so_far(form_class, data):
    """Return what stands in the form now, unchecked, for showing it with other choices."""
    typed = {name: data[name] for name in form_class.base_fields if name in data}
    if "co" in form_class.base_fields:
        typed["co"] = data.getlist("co")
    return {name: value for name, value in typed.items() if name != "seen"}


def page(request, ticket, verb, form, *, notice="", kind="", status=200, ready=None):
    """Render the verb's page, or only its form where htmx asks for it."""
    context = head(ticket, request.user) | {
        "form": form,
        "verb": verb,
        "label": Verb(verb).label,
        "notice": notice,
        "kind": kind,
        "is_possible": verb in workflow.available(ticket, request.user),
        "people": people(ticket, request.user) if verb == Verb.RECORD_CALL else [],
        "back": request.POST.get("back") or request.GET.get("back", ""),
        "reveal": forms.RevealForm() if verb == Verb.RECORD_CALL else None,
        "ready": ready_words(verb, ticket) if ready is None else ready,
        "is_read_by_resident": replies.is_read_by_resident(verb),
        "preview": preview_of(verb, ticket, form),
        "asked": clock.request_of(ticket) if verb in DECISIONS else None,
    }
    whole = request.headers.get("HX-Request") != "true"
    template = "tickets/staff/verb.html" if whole else "tickets/staff/_verb_form.html"
    return render(request, template, context, status=status)


def preview_of(verb, ticket, form):
    """Return what the resident would read of the form as it stands, None for nothing."""
    if not replies.is_read_by_resident(verb):
        return None
    by_phone = "by_phone" in form.fields and bool(form["by_phone"].value())
    return replies.preview(verb, ticket, form["note"].value() or "", by_phone=by_phone)


def way_back(request, ticket):
    """Return the page the step was begun on; the ticket's own only while it is within reach."""
    name = WAYS_BACK.get(request.POST.get("back"))
    if name:
        return reverse(name)
    if Ticket.objects.for_user(request.user).filter(pk=ticket.pk).exists():
        return reverse("tickets:detail", args=[ticket.reference])
    return reverse("tickets:list")
