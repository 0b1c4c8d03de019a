"""One step for many tickets: what would be refused and why, and doing it ticket by ticket.

Judging asks the same rules as the buttons and changes nothing. Doing goes through the verbs, each
ticket in a transaction of its own, under a key, so that a second tap gets the answers of the first.
"""

from dataclasses import dataclass

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import Organisation, Posting, User
from common.errors import RuleViolation
from common.text import mask_text
from common.workflow import KeyConflict, once
from tickets import replies, workflow
from tickets.choices import PersonKind, Status, Verb
from tickets.models import Person, ReplyTemplate, Ticket
from tickets.workflow.words import to_resident

# So many tickets at once: a page answers in some seconds on SQLite too.
MOST = 200
NOT_NEEDED = ("description", "tracking_digest", "public_text")


# --- What is to be done --------------------------------------------------------------------


@dataclass
class PassOn:
    """Hand each ticket to an organisation: the first time or on from another, as it stands."""

    organisation: Organisation
    holder: User | None
    note: str

    verbs = (Verb.DISPATCH, Verb.TRANSFER)

    @cached_property
    def _units_of_holder(self):
        """Where whoever is to have the tickets works; nobody handles what is about their unit."""
        if self.holder is None:
            return {self.organisation.pk}
        posts = Posting.objects.current().filter(user=self.holder, organisation__isnull=False)
        return set(posts.values_list("organisation_id", flat=True))

    def objection(self, ticket):
        """Return why not, beyond what the table of moves says; "" when nothing is against it."""
        if ticket.accused_id in self._units_of_holder:
            return _("This is about that unit: somebody else must handle it.")
        if self.holder is None:
            is_there = ticket.organisation_id == self.organisation.pk
            return _("It is with this organisation already.") if is_there else ""
        is_theirs = ticket.holder_id == self.holder.pk
        return _("It is with this person already.") if is_theirs else ""

    def do(self, ticket, *, by, seen):
        is_first = ticket.status in workflow.TRANSITIONS[Verb.DISPATCH].sources
        verb = workflow.dispatch if is_first else workflow.transfer
        said = {"organisation": self.organisation, "holder": self.holder, "note": self.note}
        return verb(ticket, by=by, seen=seen, **said)


@dataclass
class Tell:
    """Say something to the residents of each ticket; places such as {date} are filled for each."""

    text: str
    template: ReplyTemplate | None = None

    verbs = (Verb.TELL_RESIDENT,)

    def objection(self, ticket):
        """Return why not, beyond what the table of moves says; "" when nothing is against it."""
        wanted = self.template.category_id if self.template else None
        if wanted is not None and wanted != ticket.category_id:
            return _("This sentence is meant for another kind of matter.")
        return ""

    def do(self, ticket, *, by, seen):
        note = replies.fill(self.text, ticket)
        return workflow.tell_resident(ticket, by=by, seen=seen, note=note)

    def message(self, ticket):
        """Return what the residents of this ticket will read."""
        return to_resident(Verb.TELL_RESIDENT, ticket, replies.fill(self.text, ticket))


# --- Looking first -------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """One reference: the ticket if it is within reach, and why it cannot be done ("" if it can)."""

    reference: str
    ticket: Ticket | None
    refusal: str

    @property
    def title(self):
        return mask_text(self.ticket.title) if self.ticket else ""

    @property
    def pick(self):
        """What the page sends back: the reference, and what had happened when it was judged."""
        return f"{self.reference}:{self.ticket.event_count}"


def judged(action, references, user):
    """Return a Verdict for each reference, in their order; the number of queries is fixed."""
    found = within_reach(references, user)
    return [
        Verdict(each, found.get(each), refusal_of(action, found.get(each), user))
        for each in references
    ]


def within_reach(references, user):
    """Return {reference: ticket} of those that this person may read."""
    rows = Ticket.objects.for_user(user).filter(reference__in=references)
    rows = rows.select_related("holder").defer(*NOT_NEEDED).prefetch_related("legs")
    return {ticket.reference: ticket for ticket in rows}


def refusal_of(action, ticket, user):
    """Return why this person cannot do this now, in the words in which the step itself refuses."""
    if ticket is None:
        return _("There is no matter with this number in your reach.")
    if workflow.available(ticket, user, among=action.verbs):
        return action.objection(ticket)
    moves = [workflow.TRANSITIONS[verb] for verb in action.verbs]
    fitting = [move for move in moves if ticket.status in move.sources]
    if not fitting:
        return _("This is no longer possible: the matter is now “%(status)s”.") % {
            "status": Status(ticket.status).label
        }
    if not any(workflow.parties(ticket, user) & move.parties for move in fitting):
        return _("This step is not yours to take.")
    # The one condition besides status and party on the verbs above.
    return _("Returned twice: now the district's arbiter decides.")


def without_phone(tickets):
    """Return of how many of these tickets nobody gets a text message (one query)."""
    texted = Person.objects.filter(ticket__in=tickets, wants_call=False).exclude(phone_index="")
    texted = texted.exclude(kind=PersonKind.HELPER).values_list("ticket_id", flat=True)
    return len(tickets) - len(set(texted))


# --- Doing it ------------------------------------------------------------------------------


def done(action, picks, user, *, key, body):
    """Do it to every (reference, event count) of `picks`; return {reference: why not, "" if done}.

    A ticket to which something has happened since is left alone. `key` names this undertaking and
    `body` what it was about: sent again, each ticket answers as it did.
    """
    found = within_reach([reference for reference, _seen in picks], user)

    def outcome(reference, seen):
        def produce():
            return 200, attempted(action, found.get(reference), user, seen)

        scope, name = f"tickets.bulk:{user.pk}", f"{key}.{reference}"
        try:
            return once(scope, name, [body, seen], produce).data
        except KeyConflict as conflict:
            return str(conflict)

    return {reference: outcome(reference, seen) for reference, seen in picks}


def attempted(action, ticket, user, seen):
    """Do it to one ticket and return "", or what was against it."""
    refusal = refusal_of(action, ticket, user)
    if refusal:
        return refusal
    try:
        action.do(ticket, by=user, seen=seen)
    except RuleViolation as refused:
        return str(refused)
    return ""
