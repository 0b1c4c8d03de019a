"""The page of one ticket: what, where, when, who, why this date, and what may be done now."""

from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import directory as organisations
from accounts.reports import reach
from common.text import mask_name, mask_phone, mask_text
from common.workflow import record
from grids import directory as grids
from tickets import actions, clockface, reports, workflow
from tickets.catalogue import categories
from tickets.choices import Part, PersonKind, Stage, Verb
from tickets.forms.staff import RevealForm
from tickets.models import Clock, Ticket, TicketEvent
from tickets.views import clock
from tickets.views.scope import staff_only, ticket_in_reach
from tickets.views.telling import orders_told, people_of, timeline
from tickets.workflow import Party

# What the page reads beside the ticket, one query each.
BESIDE = (
    Prefetch("clocks", Clock.objects.select_related("policy").order_by("pk")),
    Prefetch("events", TicketEvent.objects.in_order()),
    "orders",
)
# The quiet steps by what they are about, what waits for a decision first.
GROUPS = (
    (
        gettext_lazy("Waiting for you"),
        {Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION, Verb.ANSWER_ORDER, Verb.CLOSE_ORDER},
    ),
    (
        gettext_lazy("The work"),
        {
            Verb.ACCEPT, Verb.ACKNOWLEDGE, Verb.RECORD_FINDING, Verb.CALL_CONTRACTOR,
            Verb.RECORD_ARRIVAL, Verb.FINISH_CONTRACTOR, Verb.HOLD, Verb.RESUME, Verb.RESOLVE,
            Verb.RESOLVE_ON_SPOT, Verb.NOTE,
        },
    ),
    (
        gettext_lazy("The resident"),
        {
            Verb.TELL_RESIDENT, Verb.ASK_RESIDENT, Verb.ANSWER, Verb.RECORD_CALL, Verb.REJECT,
            Verb.REOPEN, Verb.RELEASE,
        },
    ),
    (
        gettext_lazy("Whose it is"),
        {
            Verb.DISPATCH, Verb.TRANSFER, Verb.RETURN, Verb.ARBITRATE, Verb.RECATEGORISE,
            Verb.MERGE,
        },
    ),
    (gettext_lazy("Time and supervision"), {Verb.ASK_EXTENSION, Verb.ORDER}),
)  # fmt: skip


@require_safe
@staff_only
@never_cache
def ticket_detail(request, reference):
    """Everything this person may know of the ticket, and exactly the steps they may take."""
    ticket = ticket_in_reach(request, reference)
    prefetch_related_objects([ticket], *BESIDE)
    context = head(ticket, request.user) | steps(ticket, request.user)
    context |= story(ticket, request.user, timezone.now(), context["verbs"])
    context |= {"people": people(ticket, request.user), "reveal": RevealForm()}
    return render(request, "tickets/staff/ticket.html", context)


def head(ticket, user):
    """Return what stands at the top of every page about a ticket; asks the database nothing."""
    knows = knows_people(ticket, user)
    title = mask_text(ticket.title)
    words = ticket.description if knows else mask_text(ticket.description)
    is_all_said = words.strip("。.！!？? ") == title
    return {
        "ticket": ticket,
        "title": title,
        "words": "" if is_all_said else words,
        "category": categories.get(ticket.category_id),
        "crumbs": [(entry.name, "") for entry in grids.lineage(ticket.grid_id)],
        "organisation": organisations.get(ticket.organisation_id),
    }


def steps(ticket, user):
    """Return the verbs for the buttons: the main one, and the quiet ones in groups."""
    verbs = workflow.available(ticket, user)
    main = actions.main_of(verbs)
    buttons = {
        verb: {"verb": verb, "label": Verb(verb).label, "is_one_tap": verb in actions.ONE_TAP}
        for verb in map(str, verbs)
    }
    others = [button for verb, button in buttons.items() if verb != main]
    return {
        "verbs": verbs,
        "main": buttons.get(main),
        "others": others,
        "groups": [
            (words, [button for button in others if button["verb"] in group])
            for words, group in GROUPS
        ],
        # Who stands on the ground may call departments to the spot; receptions does it.
        "may_whistle": ticket.is_open and Party.GROUND in workflow.parties(ticket, user),
    }


def story(ticket, user, at, verbs):
    """Return timeline, clock, orders, legs, contractors and all that happened to the ticket."""
    events, is_masked = list(ticket.events.all()), not knows_people(ticket, user)
    named = people_of(events, ticket.orders.all())
    return clock.card(ticket, events, named, at, is_masked=is_masked) | {
        "at": at,
        "happenings": timeline(events, named, is_masked=is_masked),
        "orders": orders_told(ticket, named, user, verbs, at, is_masked=is_masked),
        "legs": legs_of(ticket, at),
        "contractors": reports.contractor_times(ticket, events),
        "photos": list(ticket.attachments.order_by("pk")),
        "same": same_incident(ticket, user),
    }


def legs_of(ticket, at):
    """Return the organisations that have or had a part, the present ones first.

    `open_seconds` is what the resolve clock ran meanwhile, `acknowledged_after` until they took it
    on, both None without a clock.
    """
    clocks = {each.cycle: each for each in ticket.clocks.all() if each.stage == Stage.RESOLVE}
    legs = sorted(ticket.legs.all(), key=lambda leg: (leg.ended_at is not None, leg.pk))
    return [
        {
            "name": organisations.name(leg.organisation_id) or _("the community"),
            "part": Part(leg.part).label,
            "started": leg.started_at,
            "ended": leg.ended_at,
            "acknowledged": leg.acknowledged_at,
            "acknowledged_after": _ran(clocks.get(leg.cycle), leg, leg.acknowledged_at),
            "open_seconds": _ran(clocks.get(leg.cycle), leg, leg.ended_at or at),
        }
        for leg in legs
    ]


def _ran(clock, leg, end):
    """Return how long the resolve clock ran from the start of a leg to a moment."""
    if clock is None or end is None:
        return None
    return clockface.ran(clock, leg.started_at, min(end, clock.stopped_at or end))


def same_incident(ticket, user):
    """Return the tickets joined to this one and the one it is joined to, within reach."""
    found = Ticket.objects.for_user(user)
    if ticket.merged_into_id:
        return list(found.filter(pk=ticket.merged_into_id))
    return list(found.filter(merged_into=ticket).order_by("pk")) if ticket.supporter_count else []


def knows_people(ticket, user):
    """Whether this person may learn who the resident is; never the people of the unit accused."""
    if ticket.accused_id and ticket.accused_id in reach(user).organisations:
        return False
    return workflow.may_see_person(ticket, user)


def people(ticket, user):
    """Return the residents behind the ticket, masked; [] for those who need not contact them."""
    if not knows_people(ticket, user):
        return []
    return [shown(person) for person in ticket.people.order_by("pk")]


def shown(person, *, in_full=False):
    """Return name and phone of a person as the page shows them: starred unless asked for."""
    name, phone = (person.name, person.phone) if not person.is_anonymous else ("", "")
    return {
        "id": person.pk,
        "kind": PersonKind(person.kind).label,
        "is_anonymous": person.is_anonymous,
        "name": name if in_full else mask_name(name),
        "phone": phone.removeprefix("+86") if in_full else mask_phone(phone),
        "phone_link": phone if in_full else "",
        "relation": person.relation,
        "wants_call": person.wants_call,
    }


@require_POST
@staff_only
@never_cache
def show_person(request, reference, pk):
    """Show one number in full, after writing down who looked and why."""
    ticket = ticket_in_reach(request, reference)
    if not knows_people(ticket, request.user):
        raise Http404
    person = get_object_or_404(ticket.people, pk=pk, is_anonymous=False)
    form = RevealForm(request.POST)
    context = head(ticket, request.user) | {"form": form, "person": shown(person)}
    if form.is_valid():
        why = {"reason": form.cleaned_data["reason"], "person": person.pk}
        record("see_person", by=request.user, object=ticket, detail=why, request=request)
        context["person"] = shown(person, in_full=True)
    return render(request, "tickets/staff/person.html", context)
