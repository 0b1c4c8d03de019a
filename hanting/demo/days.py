"""Residents' days of the demonstration: one that was held with its outcomes, two to come.

Around 吉祥家园, where the demonstration's people stand. Everything goes through the verbs of the
pages; names, matters and answers are invented and labelled.
"""

from datetime import datetime, time, timedelta

from django.utils import timezone

from accounts.models import Organisation, User
from accounts.reports import day_of
from common.errors import RuleViolation
from grids.choices import GridLevel
from grids.models import Grid
from hanting.demo.people import ESTATE
from receptions.choices import BookingSource, Outcome, SessionKind
from receptions.models import Session
from receptions.workflow import bookings, calls, outcomes, running, sessions
from tickets.catalogue import by_code
from tickets.choices import Source
from tickets.workflow import Contact

NAMES = (
    "王秀英", "李建国", "张桂兰", "刘志强", "陈玉梅", "杨海涛", "赵丽华", "孙永军", "马淑珍",
    "郭春燕", "周立新", "吴爱萍", "郑文斌",
)  # fmt: skip
# (category, words) of what people come with.
MATTERS = (
    ("0102", "三号楼一到晚上就跳闸，家里老人用着制氧机，想问什么时候换电缆。"),
    ("0105", "暖气不热，室温只有十五度，报过两次还是老样子。"),
    ("0503", "小区车位太少，晚上回来没地方停，能不能划在路边。"),
    ("0203", "一楼下水道反复堵，疏通一次管不了半个月。"),
    ("0202", "顶楼漏雨，维修资金到底怎么申请，跑了三趟没说清。"),
    ("0304", "北门外的路灯坏了一排，老人晚上不敢出门。"),
    ("0201", "物业费涨了两毛，没有征求大家意见。"),
    ("0405", "楼下广场舞音响太大，孩子要中考了。"),
    ("0803", "家里有重病人，想问问低保怎么办。"),
)
# What came of the matters of the day that was held, in order.
ENDS = (
    (Outcome.SOLVED_ON_SPOT, "供电公司当场派人换了空气开关，明早复查。"),
    (Outcome.PROMISED, "供热公司入户测温并更换阀门。"),
    (Outcome.EXPLAINED, "车位划线须经业主大会同意，已把办法和表格交给来访人。"),
    (Outcome.SOLVED_ON_SPOT, "物业当天疏通，改为每月巡查一次。"),
    (Outcome.SECRETARY_DAY, "涉及多个部门，提请街道书记接待日统筹。"),
    (Outcome.SOLVED_ON_SPOT, "路灯当晚修复，社区已看过。"),
    (Outcome.NOT_ACCEPTED, "按《民法典》第二百七十八条由业主共同决定，建议先召开业主大会。"),
)
ROOM = "社区党群服务中心一楼议事厅"


def plant(at):
    """Hold a day two weeks ago and publish two; does nothing where days are there already."""
    people = {user.username: user for user in User.objects.filter(username__startswith="demo-")}
    estate = Grid.objects.filter(code=ESTATE).select_related("parent").first()
    secretary = people.get("demo-secretary")
    if estate is None or secretary is None:
        return
    community = estate.parent
    if Session.objects.filter(kind=SessionKind.COMMUNITY_DAY, is_demonstration=True).exists():
        return
    _held(community, estate, secretary, at)
    _coming(community, estate, secretary, people.get("demo-worker"), at)
    _next_door(community, at)


def _moment(at, days, hour=9):
    day = day_of(at) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _plan(community, host, starts_at, *, at, places=13):
    session = sessions.plan_session(
        kind=SessionKind.COMMUNITY_DAY,
        grid=community,
        host=host,
        host_title="社区党委书记",
        place=ROOM,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=15 * places),
        by=host,
        is_demonstration=True,
        at=at,
    )
    return sessions.publish(session, by=host, at=at)


def _book(session, place, number, *, at, source=BookingSource.WEB, by=None):
    code, words = MATTERS[number % len(MATTERS)]
    # 100 0000 XXXX is no mobile number in China.
    speaker = Contact(name=NAMES[number % len(NAMES)], phone=f"+8610000002{number:03d}")
    filing = bookings.filing_for(
        session,
        words=words,
        category_id=by_code(code).id,
        grid=place,
        speaker=speaker,
        source=Source.COUNTER if by else Source.WEB,
    )
    return bookings.book(
        session, people=[speaker], source=source, by=by, filing=filing, at=at
    ).booking


def _held(community, place, host, at):
    starts_at = _moment(at, -14)
    session = _plan(community, host, starts_at, at=starts_at - timedelta(days=6))
    _call(session, host, ("power", "heat"), at=starts_at - timedelta(days=5))
    rows = [
        _book(session, place, number, at=starts_at - timedelta(days=4, minutes=-number))
        for number in range(len(ENDS) + 1)
    ]
    sessions.open(session, by=host, at=starts_at)
    for row, (outcome, words) in zip(rows, ENDS, strict=False):
        running.check_in(row, by=host, at=starts_at)
        _hear(row, outcome, words, host, at=starts_at + timedelta(minutes=10))
    running.mark_absent(rows[-1], by=host, at=starts_at + timedelta(hours=2))
    sessions.close(session, by=host, at=starts_at + timedelta(hours=3))


def _hear(row, outcome, words, host, *, at):
    said = {"words": words}
    if outcome == Outcome.PROMISED:
        lead = Organisation.objects.filter(code="heat").first()
        said = {"instruction": words, "lead": lead, "due_on": day_of(at) + timedelta(days=20)}
    outcomes.hear(row, outcome=outcome, by=host, at=at, **said)


def _coming(community, place, host, worker, at):
    session = _plan(community, host, _moment(at, 5), at=at - timedelta(days=2))
    _call(session, host, ("power", "heat", "housing"), at=at - timedelta(days=1))
    for number in range(8, 14):
        by, source = (worker, BookingSource.GRID) if number % 3 == 0 else (None, BookingSource.WEB)
        _book(session, place, number, at=at - timedelta(hours=20 - number), source=source, by=by)


def _next_door(community, at):
    """A small day of the neighbouring community that is full, with a waiting list."""
    others = Grid.objects.current().at_level(GridLevel.COMMUNITY).filter(parent=community.parent)
    for other in others.exclude(pk=community.pk).defer("outline").order_by("path"):
        post = other.postings.filter(role="community_secretary").select_related("user").first()
        if post is None:
            continue
        session = _plan(other, post.user, _moment(at, 8, 14), at=at - timedelta(days=1), places=4)
        for number in range(20, 26):
            _book(session, other, number, at=at - timedelta(hours=6))
        return


def _call(session, host, codes, *, at):
    for organisation in Organisation.objects.filter(code__in=codes).order_by("pk"):
        try:
            calls.call_roll(session, organisations=[organisation], by=host, at=at)
        except RuleViolation:
            # Nobody of it serves this place in the demonstration.
            continue
