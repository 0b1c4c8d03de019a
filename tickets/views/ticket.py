"""The page of one ticket: what, where, when, who, why this date, and what may be done now."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import directory as organisations
from accounts.reports import reach
from common.text import mask_name, mask_phone, mask_text
from common.workflow import record
from grids import directory as grids
from tickets import actions, reports, workflow
from tickets.catalogue import categories
from tickets.choices import LATE, Delivery, Part, PersonKind, Stage, Verb
from tickets.forms.staff import RevealForm
from tickets.models import Ticket, Told
from tickets.views.scope import staff_only, ticket_in_reach
from tickets.views.telling import people_of, timeline


@require_safe
@staff_only
@never_cache
def ticket_detail(request, reference):
    """Everything this person may know of the ticket, and exactly the steps they may take."""
    ticket = ticket_in_reach(request, reference)
    context = head(ticket, request.user) | story(ticket, request.user, timezone.now())
    context |= steps(ticket, request.user) | {"people": people(ticket, request.user)}
    context["reveal"] = RevealForm()
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
    """Return the verbs for the buttons: the main one, and the quiet ones in the table's order."""
    verbs = workflow.available(ticket, user)
    main = actions.main_of(verbs)
    buttons = [
        {"verb": verb.value, "label": verb.label, "is_one_tap": verb in actions.ONE_TAP}
        for verb in map(Verb, verbs)
    ]
    return {
        "main": next((each for each in buttons if each["verb"] == main), None),
        "others": [each for each in buttons if each["verb"] != main],
    }


def story(ticket, user, at):
    """Return timeline, clock, legs, contractors and everything that happened to the ticket."""
    events = list(ticket.events.in_order())
    named = people_of(events)
    clocks = {clock.stage: clock for clock in ticket.clocks.filter(cycle=ticket.cycle)}
    resolve = clocks.get(Stage.RESOLVE)
    return {
        "at": at,
        "happenings": timeline(events, named, is_masked=not knows_people(ticket, user)),
        "promise": reports.promise(resolve, at),
        "confirm_clock": clocks.get(Stage.CONFIRM),
        "ladder": ladder(ticket, resolve, at),
        "legs": legs_of(ticket),
        "contractors": reports.contractor_times(ticket, events),
        "photos": list(ticket.attachments.order_by("pk")),
        "same": same_incident(ticket, user),
    }


def ladder(ticket, clock, at):
    """Return [(words, who, is here)]: who has it, who was told, whom it goes to next."""
    if not ticket.is_open or clock is None:
        return []
    rungs = [(_("Now with"), str(ticket.holder), True)]
    told = Told.objects.filter(escalation__clock=clock, escalation__level__gte=LATE)
    told = told.exclude(escalation__delivery=Delivery.VOID).select_related("user").order_by("pk")
    if names := list(dict.fromkeys(str(each.user) for each in told)):
        rungs.append((_("Was told that it is late"), _("; ").join(names), False))
    ahead = [level for level, _instant in clock.thresholds if level >= LATE and level > clock.level]
    if ahead:
        names = [str(user) for user in workflow.addressees_of(ticket, at, level=ahead[0])]
        what = _("Told when it is late") if ahead[0] == LATE else _("Told next")
        rungs.append((what, _("; ").join(names), False))
    return rungs


def legs_of(ticket):
    """Return the organisations that have or had a part, the present ones first."""
    legs = sorted(ticket.legs.all(), key=lambda leg: (leg.ended_at is not None, leg.pk))
    return [
        {
            "name": organisations.name(leg.organisation_id) or _("the community"),
            "part": Part(leg.part).label,
            "started": leg.started_at,
            "ended": leg.ended_at,
        }
        for leg in legs
    ]


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
