"""How a matter comes in: filing, routing, and saying "me too"."""

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Organisation, Posting
from accounts.reports import day_of
from common import crypto
from common.errors import AlreadyDone, RuleViolation
from grids.models import Grid
from specialists.choices import Handler
from specialists.routing import route
from tickets import codes
from tickets.catalogue import categories
from tickets.choices import Kind, OrderGround, PersonKind, Source, Status, Verb
from tickets.models import LEVEL_COLUMNS, Person, Ticket
from tickets.policies import limits_of
from tickets.workflow import words
from tickets.workflow.acting import Act, acting, insert_rows, now
from tickets.workflow.orders import is_third_repeat, order_by_rule
from tickets.workflow.parties import RESIDENT, SYSTEM
from tickets.workflow.story import Story

REFERENCE_TRIES = 5


@dataclass(frozen=True)
class Contact:
    """How to reach somebody; `phone` in its canonical form (common.text.normalise_phone)."""

    name: str = ""
    phone: str = ""
    relation: str = ""
    is_anonymous: bool = False
    wants_call: bool = False

    @property
    def is_empty(self):
        return not (self.name or self.phone)


@dataclass(frozen=True)
class Filing:
    """What somebody says when filing; texts are tidied by the form or serializer already."""

    description: str
    category_id: int
    grid: Grid
    title: str = ""
    kind: str = Kind.HELP
    source: str = Source.WEB
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    resident: Contact = field(default_factory=Contact)
    helper: Contact | None = None
    accused: Organisation | None = None


@dataclass(frozen=True)
class Receipt:
    """What the resident gets: the ticket, its code in clear (shown once) and the route's reason."""

    ticket: Ticket
    tracking_code: str
    reason: str


def file_ticket(filing, *, by=RESIDENT, user=None, at=None):
    """File a matter, route it and start its clock in one transaction; return a Receipt.

    `by` is RESIDENT or the member of staff who typed it; `user` the resident's own account, if
    signed in. Utilities and emergencies are accepted and handed over at once by the system itself.
    Raises RuleViolation for a retired category or place.
    """
    at = at or now()
    facts = categories.get(filing.category_id)
    if facts is None or not facts.is_active or not facts.is_leaf:
        raise RuleViolation(_("Please choose a category from the list."), field="category")
    code = codes.new_tracking_code()
    with transaction.atomic():
        chosen, immediate = _first_route(filing, facts, at)
        ticket = _blank_ticket(filing, facts, chosen, by, code, at)
        act = Act(Story(ticket), Verb.SUBMIT, by, at)
        _tell_the_story(act, facts, filing, chosen, at, immediate)
        _insert(act.story)
        _keep_people(ticket, filing, user)
        words.tell_holder(act, chosen.explanation())
        if is_third_repeat(ticket):
            _seek_a_lasting_repair(ticket, at)
    return Receipt(ticket, code, chosen.explanation())


def _seek_a_lasting_repair(ticket, at):
    """Order by rule what mends a fault for good, and propose it for the secretaries' day."""
    with acting(ticket, Verb.PROPOSE, by=SYSTEM, at=at) as act:
        act.append(ground=OrderGround.REPEATED.value)
        order_by_rule(act, OrderGround.REPEATED)


def route_for(facts, grid, at, *, immediate):
    """Return who gets a matter of this category in this place, and why (specialists.routing).

    What is not handed over at once goes to the community first, whatever the category. What
    always is goes at night to who is on duty.
    """
    handler = facts.handler if immediate else Handler.COMMUNITY
    department = None
    if handler == Handler.DEPARTMENT:
        department = Organisation.objects.get(pk=facts.department_id)
    return route(
        department=department,
        grid=grid,
        handler=handler,
        at=at,
        is_urgent=immediate and facts.is_immediate,
    )


def reason_of(chosen):
    """Return a route's reason as an event keeps it; `specialists.routing.explain` reads it."""
    return {"code": chosen.reason, "params": chosen.reason_params}


def _first_route(filing, facts, at):
    """Return (route, whether it is handed over at once); never to the unit complained of.

    Where the route would lead there, the street's dispatcher gets it first and decides.
    """
    chosen = route_for(facts, filing.grid, at, immediate=facts.is_immediate)
    if filing.accused is None or not works_at(chosen.holder, filing.accused, at):
        return chosen, facts.is_immediate
    return route(department=None, grid=filing.grid, handler=Handler.STREET, at=at), False


def works_at(user, organisation, at):
    """Whether the person has a post in the organisation on the day of `at`."""
    return Posting.objects.current(day_of(at)).filter(organisation=organisation, user=user).exists()


def co_handlers(facts, grid, at, accused=None):
    """Return the ids of the organisations that help with this category in this place."""
    helpers = list(facts.co_department_ids)
    if facts.property_helps:
        stewards = Posting.objects.current(day_of(at)).with_role(Role.STEWARD)
        nearest = stewards.filter(grid__path__in=grid.ancestor_paths).order_by("-grid__level")
        helpers += nearest.values_list("organisation_id", flat=True)[:1]
    return [each for each in helpers if accused is None or each != accused.pk]


def _blank_ticket(filing, facts, chosen, by, code, at):
    ticket = Ticket(
        reference=codes.new_reference(),
        tracking_digest=crypto.tracking_digest(code),
        title=filing.title or first_line(filing.description),
        description=filing.description,
        kind=filing.kind,
        source=filing.source,
        filed_by_id=by.pk,
        on_behalf=filing.helper is not None or by is not RESIDENT,
        grid=filing.grid,
        address=filing.address,
        latitude=filing.latitude,
        longitude=filing.longitude,
        accused=filing.accused,
        submitted_at=at,
        holder=chosen.holder,
        priority=facts.priority,
        category_id=facts.id,
        held_since=at,
        last_event_at=at,
    )
    set_places(ticket, filing.grid)
    return ticket


def set_places(ticket, grid):
    """Fill the ticket's level columns from its grid: the only place that does (1 query)."""
    for above in Grid.objects.above(grid):
        setattr(ticket, LEVEL_COLUMNS[above.level], above.pk)


def first_line(text, length=30):
    """Return the opening of a description as its title, cut at the first stop if there is one."""
    opening = text.strip().splitlines()[0] if text.strip() else ""
    for stop in "。！？!?；;，,":
        head = opening.split(stop, 1)[0]
        if 4 <= len(head) <= length:
            return head
    return opening[:length]


def _tell_the_story(act, facts, filing, chosen, at, immediate):
    """Append submit and, for what cannot wait, accept and dispatch by the system itself."""
    act.append(
        to=Status.SUBMITTED,
        category=facts.id,
        priority=facts.priority,
        confidential=facts.is_restricted or filing.kind == Kind.TIP_OFF,
        limits=limits_of(facts),
        reason=reason_of(chosen),
        immediate=immediate,
    )
    if immediate:
        act.append(verb=Verb.ACCEPT, by=SYSTEM, immediate=True)
        act.append(
            verb=Verb.DISPATCH,
            by=SYSTEM,
            holder=chosen.holder,
            organisation=chosen.organisation,
            co=co_handlers(facts, filing.grid, at, accused=filing.accused),
            reason=reason_of(chosen),
        )


def _insert(story):
    """Insert a new story's rows; a reference that is taken already is drawn again."""
    ticket = story.ticket
    for attempt in range(REFERENCE_TRIES):
        try:
            with transaction.atomic():
                ticket.save(force_insert=True)
            break
        except IntegrityError:
            if attempt == REFERENCE_TRIES - 1:
                raise
            ticket.reference = codes.new_reference()
    insert_rows(story)


def _keep_people(ticket, filing, user):
    people = [_person(ticket, PersonKind.RESIDENT, filing.resident, user)]
    if filing.helper and not filing.helper.is_empty:
        people.append(_person(ticket, PersonKind.HELPER, filing.helper, None))
    Person.objects.bulk_create(people)


def _person(ticket, kind, contact, user):
    person = Person(
        ticket=ticket,
        kind=kind,
        relation=contact.relation,
        is_anonymous=contact.is_anonymous,
        wants_call=contact.wants_call,
        user=user,
    )
    if not contact.is_anonymous:
        person.seal(name=contact.name, phone=contact.phone)
    return person


def join(ticket, *, by=RESIDENT, contact=None, user=None, at=None):
    """Say "me too" to an open matter instead of filing it again; a phone joins only once.

    Raises AlreadyDone when this phone has joined or filed the matter before.
    """
    contact = contact or Contact(is_anonymous=True)
    with acting(ticket, Verb.JOIN, by=by, at=at) as act:
        person = _person(act.ticket, PersonKind.SUPPORTER, contact, user)
        known = act.ticket.people.filter(phone_index=person.phone_index)
        if person.phone_index and known.exists():
            raise AlreadyDone(
                _("You have reported this already; we will tell you when it is done.")
            )
        person.save()
        act.append(people=1)
    return act.ticket
