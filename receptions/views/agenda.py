"""The secretaries' agenda: what is proposed and why, each item with its papers, its steps."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import Role
from accounts.reports import reach
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import mask_text
from grids import directory as grids
from receptions.choices import EventVerb, ItemGround
from receptions.forms import agenda as forms
from receptions.models import AgendaItem, Session
from receptions.reports.agenda import cases_elsewhere, ranked, readable_matters
from receptions.workflow import agenda as workflow
from receptions.workflow.decisions import decide
from receptions.workflow.moves import available
from tickets.catalogue import categories
from tickets.views.scope import staff_only, ticket_in_reach
from tickets.views.telling import people_of, timeline
from tickets.views.ticket import knows_people

MOST = 200
# Verb -> what is typed, and what is done with it.
VERBS = {
    EventVerb.DECIDE: (forms.DecideForm, decide),
    EventVerb.ANSWER: (forms.AnswerForm, workflow.answer),
    EventVerb.SCHEDULE: (forms.ScheduleForm, workflow.schedule),
    EventVerb.CHANGE: (forms.ReplyDayForm, workflow.promise_reply),
    EventVerb.UNSCHEDULE: (forms.UnscheduleForm, workflow.unschedule),
    EventVerb.REORDER: (forms.ReorderForm, workflow.reorder),
    EventVerb.DROP: (forms.DropForm, workflow.drop),
}
STEP_LABELS = {
    EventVerb.DECIDE: pgettext_lazy("step on an agenda item", "Write down the decision"),
    EventVerb.ANSWER: pgettext_lazy("step on an agenda item", "Reply"),
    EventVerb.SCHEDULE: pgettext_lazy("step on an agenda item", "Put it on a day's agenda"),
    EventVerb.CHANGE: pgettext_lazy("step on an agenda item", "Promise a reply by a day"),
    EventVerb.UNSCHEDULE: pgettext_lazy("step on an agenda item", "Take it from this day"),
    EventVerb.REORDER: pgettext_lazy("step on an agenda item", "Move it"),
    EventVerb.DROP: pgettext_lazy("step on an agenda item", "Take it off for good"),
}
# Done on the day's own page, with arrows.
ON_THE_DAY = (EventVerb.REORDER,)


def reads_agenda(user):
    """Whether the agenda is this person's business: secretaries, dispatchers, supervisors."""
    return reach(user).is_admin or reach(user).has(*workflow.PROPOSERS)


def secretaries_only(view):
    """Answer 404 to whoever has no part in the agenda."""

    @staff_only
    @wraps(view)
    def inner(request, *args, **kwargs):
        if not reads_agenda(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return inner


@require_safe
@secretaries_only
@never_cache
def agenda_list(request):
    """What is proposed and not yet decided, in the order in which it should be heard."""
    at, user = timezone.now(), request.user
    form = forms.AgendaFilter(request.GET, user=user)
    found = form.select(AgendaItem.objects.for_user(user).open())
    found = found.select_related("ticket", "grid", "session", "proposed_by")
    items = list(found.defer("grid__outline", "ticket__description")[: MOST + 1])
    context = {
        "form": form,
        "lines": lines_of(items[:MOST], user, at),
        "is_cut": len(items) > MOST,
        "days": coming_days(user, at),
        "writes_opinions": reach(user).has(Role.COMMUNITY_SECRETARY),
    }
    return render(request, "receptions/agenda/list.html", context)


def lines_of(items, user, at):
    """Return the items in order, each with what its line shows (1 query)."""
    names = Names(items, user)
    return [
        {"item": one.item, "reasons": one.reasons, **names.of(one.item)}
        for one in ranked(items, at)
    ]


class Names:
    """What to call items: their titles, or only kind and place where a matter is not theirs.

    Names of places and categories come from memory, asked for once for all of them.
    """

    def __init__(self, items, user):
        self.readable = readable_matters(items, user)
        tickets = [item.ticket for item in items if item.ticket]
        ids = {ticket.grid_id for ticket in tickets} | {_public_place(each) for each in tickets}
        self.places, self.kinds = grids.paths_of(ids), categories.all()

    def of(self, item):
        """Return title, place, and whether the matter is theirs to read."""
        ticket = item.ticket
        if ticket is None:
            return {"title": item.title, "place": str(item.grid), "is_mine": True}
        if ticket.pk in self.readable:
            place = " · ".join(self.places[ticket.grid_id][-2:])
            return {"title": mask_text(item.title), "place": place, "is_mine": True}
        if ticket.is_confidential:
            return {"title": _("A matter with few readers"), "place": "", "is_mine": False}
        place = self.places[_public_place(ticket)][-1]
        return {"title": self.kind_of(ticket), "place": place, "is_mine": False}

    def kind_of(self, ticket):
        return str(self.kinds.get(ticket.category_id, ""))


def _public_place(ticket):
    """Return the id of the place that strangers may know of a matter."""
    return ticket.village_id or ticket.community_id or ticket.street_id or ticket.district_id


def coming_days(user, at):
    """Return the secretaries' days to come within reach."""
    days = Session.objects.for_user(user).secretaries().coming(at).soonest_first()
    return list(days.select_related("grid").defer("grid__outline")[:10])


# --- One item ------------------------------------------------------------------------------


def item_in_reach(request, pk):
    """Return the item with what its page always needs; 404 when it is out of reach."""
    found = AgendaItem.objects.for_user(request.user).select_related(
        "ticket__grid", "ticket__holder", "ticket__organisation", "grid", "session", "proposed_by",
        "whistle", "booking__session",
    )  # fmt: skip
    return get_object_or_404(found.prefetch_related("session__co_hosts"), pk=pk)


@require_safe
@staff_only
@never_cache
def item_detail(request, pk):
    """One item with its papers, and exactly the steps this person may take."""
    return item_page(request, item_in_reach(request, pk))


def item_page(request, item, typed=None, *, notice="", status=200):
    """Render an item's page; `typed` is the (verb, form) that came back with mistakes."""
    user, at = request.user, timezone.now()
    may = available(item, user, workflow.ITEM_MOVES)
    verbs = [verb for verb in VERBS if verb in may and verb not in ON_THE_DAY]
    names = Names([item], user)
    context = {
        "item": item,
        "at": at,
        "reasons": ranked([item], at)[0].reasons,
        "steps": [step_of(verb, item, typed) for verb in verbs],
        "notice": notice,
        "events": item.events.select_related("by"),
        "promises": item.commitments.select_related("owner", "lead"),
        **names.of(item),
        **papers(item, user, names),
    }
    return render(request, "receptions/agenda/item.html", context, status=status)


def step_of(verb, item, typed):
    """Return what the page shows of one step: its form, with what was typed where it came back."""
    came_back = typed is not None and typed[0] == verb
    form = typed[1] if came_back else VERBS[verb][0](item=item, prefix=verb)
    return {
        "verb": verb,
        "label": STEP_LABELS[verb],
        "form": form,
        "is_open": came_back or verb in (EventVerb.DECIDE, EventVerb.ANSWER),
        "promises": form.promises() if verb == EventVerb.DECIDE else [],
    }


def papers(item, user, names):
    """Return history, whistles, photos and cases elsewhere, within what this person may see.

    Names and numbers of residents are starred for all but those who must contact them, so that
    co-hosts read the matter and not the person.
    """
    ticket = item.ticket
    if ticket is None:
        return {"has_papers": False}
    is_readable = ticket.pk in names.readable
    knows = is_readable and knows_people(ticket, user)
    events = list(ticket.events.in_order())
    words = ticket.description if knows else mask_text(ticket.description)
    return {
        "has_papers": True,
        "is_readable": is_readable,
        "words": words if is_readable or item.session_id else "",
        "address": ticket.address if knows else mask_text(ticket.address) if is_readable else "",
        "category": names.kind_of(ticket),
        "happenings": timeline(events, people_of(events), is_masked=not knows),
        "whistles": ticket.whistles.for_user(user).prefetch_related("summonses__organisation"),
        "photos": list(ticket.attachments.order_by("pk")) if is_readable else [],
        "cases": told_cases(cases_elsewhere(ticket, user), names),
    }


def told_cases(cases, names):
    """Return each case with its title, or its kind, and the community it was solved in."""
    places = grids.paths_of({case.ticket.community_id for case in cases} - {None})
    return [
        {
            "case": case,
            "title": case.title or names.kind_of(case.ticket),
            "place": places[case.ticket.community_id][-1] if case.ticket.community_id else "",
        }
        for case in cases
    ]


@require_POST
@staff_only
@never_cache
def item_verb(request, pk, verb):
    """Do one step on an item."""
    item = item_in_reach(request, pk)
    if verb not in VERBS:
        raise Http404
    form_class, do = VERBS[verb]
    prefix = None if verb in ON_THE_DAY else verb
    form = form_class(request.POST, item=item, prefix=prefix)
    if not form.is_valid():
        return item_page(request, item, (verb, form), status=400)
    try:
        item = do(item, by=request.user, **form.arguments())
    except RuleViolation as refusal:
        return refused(request, item, verb, form, refusal)
    messages.success(request, _("%(step)s: recorded.") % {"step": STEP_LABELS[verb]})
    return redirect(way_back(request, item))


def refused(request, item, verb, form, refusal):
    """Tell news from a mistake; what was typed stays on the page."""
    if isinstance(refusal, AlreadyDone):
        messages.info(request, str(refusal))
        return redirect("agenda:item", item.pk)
    status = 403 if isinstance(refusal, NotAllowed) else 409
    if refusal.field in form.fields:
        form.add_error(refusal.field, str(refusal))
        status = 400
    return item_page(request, item, (verb, form), notice=str(refusal), status=status)


def way_back(request, item):
    """Return where a step leads: the day whose page it was taken on, else the item."""
    if request.POST.get("back") == "day" and item.session_id:
        return redirect("agenda:day", item.session_id).url
    return redirect("agenda:item", item.pk).url


# --- Proposing -----------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@secretaries_only
@never_cache
def propose_ticket(request, reference):
    """Put a matter before the secretaries of the street or the district."""
    ticket = ticket_in_reach(request, reference)
    given = request.POST if request.method == "POST" else None
    form = forms.ProposeForm(given, ticket=ticket)
    if given is not None and form.is_valid():
        try:
            item = workflow.propose(
                ticket=ticket, ground=ItemGround.SECRETARY, by=request.user, **form.arguments()
            )
        except RuleViolation as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("It is before the secretaries now."))
            return redirect("agenda:item", item.pk)
    context = {
        "form": form,
        "ticket": ticket,
        "title": mask_text(ticket.title),
        "standing": AgendaItem.objects.open().filter(ticket=ticket).select_related("grid"),
    }
    return render(request, "receptions/agenda/propose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@secretaries_only
@never_cache
def opinion(request):
    """Write an opinion or a proposal of a community secretary."""
    if not reach(request.user).has(Role.COMMUNITY_SECRETARY):
        raise Http404
    given = request.POST if request.method == "POST" else None
    form = forms.OpinionForm(given, user=request.user)
    if given is not None and form.is_valid():
        try:
            item = workflow.write_opinion(by=request.user, **form.arguments())
        except RuleViolation as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Written down. You get a reply."))
            return redirect("agenda:item", item.pk)
    return render(request, "receptions/agenda/opinion.html", {"form": form})
