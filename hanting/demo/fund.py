"""The fund for serving the people: the roof of the newspapers, and a few sums around it."""

from datetime import timedelta

from accounts.reports import HEADS, holders
from grids.choices import GridLevel
from grids.models import Grid
from hanting.demo.people import ESTATE
from receptions.models import FundRequest
from receptions.workflow import fund

# (days ago, yuan, what for, which money pays it back, yuan paid back), around 吉祥家园.
USES = (
    (160, 2_000, "三号楼屋顶漏雨，先行垫付维修", "住宅专项维修资金", 2_000),
    (95, 1_350, "独居老人家中电线老化，先行更换", "民政临时救助", 1_350),
    (60, 4_800, "小区排水管道疏通，雨季前抢修", "物业公共收益", 3_000),
    (20, 860, "楼道照明更换二十盏", "物业公共收益", 0),
)
WAITING = (2, 1_200, "东门道路坑洼，先行填补", "市政养护经费")
ELSEWHERE = (
    (130, 3_200, "健身器材损坏，更换两件", "体育彩票公益金", 3_200),
    (75, 1_600, "村道护栏修复", "村集体收入", 800),
)


def plant(at):
    """Open this year's funds and tell their stories through the verbs, once."""
    if FundRequest.objects.exists():
        return
    home = _community_of(Grid.objects.get(code=ESTATE))
    year = at.year
    places = Grid.objects.current().at_level(GridLevel.COMMUNITY).within(_street_of(home))
    begun = at - timedelta(days=300)
    for number, place in enumerate(places.defer("outline").order_by("path")):
        opened = fund.open_fund(place, year, at=begun)
        opened.is_demonstration = True
        opened.save(update_fields=["is_demonstration"])
        stories = USES if place == home else ELSEWHERE[number % 2 :][:1]
        for story in stories:
            _tell(opened, story, at)
        if place == home:
            _wait(opened, at)
        fund.publish(opened, by=None, at=at - timedelta(days=1))


def _tell(opened, story, at):
    days, yuan, purpose, source, back = story
    asked = at - timedelta(days=days)
    if asked.year != at.year:
        return
    secretary, second = _two_people(opened.grid, at)
    row = fund.request(
        opened, by=secretary, amount_fen=yuan * 100, purpose=purpose, repaid_from=source, at=asked
    )
    row = fund.advance(row, by=second, note="情况属实，同意垫付", at=asked + timedelta(hours=3))
    if back:
        fund.repay(
            row, by=secretary, amount_fen=back * 100, key="demo", at=asked + timedelta(days=15)
        )


def _wait(opened, at):
    days, yuan, purpose, source = WAITING
    secretary, _second = _two_people(opened.grid, at)
    fund.request(
        opened,
        by=secretary,
        amount_fen=yuan * 100,
        purpose=purpose,
        repaid_from=source,
        at=max(at - timedelta(days=days), at.replace(month=1, day=1, hour=9)),
    )


def _two_people(community, at):
    """Return the secretary of a community, by the posting and not the name, and of its street."""
    street = _street_of(community)
    return [holders(HEADS[place.level], grid=place, at=at)[0].user for place in (community, street)]


def _community_of(grid):
    return Grid.objects.above(grid).at_level(GridLevel.COMMUNITY).get()


def _street_of(grid):
    return Grid.objects.above(grid).at_level(GridLevel.STREET).get()
