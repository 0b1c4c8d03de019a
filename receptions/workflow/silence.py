"""Silence climbs: who hears that a called department is silent, step by step on both ladders."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.reports import SECRETARIES, holders, ladder, leader_of, manager_of
from notices.workflow import Message, enqueue_many
from receptions.choices import EventVerb, SummonsStatus
from receptions.models import Summons, SummonsPolicy
from receptions.workflow.calling import is_urgent, kind_of, link_of, place_of
from receptions.workflow.moves import append
from receptions.workflow.words import at_time, say

BATCH = 100
# Manager and community secretary; leader and street secretary; the district.
TOP = 3
_SILENT = {
    SummonsStatus.CALLED: gettext_noop("%(organisation)s has not answered: %(place)s"),
    SummonsStatus.ACKNOWLEDGED: gettext_noop("%(organisation)s has not come: %(place)s"),
}


def climb(at) -> int:
    """Pass every silence whose time has come up to the next steps; return how many there were.

    Safe with several sweepers, which step over each other's rows, and after an outage: all steps
    passed meanwhile are taken at once, and each person reads one message.
    """
    done = 0
    while True:
        count = _climb_some(at)
        done += count
        if count < BATCH:
            return done


def _climb_some(at):
    with transaction.atomic():
        rows = Summons.objects.silent(at).select_for_update(
            of=("self",),
            no_key=True,
            skip_locked=connection.features.has_select_for_update_skip_locked,
        )
        rows = list(rows[:BATCH])
        for summons in rows:
            _climb(summons, at)
    return len(rows)


def _climb(summons, at):
    step = timedelta(seconds=_policy(summons).step_seconds)
    reached = 1 + int((at - summons.due_at) / step)
    before, top = summons.level, min(reached, TOP)
    summons.level = max(before, top)
    summons.next_check_at = None if top >= TOP else summons.due_at + step * top
    summons.save(update_fields=["level", "next_check_at"])
    if top > before:
        tell(summons, range(before + 1, top + 1), _SILENT[summons.status], at)


def _policy(summons):
    return SummonsPolicy.objects.of(kind_of(summons.whistle))


def tell(summons, levels, sentence, at, *, by=None, words=""):
    """Write once to everybody on these steps, and keep in the history whom it reached."""
    people = addressees(summons, levels, at, but=by)
    place = place_of(summons)
    body = words or say(
        gettext_noop("Called %(called)s, due %(due)s, with %(person)s."),
        called=at_time(summons.called_at),
        due=at_time(summons.due_at or summons.answer_by),
        person=summons.person,
    )
    enqueue_many(
        Message(
            unique_key=f"summons:{summons.pk}:{_promise(summons)}:{levels[-1]}:{user.pk}",
            kind="summons_silent",
            title=say(sentence, organisation=summons.organisation, place=place),
            body=body,
            to=user,
            link=link_of(summons),
            urgent=is_urgent(summons),
        )
        for user in people
    )
    told = [user.pk for user in people]
    append(summons, EventVerb.CLIMB, by=None, at=at, level=levels[-1], told=told)


def _promise(summons):
    """Return which silence this is: a department called again may be silent again."""
    return f"{summons.status}:{summons.called_at:%Y%m%d%H%M%S}"


def addressees(summons, levels, at, *, but=None):
    """Return who is told on these steps, each once, never the person called nor who did it.

    On the organisation's side its manager, then its leader, one standing in for the other; on the
    grid's side the next secretary at each step. Nobody above any more: the district's supervisors.
    """
    place = place_of(summons)
    out = {summons.person_id, getattr(but, "pk", None)}
    secretaries = [d.user for d in ladder(place, at) if d.posting.role in SECRETARIES]
    heads = [ask(summons.organisation, at) for ask in (manager_of, leader_of)]
    heads = [duty.user for duty in heads if duty and duty.user.pk not in out]
    found = {}
    for level in levels:
        above = secretaries[level - 1 : level] or _supervisors(place, at)
        inside = heads[:1] if level == 1 else heads[-1:]
        found |= {user.pk: user for user in [*inside, *above] if user.pk not in out}
    return list(found.values())


def _supervisors(place, at):
    district = place.ancestor_paths[0]
    rows = holders(Role.SUPERVISOR, at=at)
    return [duty.user for duty in rows if duty.posting.grid.path == district]
