"""Summonses: calling a department, its answer, its arrival, and what both sides think of it."""

from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.reports import reach
from common.errors import AlreadyDone, RuleViolation
from notices.workflow import enqueue
from receptions.choices import (
    SUMMONS_WAITING,
    WHISTLE_MET,
    EventVerb,
    SessionStatus,
    SummonsStatus,
    WhistleStatus,
)
from receptions.models import BEST, WORST, Summons
from receptions.workflow import calling
from receptions.workflow.calling import is_urgent, link_of, place_of
from receptions.workflow.moves import Move, append, available, moving, now
from receptions.workflow.silence import climb, tell
from receptions.workflow.words import say

__all__ = [
    "SUMMONS_MOVES", "acknowledge", "arrive", "climb", "decline", "release", "score", "stand_down",
    "steps_on", "summon",
]  # fmt: skip

GROUND = frozenset({Role.GRID_WORKER, Role.GRID_HEAD, Role.COMMUNITY_SECRETARY})


def is_called(summons, by):
    """Whether it calls this person, or a house they work for."""
    return summons.person_id == by.pk or bool(reach(by).roles_in(summons.organisation_id))


def is_of_community(summons, by):
    """Whether this person stands on the ground of it: worker, head or secretary there."""
    return is_ground(place_of(summons), by)


def is_ground(place, by):
    """Whether somebody is worker, head or secretary of the place, of one in it or around it."""
    paths = [post.grid.path for post in reach(by).postings if post.role in GROUND]
    return any(path.startswith(place.path) or place.path.startswith(path) for path in paths)


def _either(summons, by):
    return is_called(summons, by) or is_of_community(summons, by)


S = SummonsStatus
SUMMONS_MOVES = {
    EventVerb.CALL: Move((S.DECLINED, S.RELEASED), S.CALLED, is_of_community),
    # Who said no may still say yes.
    EventVerb.ACKNOWLEDGE: Move((S.CALLED, S.DECLINED), S.ACKNOWLEDGED, is_called),
    EventVerb.ARRIVE: Move((S.CALLED, S.ACKNOWLEDGED, S.DECLINED), S.ON_SITE, _either),
    EventVerb.DECLINE: Move((S.CALLED, S.ACKNOWLEDGED), S.DECLINED, is_called),
    EventVerb.RELEASE: Move((S.CALLED, S.ACKNOWLEDGED, S.DECLINED), S.RELEASED, is_of_community),
    EventVerb.SCORE: Move((S.CALLED, S.ACKNOWLEDGED, S.DECLINED, S.ON_SITE), None, _either),
}


def steps_on(summons, by):
    """Return the verbs this person may use on the summons as it and its meeting are now."""
    verbs = available(summons, by, SUMMONS_MOVES)
    if is_running(summons):
        return [verb for verb in verbs if verb != EventVerb.SCORE]
    if EventVerb.SCORE in verbs and _scores_wanted(summons, by):
        return [EventVerb.SCORE]
    return []


def is_running(summons):
    """Whether what it calls to is still to come, or under way."""
    if summons.whistle:
        return summons.whistle.status == WhistleStatus.BLOWN
    return summons.session.status not in (SessionStatus.CLOSED, SessionStatus.CANCELLED)


def summon(
    *,
    whistle=None,
    session=None,
    organisation,
    by,
    at=None,
    person=None,
    note="",
    answer_by=None,
    arrive_by=None,
) -> Summons:
    """Call an organisation to a whistle or a reception day, and tell the person there.

    Without a `person` the organisation's contact for the place, whoever stands in, is on duty or
    manages it; the reason is kept. Called already: that summons, or once more if it was released
    or declined. Who may call is for the caller to say. Raises RuleViolation where nobody is there.
    """
    at = at or now()
    grid = whistle.ticket.grid if whistle else session.grid
    if person is None:
        person, reason = calling.find_person(organisation, grid, at)
    else:
        reason = calling.named(person, organisation, grid)
    by_policy = (None, None)
    if answer_by is None or arrive_by is None:
        by_policy = calling.limits(whistle, session, at)
    terms = {
        "person": person,
        "reason": reason,
        "note": note,
        "called_at": at,
        "answer_by": answer_by or by_policy[0],
        "arrive_by": arrive_by or by_policy[1],
    }
    terms["next_check_at"] = terms["answer_by"]
    with transaction.atomic():
        try:
            with transaction.atomic():
                summons = Summons.objects.create(
                    whistle=whistle, session=session, organisation=organisation, **terms
                )
        except IntegrityError:
            found = Summons.objects.filter(whistle=whistle, session=session)
            return _call_again(found.get(organisation=organisation), by, at, terms)
        append(summons, EventVerb.CALL, by=by, at=at, person=person.pk)
        calling.tell_called(summons, at)
    return summons


def _call_again(summons, by, at, terms):
    """Send a department that was released or declined its summons anew; others have theirs."""
    if summons.status not in SUMMONS_MOVES[EventVerb.CALL].sources:
        return summons
    with moving(summons, EventVerb.CALL, table=SUMMONS_MOVES, by=None, at=at) as step:
        step.set(**terms, level=0, answered_at=None, answered_by=None, answer="")
        step.say(person=terms["person"].pk, called_by=getattr(by, "pk", None))
        calling.tell_called(step.row, at)
    return step.row


def acknowledge(summons, *, by, note="", at=None):
    """Say that somebody is coming."""
    with _moving(summons, EventVerb.ACKNOWLEDGE, by, at) as step:
        step.set(
            answered_at=step.at,
            answered_by=by,
            answer=note,
            # The second promise climbs anew.
            level=0,
            next_check_at=step.row.arrive_by,
        )
        step.say(note=note)
        _tell_caller(step, gettext_noop("%(organisation)s is coming: %(place)s"), note)
    return step.row


def decline(summons, *, by, note, at=None):
    """Say that nobody can come, and why; it climbs at once."""
    note = note.strip()
    if not note:
        raise RuleViolation(_("Please say why nobody can come."), field="note", code="note")
    with transaction.atomic():
        with _moving(summons, EventVerb.DECLINE, by, at) as step:
            step.set(answered_at=step.at, answered_by=by, answer=note, level=1, next_check_at=None)
            step.say(note=note)
        sentence = gettext_noop("%(organisation)s cannot come: %(place)s")
        tell(step.row, [1], sentence, step.at, by=by, words=note)
    return step.row


def arrive(summons, *, by, at=None):
    """Note that the department is there: told by itself, or by the community that sees it."""
    with _moving(summons, EventVerb.ARRIVE, by, at) as step:
        summons = step.row
        step.set(arrived_at=step.at, arrival_told_by=by, next_check_at=None)
        if summons.answered_at is None or summons.status == SummonsStatus.DECLINED:
            step.set(answered_at=step.at, answered_by=by, answer="")
        _tell_caller(step, gettext_noop("%(organisation)s has reported in: %(place)s"))
    return step.row


def release(summons, *, by, at=None):
    """Say that the department is not needed any more; a summons of an ended cause just ends."""
    with _moving(summons, EventVerb.RELEASE, by, at) as step:
        step.set(next_check_at=None)
        if step.row.person_id != getattr(by, "pk", None):
            enqueue(
                unique_key=f"summons:{step.row.pk}:release:{step.at:%Y%m%d%H%M%S}",
                kind="summons",
                title=say(
                    gettext_noop("You need not come any more: %(place)s"),
                    place=place_of(step.row),
                ),
                to=step.row.person_id,
                link=link_of(step.row),
                urgent=is_urgent(step.row),
            )
    return step.row


def score(summons, *, by, score, words="", at=None):
    """Score the department's work as the community, or the community's as the department.

    Once for each side, from 1 to 5, when the meeting on the spot is over.
    """
    if score not in range(WORST, BEST + 1):
        raise RuleViolation(_("Please give one to five points."), field="score", code="score")
    with moving(summons, EventVerb.SCORE, table=SUMMONS_MOVES, by=by, at=at) as step:
        side = side_of(step.row, by)
        if not step.row.whistle or step.row.whistle.status not in WHISTLE_MET:
            raise RuleViolation(_("Points are given when the meeting is over."), code="not_met")
        if getattr(step.row, f"score_by_{side}") is not None:
            raise AlreadyDone(_("The points are given already."))
        step.set(**{f"score_by_{side}": score, f"{side}_words": words})
        step.say(side=side, score=score, note=words)
    return step.row


def side_of(summons, by):
    """Return for which side this person speaks: their own house comes before the community."""
    return "organisation" if is_called(summons, by) else "community"


def _scores_wanted(summons, by):
    return (
        summons.whistle is not None
        and summons.whistle.status in WHISTLE_MET
        and getattr(summons, f"score_by_{side_of(summons, by)}") is None
    )


def stand_down(summonses):
    """Let nothing climb any more: what they were called to is over. Their answers stay as given."""
    summonses.filter(status__in=SUMMONS_WAITING).update(next_check_at=None)


@contextmanager
def _moving(summons, verb, by, at):
    """Move a summons, while what it calls to is not over."""
    with moving(summons, verb, table=SUMMONS_MOVES, by=by, at=at) as step:
        if not is_running(step.row):
            raise RuleViolation(_("The meeting is over; nobody is waited for."), code="over")
        yield step


def _tell_caller(step, sentence, note=""):
    """Tell whoever called how it goes, unless they have said it themselves."""
    summons = step.row
    caller = summons.whistle.written_by_id if summons.whistle else summons.session.planned_by_id
    if caller == getattr(step.by, "pk", None):
        return
    enqueue(
        unique_key=f"summons:{summons.pk}:{step.verb}:{step.at:%Y%m%d%H%M%S}",
        kind="summons_answer",
        title=say(sentence, organisation=summons.organisation, place=place_of(summons)),
        body=note or str(summons.person),
        to=caller,
        link=link_of(summons),
        urgent=is_urgent(summons),
    )
