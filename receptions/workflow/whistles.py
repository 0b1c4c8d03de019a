"""Whistles: written from a matter, blown, met on the spot, scored both ways, closed."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import directory
from accounts.choices import Role
from accounts.reports import holders, reach, secretary_of
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import tidy
from receptions.choices import (
    WHISTLE_MET,
    WHISTLE_OPEN,
    EventVerb,
    ItemGround,
    SummonsStatus,
    WhistleKind,
    WhistleStatus,
)
from receptions.models import SummonsPolicy, Whistle
from receptions.workflow import agenda, calling, commitments, summonses
from receptions.workflow.moves import Move, append, available, check, moving, now
from receptions.workflow.summonses import GROUND, is_ground
from receptions.workflow.telling_whistles import tell
from receptions.workflow.words import say
from tickets import workflow as tickets
from tickets.models import TEXT_LIMIT, Ticket

STREET = frozenset({Role.STREET_SECRETARY, Role.DISPATCHER})
# Points may be given for so long after the meeting; then the whistle is closed without them.
SCORING = timedelta(days=7)
CLOSED_AT_ONCE = 100


# --- Who may ---------------------------------------------------------------------------------


def needs_approval(kind):
    """Whether the street has to approve whistles of this kind before they are blown."""
    return SummonsPolicy.objects.of(kind).needs_approval


def is_street(whistle, by):
    """Whether this person is secretary or dispatcher of the street, or of the district."""
    return bool(reach(by).roles_at(whistle.ticket.grid.path) & STREET)


def is_secretary(whistle, by):
    return Role.COMMUNITY_SECRETARY in reach(by).roles_at(whistle.ticket.grid.path)


def is_here(whistle, by):
    """Whether this person works for the place: grid worker, head, secretary, or the street."""
    return is_ground(whistle.ticket.grid, by) or is_street(whistle, by)


def is_writer(whistle, by):
    return whistle.written_by_id == by.pk or is_secretary(whistle, by)


def may_blow(whistle, by):
    """The street always; the community's secretary where the street need not approve."""
    if is_street(whistle, by):
        return True
    is_hers = whistle.status == WhistleStatus.DRAFT and is_secretary(whistle, by)
    return is_hers and not needs_approval(whistle.kind)


def may_ask(whistle, by):
    return is_writer(whistle, by) and needs_approval(whistle.kind)


def may_reject(whistle, by):
    """The street, or the community's secretary for what somebody else has written."""
    return is_street(whistle, by) or (
        is_secretary(whistle, by) and whistle.written_by_id != by.pk
    )


def may_close(whistle, by):
    return is_secretary(whistle, by) or is_street(whistle, by)


S = WhistleStatus
WHISTLE_MOVES = {
    EventVerb.BLOW: Move((S.DRAFT, S.PENDING), S.BLOWN, may_blow),
    EventVerb.ASK_APPROVAL: Move((S.DRAFT,), S.PENDING, may_ask),
    EventVerb.CHANGE: Move((S.DRAFT,), None, is_writer),
    EventVerb.CALL: Move((S.BLOWN,), None, is_here),
    EventVerb.RESOLVE: Move((S.BLOWN,), S.RESOLVED, is_here),
    EventVerb.HAND_OVER: Move((S.BLOWN,), S.HANDED_OVER, is_here),
    EventVerb.COMMIT: Move((S.BLOWN, *WHISTLE_MET), None, is_here),
    EventVerb.REJECT: Move((S.DRAFT, S.PENDING), S.REJECTED, may_reject),
    EventVerb.WITHDRAW: Move(WHISTLE_OPEN, S.WITHDRAWN, is_writer),
    EventVerb.CLOSE: Move(WHISTLE_MET, S.CLOSED, may_close),
}


def steps_on(whistle, by, at=None):
    """Return the verbs this person may use on the whistle now, the one that moves it on first."""
    verbs = available(whistle, by, WHISTLE_MOVES)
    if EventVerb.CLOSE in verbs and not may_be_closed(whistle, at or now()):
        verbs.remove(EventVerb.CLOSE)
    return verbs


def may_write(ticket, by):
    """Whether this person may whistle about the matter: it is open, and they stand on its ground.

    Whoever cannot read the matter never gets here. Grid workers, heads and the secretary of the
    place may; roles above it order and do not whistle.
    """
    return ticket.is_open and bool(reach(by).roles_at(ticket.grid.path) & GROUND)


# --- Before it is blown ------------------------------------------------------------------------


def write(ticket, *, by, kind, ground, facts="", organisations=(), at=None) -> Whistle:
    """Write a whistle about a matter down, as a draft; its facts are the matter's own by default.

    AlreadyDone where one about this matter is open.
    """
    said = _said(kind, ground, facts or ticket.description)
    with transaction.atomic():
        ticket = _locked(ticket)
        if not may_write(ticket, by):
            raise NotAllowed(_("This step is not yours to take."))
        if ticket.whistles.open().exists():
            raise AlreadyDone(_("A whistle about this matter is written already."))
        _check_accused(ticket, organisations)
        whistle = Whistle.objects.create(
            number=f"{ticket.reference}-{ticket.whistles.count() + 1}",
            ticket=ticket,
            written_by=by,
            created_at=at or now(),
            **said,
        )
        whistle.departments.set(organisations)
        append(whistle, EventVerb.WRITE, by=by, at=whistle.created_at, **_named(organisations))
        duty = secretary_of(ticket.grid, whistle.created_at)
        if duty and not is_secretary(whistle, by):
            tell(
                whistle,
                [duty.user],
                gettext_noop("A whistle waits for you (%(kind)s): %(place)s"),
                EventVerb.WRITE,
                whistle.created_at,
                but=by,
            )
    return whistle


def change(whistle, *, by, kind, ground, facts, organisations, at=None):
    """Write a draft anew."""
    said = _said(kind, ground, facts)
    with _moving(whistle, EventVerb.CHANGE, by, at) as step:
        _check_accused(step.row.ticket, organisations)
        step.set(**said)
        step.row.departments.set(organisations)
        step.say(**_named(organisations))
    return step.row


def ask_approval(whistle, *, by, at=None):
    """Ask the street to blow: its secretary and its dispatchers hear of it."""
    with _moving(whistle, EventVerb.ASK_APPROVAL, by, at) as step:
        street = step.row.ticket.street
        people = [
            duty.user
            for role in (Role.STREET_SECRETARY, Role.DISPATCHER)
            for duty in holders(role, grid=street, at=step.at)
        ]
        if not people:
            raise RuleViolation(_("Nobody of the street is there. Please ring the district."))
        sentence = gettext_noop("May departments be whistled for (%(kind)s)? %(place)s")
        tell(step.row, people, sentence, step.verb, step.at, but=by)
    return step.row


def blow(whistle, *, by, organisations=None, persons=None, at=None):
    """Call the departments of the draft, or others; every one is told in the same transaction.

    `persons` names somebody of a department, by its id, where its contact is not the right one.
    """
    with _moving(whistle, EventVerb.BLOW, by, at) as step:
        whistle = step.row
        wanted = list(whistle.departments.all() if organisations is None else organisations)
        if not wanted:
            raise RuleViolation(
                _("Please choose at least one department."), field="organisations", code="nobody"
            )
        _check_accused(whistle.ticket, wanted)
        if not whistle.ticket.is_open:
            raise RuleViolation(_("The matter is settled; nobody need come."), code="ended")
        step.set(blown_at=step.at)
        if whistle.written_by_id != getattr(by, "pk", None):
            step.set(approved_by=by)
            sentence = gettext_noop("Your whistle is blown (%(kind)s): %(place)s")
            tell(whistle, [whistle.written_by], sentence, step.verb, step.at, but=by)
        whistle.departments.set(wanted)
        _call_all(whistle, wanted, persons or {}, by, step.at)
        step.say(**_named(wanted))
        _note(step, gettext_noop("Whistle %(number)s (%(kind)s) calls %(departments)s."), wanted)
    return step.row


# The street's yes is the whistle itself.
approve = blow


def reject(whistle, *, by, note, at=None):
    """Say that this is no whistle matter: the ticket goes on as an ordinary one."""
    note = _words(note, _("Please say why this is no matter for a whistle."), "note")
    with _moving(whistle, EventVerb.REJECT, by, at) as step:
        _end(step, note)
        sentence = gettext_noop("No whistle matter (%(kind)s): %(place)s")
        tell(step.row, [step.row.written_by], sentence, step.verb, step.at, but=by, words=note)
        _note(step, gettext_noop("Whistle %(number)s was not blown: %(note)s"), note=note)
    return step.row


def withdraw(whistle, *, by, note="", at=None):
    """Take a whistle back; departments that are under way hear of it."""
    note = tidy(note, TEXT_LIMIT)
    with _moving(whistle, EventVerb.WITHDRAW, by, at) as step:
        if step.row.status == WhistleStatus.BLOWN:
            note = _words(note, _("Please say why nobody need come any more."), "note")
            for summons in step.row.summonses.all():
                if summons.is_waiting:
                    summonses.release(summons, by=None, at=step.at)
            _note(step, gettext_noop("Whistle %(number)s was taken back: %(note)s"), note=note)
        _end(step, note)
    return step.row


# --- While departments are called -----------------------------------------------------------------


def call(whistle, *, by, organisation, person=None, note="", at=None):
    """Call one more department to the spot, or once more one that could not come."""
    with transaction.atomic():
        rows = Whistle.objects.select_for_update(of=("self",), no_key=True)
        whistle = rows.get(pk=whistle.pk)
        check(whistle, WHISTLE_MOVES[EventVerb.CALL], by)
        _check_accused(whistle.ticket, [organisation])
        whistle.departments.add(organisation)
        return summonses.summon(
            whistle=whistle, organisation=organisation, by=by, person=person, note=note, at=at
        )


def resolve(whistle, *, by, minutes, decisions=(), at=None):
    """End the meeting on the spot with its minutes and what was promised there.

    `decisions` are what `commitments.commit` takes: text, lead, due_on, and an owner if known.
    Departments that have not come stay as they are: that is what the points are about.
    """
    with _moving(whistle, EventVerb.RESOLVE, by, at) as step:
        _met(step, minutes)
        for decision in decisions:
            commitments.commit(by=by, whistle=step.row, at=step.at, **decision)
        _note(step, gettext_noop("Whistle %(number)s, settled on the spot: %(note)s"), note=minutes)
    return step.row


def hand_over(whistle, *, by, minutes, grid=None, at=None):
    """End the meeting without a solution: the secretaries' day of street or district takes it."""
    with _moving(whistle, EventVerb.HAND_OVER, by, at) as step:
        _met(step, minutes)
        item = agenda.propose(
            ticket=step.row.ticket,
            ground=ItemGround.WHISTLE,
            by=by,
            grid=grid,
            whistle=step.row,
            text=minutes,
            at=step.at,
        )
        step.say(item=item.pk)
        _note(
            step, gettext_noop("Whistle %(number)s, handed to a meeting: %(note)s"), note=minutes
        )
    return step.row


def commit(whistle, *, by, at=None, **decision):
    """Write down one promise of the meeting; its work becomes a ticket with clocks."""
    with transaction.atomic():
        rows = Whistle.objects.select_for_update(of=("self",), no_key=True)
        whistle = rows.get(pk=whistle.pk)
        check(whistle, WHISTLE_MOVES[EventVerb.COMMIT], by)
        return commitments.commit(by=by, whistle=whistle, at=at, **decision)


# --- Afterwards -----------------------------------------------------------------------------------


def may_be_closed(whistle, at):
    """Whether both sides have given their points, or the days for it are over."""
    return at >= whistle.met_at + SCORING or not scores_missing(whistle)


def scores_missing(whistle):
    """Return (summons, side) of every point not given; summonses may be fetched with it."""
    return [
        (summons, side)
        for summons in whistle.summonses.all()
        if summons.status != SummonsStatus.RELEASED
        for side in ("community", "organisation")
        if getattr(summons, f"score_by_{side}") is None
    ]


def close(whistle, *, by, at=None):
    """Close a whistle when everybody has given points, or seven days after the meeting."""
    with _moving(whistle, EventVerb.CLOSE, by, at) as step:
        if not may_be_closed(step.row, step.at):
            raise RuleViolation(
                _("Points are still missing. It closes by itself seven days after the meeting."),
                code="scores_missing",
            )
        step.set(ended_at=step.at)
    return step.row


def close_ripe(at) -> int:
    """Close what can be closed by now, without waiting for anybody; return how many."""
    rows = Whistle.objects.filter(status__in=WHISTLE_MET).order_by("met_at", "pk")
    done = 0
    for whistle in rows.prefetch_related("summonses")[:CLOSED_AT_ONCE]:
        if may_be_closed(whistle, at):
            try:
                close(whistle, by=None, at=at)
            except RuleViolation:
                # Somebody was faster.
                continue
            done += 1
    return done


# --- Parts of the above ---------------------------------------------------------------------------


def _moving(whistle, verb, by, at):
    return moving(whistle, verb, table=WHISTLE_MOVES, by=by, at=at)


def _locked(ticket):
    """Return the ticket, whose row lets one whistle at a time be written about it."""
    return Ticket.objects.select_for_update(of=("self",), no_key=True).get(pk=ticket.pk)


def _said(kind, ground, facts):
    """Return what is typed, clean; raises what is missing beside its field."""
    if kind not in WhistleKind.values:
        raise RuleViolation(_("Please choose the kind of whistle."), field="kind")
    ground = _words(ground, _("Please say why the community cannot settle it."), "ground")
    facts = _words(facts, _("Please say what is the matter."), "facts")
    return {"kind": kind, "ground": ground, "facts": facts}


def _words(text, missing, field):
    text = tidy(text or "", TEXT_LIMIT)
    if not text:
        raise RuleViolation(missing, field=field, code="missing")
    return text


def _check_accused(ticket, organisations):
    if ticket.accused_id in {each.pk for each in organisations}:
        raise RuleViolation(
            _("The unit complained of is not called about the complaint."),
            field="organisations",
            code="accused",
        )


def _named(organisations):
    return {"organisations": [each.pk for each in organisations]}


def _call_all(whistle, organisations, persons, by, at):
    """Call every department; all that cannot be reached are named in one sentence."""
    unreached = []
    for organisation in organisations:
        person = persons.get(organisation.pk)
        try:
            summonses.summon(
                whistle=whistle, organisation=organisation, by=by, person=person, at=at
            )
        except calling.Unreachable as refusal:
            unreached.append(str(refusal))
    if unreached:
        raise RuleViolation(" ".join(unreached), field="organisations", code="nobody")


def _end(step, note):
    step.set(ended_at=step.at, end_note=note)
    step.say(note=note)


def _met(step, minutes):
    minutes = _words(minutes, _("Please write what was found and decided."), "minutes")
    step.set(minutes=minutes, met_at=step.at)
    summonses.stand_down(step.row.summonses)


def _note(step, sentence, organisations=(), note=""):
    """Leave a note in the matter's own history, in the same transaction."""
    names = "、".join(directory.ORGANISATIONS.get(each.pk).name for each in organisations)
    whistle = step.row
    text = say(
        sentence,
        number=whistle.number,
        kind=WhistleKind(whistle.kind).label,
        departments=names,
        note=note,
    )
    ticket = Ticket.objects.get(pk=whistle.ticket_id)
    tickets.note(ticket, by=step.by, note=text[:TEXT_LIMIT], at=max(step.at, ticket.last_event_at))
