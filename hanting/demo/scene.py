"""A few open matters around 吉祥家园, so that every demonstration sign-in finds work waiting.

They go through the same verbs as the pages; only their times lie a little in the past.
"""

from datetime import timedelta

from accounts.models import Organisation, User
from grids.models import Grid
from hanting.demo.people import ESTATE
from tickets import workflow
from tickets.catalogue import by_code
from tickets.choices import Source, Verb
from tickets.models import ReplyTemplate

# Sentences that an office would have ready: (name, step, words with places for facts).
SENTENCES = [
    (
        "已安排人员上门",
        Verb.TELL_RESIDENT,
        "{organisation}已安排人员处理{place}的问题，{date}前给您答复，请保持电话畅通。",
    ),
    ("正在办理", Verb.TELL_RESIDENT, "您反映的事情正在办理，预计{date}前办结，有变化马上告诉您。"),
    (
        "请补充具体位置",
        Verb.ASK_RESIDENT,
        "请告诉我们具体是几号楼、几单元，方便的话拍一张照片。",
    ),
    (
        "请约上门时间",
        Verb.ASK_RESIDENT,
        "{holder}准备上门查看，请告诉我们您什么时间在家。",
    ),
    (
        "已修复",
        Verb.RESOLVE,
        "{place}的问题已经处理好。请您看看是否解决，如有反复请告诉我们。",
    ),
    (
        "不属于受理范围",
        Verb.REJECT,
        "这件事需要通过诉讼或仲裁解决，我们不能受理。可以拨打12348咨询免费法律援助。",
    ),
]

RESIDENT = workflow.Contact(name="王阿姨", phone="+8610000000001")
FIRST_PART = ESTATE[:-1] + "1"


class Scene:
    """The people and the place of the scene, and the moment it is set in."""

    def __init__(self, at):
        self.at = at
        self.place = Grid.objects.get(code=FIRST_PART)
        demo = User.objects.filter(username__startswith="demo-")
        self.people = {user.username.removeprefix("demo-"): user for user in demo}

    def ago(self, **delta):
        return self.at - timedelta(**delta)

    def file(self, code, description, *, at, source=Source.QR, by=workflow.RESIDENT):
        filing = workflow.Filing(
            description=description,
            category_id=by_code(code).id,
            grid=self.place,
            source=source,
            address="3号楼2单元",
            resident=RESIDENT,
        )
        return workflow.file_ticket(filing, by=by, at=at).ticket

    def organisation(self, code):
        return Organisation.objects.get(code=code)


def set_scene(at):
    """File and move the scene's matters as of the moment `at`."""
    for name, verb, text in SENTENCES:
        ReplyTemplate.objects.get_or_create(name=name, defaults={"verb": verb, "text": text})
    scene = Scene(at)
    for matter in (
        _power_in_hand, _power_late, _power_answered, _noise_new, _sewer_for_the_steward,
        _lamp_returned, _rubbish_done, _cable_for_the_arbiter,
    ):  # fmt: skip
        matter(scene)


def _power_in_hand(scene):
    """Taken on, the contractor is on the way."""
    ticket = scene.file(
        "0102", "小区总是断电，今早又停了，家里老人用制氧机。", at=scene.ago(hours=2)
    )
    specialist = scene.people["specialist"]
    workflow.acknowledge(ticket, by=specialist, at=scene.ago(minutes=106))
    workflow.record_finding(
        ticket, by=scene.people["steward"], note="地下室电缆接头发热。", at=scene.ago(minutes=95)
    )
    workflow.call_contractor(ticket, by=specialist, note="抢修二班", at=scene.ago(minutes=80))


def _power_late(scene):
    """Promised within a day, and the day is over."""
    ticket = scene.file("0102", "地下车库没电，门禁也打不开。", at=scene.ago(hours=26))
    workflow.acknowledge(ticket, by=scene.people["specialist"], at=scene.ago(hours=25))


def _power_answered(scene):
    """The specialist asked, the resident has answered."""
    ticket = scene.file("0102", "晚上电压不稳，电视老闪。", at=scene.ago(hours=5))
    specialist = scene.people["specialist"]
    workflow.acknowledge(ticket, by=specialist, at=scene.ago(hours=4, minutes=40))
    workflow.ask_resident(
        ticket, by=specialist, note="是一户还是整个单元？", at=scene.ago(hours=4, minutes=30)
    )
    workflow.answer(ticket, note="整个单元都这样。", at=scene.ago(minutes=50))


def _noise_new(scene):
    """Just in: the community has not accepted it yet."""
    scene.file("0405", "楼下烧烤摊半夜还放音响，孩子睡不着。", at=scene.ago(minutes=40))


def _sewer_for_the_steward(scene):
    """Accepted by the community and handed to the property company's steward."""
    ticket = scene.file("0203", "下水道堵了，一楼厕所返水。", at=scene.ago(hours=1))
    secretary = scene.people["secretary"]
    workflow.accept(ticket, by=secretary, at=scene.ago(minutes=45))
    workflow.dispatch(ticket, by=secretary, at=scene.ago(minutes=40))


def _lamp_returned(scene):
    """Sent back once: the dispatcher decides who gets it."""
    ticket = _handed_over(scene, "0304", "小区北门路灯坏了三盏，晚上一片黑。", hours=30)
    _give_back(scene, ticket, "灯杆产权属物业，不归我们维护。", hours=20)


def _rubbish_done(scene):
    """Done, and waiting for the resident's word or a call-back."""
    ticket = _handed_over(scene, "0401", "垃圾桶三天没清，味道很大。", hours=28)
    ticket = workflow.acknowledge(ticket, by=ticket.holder, at=scene.ago(hours=26))
    workflow.resolve(
        ticket, by=ticket.holder, note="已清运并冲洗桶位，改为每天两次。", at=scene.ago(hours=6)
    )


def _cable_for_the_arbiter(scene):
    """Returned twice: only the arbiter can decide."""
    ticket = _handed_over(scene, "0306", "外墙垂下来一根线，骑车差点挂到。", hours=50)
    ticket = _give_back(scene, ticket, "不是通信线缆。", hours=44)
    ticket = workflow.dispatch(
        ticket,
        by=scene.people["dispatcher"],
        organisation=scene.organisation("power"),
        at=scene.ago(hours=43),
    )
    _give_back(scene, ticket, "也不是电力线路。", hours=40)


def _handed_over(scene, code, description, *, hours):
    ticket = scene.file(code, description, at=scene.ago(hours=hours))
    secretary = scene.people["secretary"]
    ticket = workflow.accept(ticket, by=secretary, at=scene.ago(hours=hours - 0.5))
    return workflow.dispatch(ticket, by=secretary, at=scene.ago(hours=hours - 0.6))


def _give_back(scene, ticket, note, *, hours):
    suggested = scene.organisation("housing")
    return workflow.return_ticket(
        ticket, by=ticket.holder, note=note, suggested=suggested, at=scene.ago(hours=hours)
    )
