"""Whistles around 吉祥家园: one under way, one scored and closed, one at a meeting, one draft.

Invented, and marked so; they go through the same verbs as the pages.
"""

from datetime import timedelta

from django.utils import timezone

from hanting.demo.scene import Scene
from receptions.choices import WhistleKind
from receptions.models import Whistle
from receptions.workflow import summonses, whistles


def plant(at):
    """Write the four whistles as of the moment `at`, once."""
    if Whistle.objects.filter(is_demonstration=True).exists():
        return
    scene = Scene(at)
    for tell in (_scored_and_closed, _handed_to_a_meeting, _under_way, _draft):
        whistle = tell(scene)
        Whistle.objects.filter(pk=whistle.pk).update(is_demonstration=True)


def _write(scene, code, description, *, at, kind, ground, organisations, by="secretary"):
    ticket = scene.file(code, description, at=at - timedelta(minutes=20))
    return whistles.write(
        ticket,
        by=scene.people[by],
        kind=kind,
        ground=ground,
        organisations=[scene.organisation(each) for each in organisations],
        at=at,
    )


def _of(whistle, code):
    return whistle.summonses.get(organisation__code=code)


def _under_way(scene):
    """A burst main: the water company is on the spot, the municipal office is silent."""
    at, secretary = scene.ago(minutes=50), scene.people["secretary"]
    whistle = _write(
        scene,
        "0202",
        "3号楼前主水管爆裂，水漫到了单元门口，半个小区停水。",
        at=at,
        kind=WhistleKind.EMERGENCY,
        ground="主管网归供水公司，路面开挖要市政同意，社区没有设备也没有权限。",
        organisations=["water", "municipal"],
    )
    whistle = whistles.blow(whistle, by=secretary, at=at)
    water = _of(whistle, "water")
    water = summonses.acknowledge(
        water, by=water.person, note="抢修一班出发，二十分钟到", at=at + timedelta(minutes=6)
    )
    summonses.arrive(water, by=scene.people["worker"], at=at + timedelta(minutes=28))
    return whistle


def _scored_and_closed(scene):
    """Night noise: law enforcement and market supervision came, settled it, and were scored."""
    at, secretary = scene.ago(days=6), scene.people["secretary"]
    whistle = _write(
        scene,
        "0405",
        "小区东门烧烤摊占道经营，油烟和噪声到凌晨一点。",
        at=at,
        kind=WhistleKind.ENFORCEMENT,
        ground="社区没有执法权，劝了三次，摊主不听。",
        organisations=["enforce", "market"],
    )
    whistle = whistles.blow(whistle, by=secretary, at=at)
    for code, hours in (("enforce", 5), ("market", 7)):
        summons = _of(whistle, code)
        summons = summonses.acknowledge(
            summons, by=summons.person, note="今晚到现场", at=at + timedelta(hours=1)
        )
        summonses.arrive(summons, by=summons.person, at=at + timedelta(hours=hours))
    over = at + timedelta(hours=9)
    whistle = whistles.resolve(
        whistle,
        by=secretary,
        minutes="两部门当场责令摊主退到店内经营，晚上十点前收摊；社区每晚巡查一次。",
        decisions=[
            {
                "text": "东门划出便民摊位区，立牌写明经营时间。",
                "lead": scene.organisation("enforce"),
                "due_on": timezone.localdate(scene.at) + timedelta(days=5),
            }
        ],
        at=over,
    )
    for code, points, words in (("enforce", 5, "来得快，讲得清"), ("market", 4, "晚到了两小时")):
        summons = _of(whistle, code)
        summonses.score(
            summons, by=secretary, score=points, words=words, at=over + timedelta(hours=2)
        )
        summonses.score(
            summons,
            by=summons.person,
            score=5,
            words="社区情况摸得准",
            at=over + timedelta(hours=20),
        )
    return whistles.close(whistle, by=secretary, at=over + timedelta(hours=21))


def _handed_to_a_meeting(scene):
    """Parking on the fire lane: nobody could settle it on the spot, the street's day takes it."""
    at, secretary = scene.ago(days=3), scene.people["secretary"]
    whistle = _write(
        scene,
        "0603",
        "消防通道常年停满车，上周救护车进不来。",
        at=at,
        kind=WhistleKind.TOUGH,
        ground="车位缺口两百多个，划线、处罚和建停车场分属三家，社区协调不动。",
        organisations=["fire", "traffic", "housing"],
    )
    whistle = whistles.blow(whistle, by=secretary, at=at)
    for code in ("fire", "traffic"):
        summons = _of(whistle, code)
        summonses.arrive(summons, by=summons.person, at=at + timedelta(hours=20))
    housing = _of(whistle, "housing")
    summonses.decline(
        housing, by=housing.person, note="正在汛后房屋排查，无人可派", at=at + timedelta(hours=3)
    )
    return whistles.hand_over(
        whistle,
        by=secretary,
        minutes="消防通道已当场清空。车位缺口要由街道统筹建停车场，请书记接待日定牵头单位。",
        grid=whistle.ticket.street,
        at=at + timedelta(hours=22),
    )


def _draft(scene):
    """A grid worker's draft that waits for the community's secretary."""
    return _write(
        scene,
        "0203",
        "2号楼后化粪池外溢，污水流进了绿地。",
        at=scene.ago(minutes=15),
        kind=WhistleKind.TOUGH,
        ground="管线属小区还是市政说不清，物业和市政都说不归自己管。",
        organisations=["municipal", "housing"],
        by="worker",
    )
