"""Pages of whistles: the list, one whistle, and how often communities blow."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import directory as organisations
from accounts.models import User
from common.text import mask_text
from grids import directory as grids
from receptions.choices import EventVerb, SummonsStatus, WhistleKind, WhistleStatus
from receptions.forms.whistles import GROUPS, WhistleFilterForm
from receptions.models import Summons
from receptions.reports.whistles import (
    Month,
    blown_in,
    communities_of,
    rates,
    received_in,
)
from receptions.views.whistle_scope import reads_ticket, whistle_in_reach, whistles_in_reach
from receptions.workflow import calling, summonses, whistles
from tickets.models import Ticket
from tickets.views.lists import chips
from tickets.views.rows import for_rows, rows_of
from tickets.views.scope import staff_only

PAGE = 50
# Nothing to type: the button itself does it.
ONE_TAP = frozenset(
    {
        EventVerb.BLOW,
        EventVerb.ASK_APPROVAL,
        EventVerb.ACKNOWLEDGE,
        EventVerb.ARRIVE,
        EventVerb.RELEASE,
        EventVerb.CLOSE,
    }
)


MAIN = (EventVerb.BLOW, EventVerb.ASK_APPROVAL, EventVerb.RESOLVE, EventVerb.CLOSE)


# --- Words of the buttons -------------------------------------------------------------------------


def labels():
    """Return the imperative of every step, as its button says it."""
    return {
        EventVerb.BLOW: pgettext("whistle step", "Blow the whistle"),
        EventVerb.ASK_APPROVAL: pgettext("whistle step", "Ask the street"),
        EventVerb.CHANGE: pgettext("whistle step", "Change the draft"),
        EventVerb.CALL: pgettext("whistle step", "Call another department"),
        EventVerb.RESOLVE: pgettext("whistle step", "Settled on the spot"),
        EventVerb.HAND_OVER: pgettext("whistle step", "Hand to the secretaries' day"),
        EventVerb.COMMIT: pgettext("whistle step", "Write down a promise"),
        EventVerb.REJECT: pgettext("whistle step", "No whistle matter"),
        EventVerb.WITHDRAW: pgettext("whistle step", "Take it back"),
        EventVerb.CLOSE: pgettext("whistle step", "Close"),
        EventVerb.ACKNOWLEDGE: pgettext("whistle step", "I am coming"),
        EventVerb.ARRIVE: pgettext("whistle step", "I am here"),
        EventVerb.DECLINE: pgettext("whistle step", "We cannot come"),
        EventVerb.RELEASE: pgettext("whistle step", "Not needed any more"),
        EventVerb.SCORE: pgettext("whistle step", "Give points"),
    }


def label_of(verb, summons=None, user=None):
    """Return the words of a step; the community does not say "I" of a department."""
    if summons and verb == EventVerb.ARRIVE and not summonses.is_called(summons, user):
        return pgettext("whistle step", "They are here")
    if summons and verb == EventVerb.SCORE and summonses.is_called(summons, user):
        return pgettext("whistle step", "Give the community points")
    return labels()[verb]


# --- The list -------------------------------------------------------------------------------------


@require_safe
@staff_only
@never_cache
def whistle_list(request):
    """The newest whistles within reach, or what the filters in the address ask for."""
    form = WhistleFilterForm(request.GET, places=communities_of(request.user))
    found = whistles_in_reach(request.user).newest_first()
    found = filtered(found, form, request.user) if form.is_valid() else found.none()
    page = Paginator(found.prefetch_related("summonses"), PAGE).get_page(request.GET.get("page"))
    at = timezone.now()
    context = {
        "form": form,
        "chips": chips(form, request.GET),
        "page": page,
        "rows": rows_for(list(page), at),
        "at": at,
    }
    return render(request, "receptions/whistles/list.html", context)


def filtered(found, form, user):
    """Return the whistles that fit what is chosen."""
    chosen = form.cleaned_data
    state = chosen["state"]
    if state == "called":
        found = found.blown()
    elif state:
        found = found.filter(status__in=GROUPS.get(state, (state,)))
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    if chosen["place"]:
        found = found.filter(ticket__community__code=chosen["place"])
    if chosen["month"]:
        found = blown_in(found, Month.named(chosen["month"], timezone.localdate()))
    if chosen["mine"]:
        mine = Summons.objects.filter(person=user).values("whistle")
        found = found.filter(Q(pk__in=mine) | Q(written_by=user))
    return found


def rows_for(found, at):
    """Return a WhistleRow for each, with one look at the map of places."""
    places = grids.paths_of({each.ticket.grid_id for each in found})
    return [WhistleRow(each, at, " · ".join(places[each.ticket.grid_id][-2:])) for each in found]


@dataclass(frozen=True)
class WhistleRow:
    """A whistle in a list: who is there of those called, and who is silent."""

    whistle: object
    at: object
    place: str

    @property
    def title(self):
        return mask_text(self.whistle.facts)

    @property
    def tally(self):
        """What is to be known of the departments in one line."""
        rows = [s for s in self.whistle.summonses.all() if s.status != SummonsStatus.RELEASED]
        if not rows:
            return ""
        here = sum(each.status == SummonsStatus.ON_SITE for each in rows)
        return _("%(here)d of %(count)d here") % {"here": here, "count": len(rows)}

    @property
    def late(self):
        """How many departments are silent beyond their time."""
        if self.whistle.status != WhistleStatus.BLOWN:
            return ""
        count = sum(each.is_late(self.at) for each in self.whistle.summonses.all())
        words = ngettext("%(count)d silent", "%(count)d silent", count)
        return words % {"count": count} if count else ""


# --- One whistle ----------------------------------------------------------------------------------


@require_safe
@staff_only
@never_cache
def whistle_detail(request, number):
    """Everything about one whistle, and exactly the steps this person may take."""
    whistle, user, at = whistle_in_reach(request, number), request.user, timezone.now()
    verbs = whistles.steps_on(whistle, user, at)
    events, names = list(whistle.events.all()), names_of_organisations()
    context = head(whistle, user) | {
        "calls": [Call(each, user, at, names) for each in whistle.summonses.all()],
        "buttons": buttons(whistle, verbs),
        "commitments": list(whistle.commitments.select_related("ticket", "owner").order_by("pk")),
        "happenings": story(events, names),
        "at": at,
        "waits_for_street": whistle.status == WhistleStatus.PENDING,
        "drafted": drafted(whistle, names),
        "closes_at": whistle.met_at and whistle.met_at + whistles.SCORING,
    }
    return render(request, "receptions/whistles/detail.html", context)


def names_of_organisations():
    """Return {id: name in the language of the page}, with one look at their map."""
    return {each.id: each.label for each in organisations.ORGANISATIONS.all().values()}


def drafted(whistle, names):
    """Return the names of the departments a draft would call."""
    if whistle.blown_at:
        return []
    return [names.get(each.pk, "") for each in whistle.departments.all()]


def buttons(whistle, verbs):
    """Return the steps as buttons, the one that moves it on first and red."""
    main = next((verb for verb in MAIN if verb in verbs), None)
    if main == EventVerb.RESOLVE and not whistle.has_met:
        # Nobody is there yet: there is nothing to press for.
        main = None
    return [
        {
            "verb": str(verb),
            "label": labels()[verb],
            "is_one_tap": verb in ONE_TAP,
            "is_main": verb == main,
        }
        for verb in sorted(verbs, key=lambda verb: verb != main)
    ]


def head(whistle, user):
    """Return what stands at the top of every page about a whistle."""
    knows = reads_ticket(whistle, user)
    way = [entry.name for entry in grids.lineage(whistle.ticket.grid_id)]
    return {
        "whistle": whistle,
        "facts": whistle.facts if knows else mask_text(whistle.facts),
        "kind_label": WhistleKind(whistle.kind).label,
        "crumbs": [(name, "") for name in way],
        "reads_ticket": knows,
        "title": _("Whistle: %(place)s") % {"place": " · ".join(way[-2:])},
    }


class Call:
    """One called department as a page shows it to one person."""

    def __init__(self, summons, user, at, names):
        self.summons = summons
        self.name = names.get(summons.organisation_id, "")
        self.is_running = summonses.is_running(summons)
        self.is_late = self.is_running and summons.is_late(at)
        self.verbs = [
            {
                "verb": str(verb),
                "label": label_of(verb, summons, user),
                "is_one_tap": verb in ONE_TAP,
            }
            for verb in summonses.steps_on(summons, user)
            if verb != EventVerb.CALL
        ]
        self.is_mine = summonses.is_called(summons, user)

    @property
    def status(self):
        return "late" if self.is_late else self.summons.status

    @property
    def word(self):
        """How it stands, in one word or two."""
        if self.summons.is_waiting and not self.is_running:
            return _("Did not come")
        if self.is_late:
            waits = self.summons.status == SummonsStatus.CALLED
            return _("Silent") if waits else _("Not here yet")
        return self.summons.get_status_display()

    @property
    def due_words(self):
        """What is owed next."""
        if not self.is_running or self.summons.due_at is None:
            return ""
        if self.summons.status == SummonsStatus.CALLED:
            return _("Answer due")
        return _("Arrival due")

    @property
    def reason(self):
        """How the person was found, as a sentence."""
        return calling.explain(self.summons.reason)

    @property
    def passed_up(self):
        if not self.summons.level:
            return ""
        words = ngettext(
            "passed up %(count)d step", "passed up %(count)d steps", self.summons.level
        )
        return words % {"count": self.summons.level}


@dataclass(frozen=True)
class Happening:
    """One entry of the history, in the shape of components/timeline.html."""

    title: str
    at: object
    by: str
    text: str


def story(events, names):
    """Return what happened, newest first; people are fetched with one query."""
    ids = {event.by_id for event in events} | {event.data.get("person") for event in events}
    for event in events:
        ids |= set(event.data.get("told", ()))
    people = User.objects.in_bulk(ids - {None})
    return [
        Happening(
            title=_title(event, names),
            at=event.at,
            by=str(people.get(event.by_id) or ""),
            text=_text(event, people, names),
        )
        for event in reversed(events)
    ]


def _title(event, names):
    name = names.get(event.data.get("organisation"))
    return f"{name} · {event.get_verb_display()}" if name else event.get_verb_display()


def _text(event, people, names):
    data = event.data
    lines = [mask_text(data.get("note", ""))]
    if "organisations" in data:
        lines.append("、".join(names.get(each, "") for each in data["organisations"]))
    if "told" in data:
        names = "、".join(str(people[each]) for each in data["told"] if each in people)
        lines.append(_("told: %(names)s") % {"names": names or _("nobody left to tell")})
    elif "person" in data and data["person"] in people:
        lines.append(str(people[data["person"]]))
    if "score" in data:
        lines.insert(0, _("%(points)d of 5 points") % {"points": data["score"]})
    return "\n".join(line for line in lines if line)


# --- The rate -------------------------------------------------------------------------------------


@require_safe
@staff_only
@never_cache
def whistle_rate(request):
    """How often communities whistle in a month, with both counts; each number opens its rows."""
    today = timezone.localdate()
    month = Month.named(request.GET.get("month"), today)
    rows, total = rates(request.user, month)
    context = {
        "month": month,
        "is_running": month.after.first > today,
        "rows": rows,
        "total": total,
    }
    return render(request, "receptions/whistles/rate.html", context)


@require_safe
@staff_only
@never_cache
def rate_matters(request, code, month):
    """The matters of one community in one month: what a rate is measured by."""
    place = next((e for e in communities_of(request.user) if e.code == code), None)
    chosen = Month.named(month, timezone.localdate())
    if place is None or str(chosen) != month:
        raise Http404
    mine = Ticket.objects.for_user(request.user).filter(community=place.id)
    found = for_rows(received_in(mine, chosen)).newest_first()
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    at = timezone.now()
    rows = rows_of(list(page), request.user, at)
    context = {"place": place, "month": chosen, "page": page, "rows": rows, "at": at}
    return render(request, "receptions/whistles/matters.html", context)
