"""Whistles and summonses for tests, through the same verbs as the pages."""

from datetime import timedelta

from django.utils import timezone

from receptions.choices import SessionKind, WhistleKind, WhistleStatus
from receptions.models import Session, SummonsPolicy
from receptions.workflow import summonses, whistles
from tickets.tests.factories import make_category, make_ticket

GROUND = "管线归属三家单位，社区没有执法权。"


def moment(**before):
    """Return the present to the second, or so much before it."""
    return timezone.now().replace(microsecond=0) - timedelta(**before)


def make_session(cast, **fields):
    """Return a residents' day of the first community in three days, planned by its secretary."""
    starts_at = fields.pop("starts_at", moment() + timedelta(days=3))
    values = {
        "kind": SessionKind.COMMUNITY_DAY,
        "grid": cast.community,
        "host": cast.secretary,
        "planned_by": cast.secretary,
        "place": "党群服务中心",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
    }
    return Session.objects.create(**values | fields)


def call_to_day(cast, organisation=None, **said):
    """Return the summons of an organisation (the power company) to a residents' day."""
    said.setdefault("session", None)
    session = said.pop("session") or make_session(cast)
    return summonses.summon(
        session=session, organisation=organisation or cast.power, by=cast.secretary, **said
    )


def make_matter(cast, **said):
    """Return an open matter in the first sub-area that belongs to the community."""
    return make_ticket(cast.subarea, said.pop("category", None) or make_category(), **said)


def draft(cast, *, by=None, kind=WhistleKind.EMERGENCY, ticket=None, organisations=None, at=None):
    """Return a whistle as a draft, by the community's secretary, that would call two."""
    return whistles.write(
        ticket or make_matter(cast, at=at),
        by=by or cast.secretary,
        kind=kind,
        ground=GROUND,
        organisations=organisations or [cast.power, cast.housing],
        at=at,
    )


def blown(cast, **said):
    """Return a whistle that has called the power company and the housing bureau."""
    at = said.get("at")
    return whistles.blow(draft(cast, **said), by=cast.secretary, at=at)


def called(whistle, organisation):
    """Return the summons of this organisation."""
    return whistle.summonses.get(organisation=organisation)


def settled(cast, **said):
    """Return a whistle whose meeting is over: power was there, housing stayed away."""
    whistle = blown(cast, **said)
    summonses.arrive(called(whistle, cast.power), by=cast.specialist)
    return whistles.resolve(whistle, by=cast.secretary, minutes="电缆接头更换完毕。")


def ask_the_street(kind=WhistleKind.EMERGENCY):
    """Let whistles of a kind wait for the street's approval."""
    policy = SummonsPolicy.objects.of(kind)
    policy.needs_approval = True
    policy.save()


def in_state(cast, status):
    """Return a whistle in a status, brought there by the verbs."""
    if status == WhistleStatus.PENDING:
        ask_the_street()
        return whistles.ask_approval(draft(cast), by=cast.secretary)
    if status == WhistleStatus.HANDED_OVER:
        return whistles.hand_over(blown(cast), by=cast.secretary, minutes="三家意见不一。")
    if status == WhistleStatus.CLOSED:
        whistle = settled(cast)
        at = whistle.met_at + whistles.SCORING
        return whistles.close(whistle, by=cast.secretary, at=at)
    if status == WhistleStatus.REJECTED:
        return whistles.reject(draft(cast), by=cast.street_secretary, note="按普通工单办")
    if status == WhistleStatus.WITHDRAWN:
        return whistles.withdraw(draft(cast), by=cast.secretary)
    makers = {
        WhistleStatus.DRAFT: draft,
        WhistleStatus.BLOWN: blown,
        WhistleStatus.RESOLVED: settled,
    }
    return makers[status](cast)
