"""Secretaries' days of the demonstration: eight held with 107 matters settled, one to come.

The two figures are those of a press report on the district from mid-2022; every matter, name and
date here is invented and labelled. All goes through the verbs of the pages; what was settled on
past days is typed in from minutes, as an office would bring in its paper.
"""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.reports import day_of
from grids.choices import GridLevel
from grids.models import Grid
from receptions.choices import ItemGround, SessionForm, SessionKind
from receptions.models import AgendaItem, Commitment, Session
from receptions.reports.agenda import ranked
from receptions.workflow import agenda, second_look, sessions
from receptions.workflow.agenda import CLOCK_GROUNDS
from receptions.workflow.decisions import decide, enter_minutes
from tickets.choices import Outcome, Source, Status
from tickets.models import Ticket

SETTLED = (14, 12, 15, 13, 11, 16, 12, 14)
DAYS_BETWEEN = 21
# How many matters wait for the next day, and how many of them are on its agenda.
PROPOSED, ON_THE_DAY = 9, 6
SUBJECTS = (
    "供水供电",
    "老旧小区",
    "道路照明",
    "供暖",
    "物业服务",
    "停车充电",
    "环境卫生",
    "管线维护",
)
DECISIONS = (
    "会上明确由相关单位当日处理完毕，社区书记现场确认。",
    "产权单位当场认领，社区负责告知住户。",
    "三级书记现场协调，当日恢复正常。",
    "明确资金渠道，由社区先行垫付并当日开工完毕。",
)
# What the last day promised: (category, text, organisation, days given, what became of it).
PROMISES = (
    ("0102", "更换三栋楼的老旧电缆，楼道重新布线", "power", 45, "open"),
    ("0203", "疏通并改造地下排水主管", "municipal", 12, "overdue"),
    ("0505", "制定楼道飞线充电整治办法，加装充电桩", "housing", 20, "done"),
    ("0304", "主次干道坏灯全部更换", "municipal", 10, "kept"),
    ("0501", "早市划线归位，消防通道专人看管", "enforce", 9, "attempts"),
    ("0202", "屋顶防水整体重做", "housing", 11, "not_kept"),
)
OPINIONS = (
    ("money", "为民服务资金垫付后的返还时间能否缩短到一个月", "垫付多了，后面的事就不敢接。"),
    ("powers", "建议社区可以直接点名专员到场", "现在要经街道转一道，急事等不起。"),
)


def plant(at):
    """Hold eight days, plan one, and leave promises in every state; does nothing twice."""
    people = _people()
    host, community = people.get("demo-district"), people.get("demo-secretary")
    if host is None or Session.objects.filter(host=host, is_demonstration=True).exists():
        return
    district = Grid.objects.get(level=GridLevel.DISTRICT, postings__user=host)
    days = _days_before(at)
    for number, day in enumerate(days):
        with transaction.atomic():
            _hold(district, host, day, number)
    _look_again(at, community)
    if community is not None:
        for topic, title, text in OPINIONS:
            item = agenda.write_opinion(by=community, topic=topic, title=title, text=text, at=at)
            _label(item)
    with transaction.atomic():
        _plan_next(district, host, at)


def _people():
    users = User.objects.filter(username__startswith="demo-", is_demonstration=True)
    return {user.username: user for user in users}


def _days_before(at):
    """Return the mornings of eight past days, the oldest first; the last a month ago."""
    last = day_of(at) - timedelta(days=30)
    found = [last - timedelta(days=DAYS_BETWEEN * back) for back in range(len(SETTLED))]
    return [_at(day, 9) for day in reversed(found)]


def _at(day, hour):
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _day(district, host, starts_at, number):
    """Plan and publish one day in good time before it."""
    before = starts_at - timedelta(days=6)
    session = sessions.plan_session(
        kind=SessionKind.DISTRICT_DAY,
        form=SessionForm.values[number % len(SessionForm.values)],
        grid=district,
        host=host,
        host_title="区委副书记（演示）",
        place="区党群服务中心",
        subject=SUBJECTS[number % len(SUBJECTS)],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        by=host,
        is_demonstration=True,
        at=before,
    )
    return sessions.publish(session, by=host, at=before)


def _hold(district, host, starts_at, number):
    session = sessions.open(_day(district, host, starts_at, number), by=host, at=starts_at)
    tickets = _over(district, starts_at, SETTLED[number], skip=sum(SETTLED[:number]))
    settled = [(ticket, DECISIONS[place % len(DECISIONS)]) for place, ticket in enumerate(tickets)]
    enter_minutes(session, settled=settled, by=host, at=starts_at + timedelta(hours=2))
    if number == len(SETTLED) - 1:
        _promise(session, host, starts_at)
    sessions.close(session, by=host, at=starts_at + timedelta(hours=3))


def _over(district, before, count, skip):
    """Return so many solved tickets of ordinary matters filed before a day, others for each day.

    A small demonstration has fewer; then one matter stands for several.
    """
    rows = Ticket.objects.in_grid(district).filter(
        status=Status.CLOSED, outcome=Outcome.SOLVED, is_confidential=False
    )
    rows = rows.order_by("submitted_at", "pk")
    found = list(rows.filter(submitted_at__lt=before).defer("description")[skip : skip + count])
    spare = list(rows.defer("description")[:count])
    while spare and len(found) < count:
        found.append(spare[len(found) % len(spare)])
    return found


def _promise(session, host, starts_at):
    """Decide what could not be settled at once: each with an organisation and a day."""
    before, noon = starts_at - timedelta(days=5), starts_at + timedelta(hours=2)
    for code, text, lead, days, _fate in PROMISES:
        ticket = _unsettled(session.grid, code, starts_at)
        if ticket is None:
            continue
        item = agenda.propose(ticket=ticket, ground=ItemGround.SECRETARY, by=host, at=before)
        item = agenda.schedule(item, session=session, by=host, at=before)
        organisation = Organisation.objects.filter(code=lead).first()
        due_on = day_of(starts_at) + timedelta(days=days)
        promise = {"text": text, "lead": organisation, "due_on": due_on}
        decide(item, by=host, decision=f"会议决定：{text}。", promises=[promise], at=noon)
        _label(item)
    Commitment.objects.filter(item__session=session).update(is_demonstration=True)


def _unsettled(district, code, before):
    """Return a matter of the category that was over for the office and not for the resident."""
    rows = Ticket.objects.in_grid(district).filter(
        status=Status.CLOSED, is_confidential=False, category__code=code, submitted_at__lt=before
    )
    rows = rows.exclude(outcome=Outcome.SOLVED).select_related("district", "grid")
    return rows.order_by("-submitted_at").first()


def _look_again(at, asker):
    """Carry each promise to the state it is to be seen in."""
    fates = {text: fate for _code, text, _lead, _days, fate in PROMISES}
    rows = Commitment.objects.filter(is_demonstration=True).select_related("owner")
    for row in rows:
        fate = fates.get(row.text, "open")
        if fate in ("open", "overdue"):
            continue
        done = row.made_at + timedelta(days=8)
        row = second_look.report_done(row, by=row.owner, result="已按会议要求办完。", at=done)
        caller = _caller(row) or asker
        if fate == "kept":
            second_look.record_answer(
                row, by=caller, kept=True, note="住户说好了", at=done + timedelta(days=1)
            )
        elif fate == "not_kept":
            second_look.record_answer(
                row, by=caller, kept=False, note="下雨又漏了", at=done + timedelta(days=2)
            )
        elif fate == "attempts":
            for day in (1, 2, 4):
                second_look.record_attempt(
                    row, by=caller, note="电话没人接", at=done + timedelta(days=day)
                )


def _caller(row):
    """Return the secretary of the matter's community, who asks the resident."""
    found = User.objects.filter(
        postings__grid_id=row.item.ticket.community_id, postings__role="community_secretary"
    )
    return found.order_by("pk").first()


def _plan_next(district, host, at):
    """Plan the next day, and put the most pressing of what is proposed on it."""
    day = day_of(at) + timedelta(days=5)
    session = sessions.publish(
        sessions.plan_session(
            kind=SessionKind.DISTRICT_DAY,
            form=SessionForm.SITE_VISIT,
            grid=district,
            host=host,
            host_title="区委副书记（演示）",
            place="吉祥家园活动室",
            subject="供暖与老旧管线",
            starts_at=_at(day, 9),
            ends_at=_at(day, 12),
            by=host,
            is_demonstration=True,
            at=at,
        ),
        by=host,
        at=at,
    )
    _propose(district, host, at)
    waiting = AgendaItem.objects.proposed().filter(grid=district).select_related("ticket")
    for line in ranked(waiting, at)[:ON_THE_DAY]:
        agenda.schedule(line.item, session=session, by=host, at=at)


def _propose(district, host, at):
    """Propose what the clocks propose, and what has been late for longest."""
    here = Ticket.objects.in_grid(district).exclude(source=Source.MEETING)
    here = here.filter(is_confidential=False)
    here = here.select_related("district", "grid")
    pressing = list(here.filter(agenda_at__isnull=False).order_by("-agenda_at")[:PROPOSED])
    known = [ticket.pk for ticket in pressing]
    late = here.late(at).exclude(pk__in=known).order_by("due_at")[: PROPOSED - len(pressing)]
    for ticket in pressing:
        ground = ticket.agenda_ground if ticket.agenda_ground in CLOCK_GROUNDS else ItemGround.LATE
        _label(agenda.propose(ticket=ticket, ground=ground, by=None, at=at))
    for ticket in late:
        _label(agenda.propose(ticket=ticket, ground=ItemGround.SECRETARY, by=host, at=at))


def _label(item):
    AgendaItem.objects.filter(pk=item.pk).update(is_demonstration=True)
