"""The district as a list of places: what the code tables say, and what is generated around it.

Kept apart from the database so that loading is a comparison of this list with the rows.

Choices that no table makes for us, all labelled as demonstration:

* Rural villages have no communities in the tables: 8 to 15 neighbours by code order form one,
  named after the village in the middle.
* 双杨(现代农业)发展中心 is no statistical street. The block 370703006247-282, filed under 高里, has
  exactly the 36 villages that the press counts there, so these stand below the centre and not
  below 高里; each exists once and keeps its code.
* 张氏街道 and the six places of the economic zone that the press puts into the district stand in
  the tables only as candidates; they keep their codes, but their position is demonstration.
* Estates, sub-areas, their households and their points are generated from their codes, the same
  in every run. Places of the tables and of the press get neither numbers nor points: none are
  published.
"""

import csv
import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from grids.choices import CodeScheme, GridForm, GridKind, GridLevel
from grids.geometry import bbox, contains

DATA = Path(__file__).resolve().parent.parent / "data"
NBS_SOURCE = "National Bureau of Statistics, division codes, 2023 edition (as of 2023-06-30)"
MCA_SOURCE = "Ministry of Civil Affairs, divisions, 2025-12-31"
ZONE_SOURCE = f"{NBS_SOURCE}, filed under 奎文区新城街道; placed here for demonstration"
PRESS_SOURCE = "Named in the press, in no code table; placed here for demonstration"
GENERATED = "Generated for the demonstration"

HOME, ZHANGSHI, SHUANGYANG = "370703000000000", "370703000000D10", "370703000000D20"
JIXIANG = "吉祥家园"
BEICHENG, JINXIU, YOUYI = "370703008000000", "370705009014000", "370705009008000"
SHUANGYANG_BLOCK = range(370703006247, 370703006283)
# What the press calls 西贾庄 is 西贾 in the table.
PRESS_NAMES = {"370705009227": "西贾庄村"}
WITH_SUBAREAS = {"孙家村", "郭家楼村", "茅埠村", "前阙庄村", "西贾庄村", "友谊村"}
EVERY_NTH_VILLAGE_HAS_SUBAREAS = 5
LARGEST_COMMUNITY = 13
ESTATE_NAMES = ["东苑", "西苑", "南苑", "北苑", "和园", "兴园"]
DEMONSTRATION = "（示范）"
_COMMITTEE = re.compile("(村民委员会|居民委员会|居民委会|村委会|居委会)$")


@dataclass
class Place:
    """One grid to be loaded; the fields are those of Grid, `parent` is a grid code."""

    code: str
    parent: str | None
    level: int
    name: str
    short_name: str
    division_code: str | None = None
    division_scheme: str | None = None
    other_codes: dict = field(default_factory=dict)
    kind: str = GridKind.BASE
    form: str = ""
    households: int | None = None
    population: int | None = None
    outline: dict | None = None
    latitude: float | None = None
    longitude: float | None = None
    is_listed: bool = True
    is_demonstration: bool = False
    source: str = NBS_SOURCE


def places():
    """Return all Places of the district, each after the one it lies in."""
    rows = _rows("divisions.csv")
    mca = {row["nbs2023_code"]: row["mca_code"] for row in _rows("townships_mca2025.csv")}
    upper = [_upper(row, mca) for row in rows if row["level"] != "village"]
    upper += [
        _from_press(ZHANGSHI, HOME, GridLevel.STREET, "张氏街道", form=GridForm.STREET),
        _from_press(
            SHUANGYANG,
            HOME,
            GridLevel.STREET,
            "双杨(现代农业)发展中心",
            form=GridForm.DEVELOPMENT_CENTRE,
        ),
    ]
    lower = [_committee(row) for row in rows if row["level"] == "village"]
    lower += [
        _candidate(row)
        for row in _rows("economic_zone_candidates.csv")
        if row["confidence"] == "medium"
    ]
    urban = [place for place in lower if place.level == GridLevel.COMMUNITY]
    rural = [place for place in lower if place.level == GridLevel.VILLAGE]
    rural_communities = _group(rural)
    friendship = _from_press(
        "370705009008D10", YOUYI, GridLevel.VILLAGE, "友谊村", form=GridForm.VILLAGE
    )
    found = upper + urban + rural_communities + rural + [friendship]
    found += _inner_parts(urban, rural + [friendship])
    _place_on_map(found)
    return found


def _rows(file_name):
    with open(DATA / file_name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _upper(row, mca):
    """A district or street; 北城街道 stands only in the civil-affairs table."""
    code = row["code"]
    is_district = row["level"] == "district"
    is_mca_only = not is_district and code not in mca
    if is_district:
        form = GridForm.ECONOMIC_ZONE if code.startswith("370772") else ""
    else:
        form = GridForm.STREET
    place = Place(
        code=f"{code}000",
        parent=None if is_district else f"{code[:6]}000000000",
        level=GridLevel.DISTRICT if is_district else GridLevel.STREET,
        name=row["name_zh"],
        short_name=row["name_zh"],
        division_code=code,
        division_scheme=CodeScheme.MCA_2025 if is_mca_only else CodeScheme.NBS_2023,
        other_codes={"mca2025": mca[code]} if code in mca else {},
        form=form,
        source=MCA_SOURCE if is_mca_only else NBS_SOURCE,
    )
    if place.code == HOME:
        _add_outline(place)
    return place


def _add_outline(place):
    with open(DATA / "boundary_wgs84.geojson", encoding="utf-8") as file:
        feature = json.load(file)["features"][0]
    place.outline = feature["geometry"]
    place.longitude, place.latitude = feature["properties"]["center"]


def _committee(row):
    """A residents' committee (001-199), a village (200-399) or a like-committee (400 and up).

    Like-committees (here a prison's) are communities that the public does not choose from.
    """
    code, number = row["code"], int(row["code"][9:])
    is_village = 200 <= number < 400
    stem = _COMMITTEE.sub("", row["name_zh"])
    ending = "村" if is_village else "社区"
    return Place(
        code=f"{code}000",
        parent=SHUANGYANG if int(code) in SHUANGYANG_BLOCK else f"{row['parent_code']}000",
        level=GridLevel.VILLAGE if is_village else GridLevel.COMMUNITY,
        name=row["name_zh"],
        short_name=stem if stem.endswith(ending) else stem + ending,
        division_code=code,
        division_scheme=CodeScheme.NBS_2023,
        form=GridForm.VILLAGE if is_village else "",
        is_listed=number < 400,
    )


def _candidate(row):
    place = _committee({"code": row["code"], "name_zh": row["name_zh"], "parent_code": ""})
    place.short_name = PRESS_NAMES.get(row["code"], place.short_name)
    place.parent = ZHANGSHI if place.level == GridLevel.COMMUNITY else BEICHENG
    place.is_demonstration, place.source = True, ZONE_SOURCE
    return place


def _from_press(code, parent, level, name, **fields):
    place = _generated(code, parent, level, name, **fields)
    place.source = PRESS_SOURCE
    return place


def _generated(code, parent, level, name, **fields):
    fields = {"short_name": name, **fields}
    return Place(code, parent, level, name, is_demonstration=True, source=GENERATED, **fields)


def _group(villages):
    """Put the villages of each street into communities of 8 to 15; return the communities."""
    communities = []
    streets = {}
    for village in villages:
        streets.setdefault(village.parent, []).append(village)
    for street, members in streets.items():
        count = -(-len(members) // LARGEST_COMMUNITY)
        for number in range(count):
            start, end = (len(members) * part // count for part in (number, number + 1))
            group = members[start:end]
            middle = group[len(group) // 2].short_name.removesuffix("村")
            community = _generated(
                _inner_code(street, number + 1),
                street,
                GridLevel.COMMUNITY,
                f"{middle}社区{DEMONSTRATION}",
            )
            communities.append(community)
            for village in group:
                village.parent = community.code
    return communities


def _inner_code(parent, number):
    """Return the generated code of a place's child: child in the first digit, grandchild in the
    second (see data/README.md)."""
    if parent.endswith("000"):
        return f"{parent[:12]}D{number}0"
    return f"{parent[:14]}{number}"


def _inner_parts(urban, villages):
    found = []
    for community in urban:
        if community.is_listed:
            found += _estates(community)
    for index, village in enumerate(villages):
        if village.short_name in WITH_SUBAREAS or not index % EVERY_NTH_VILLAGE_HAS_SUBAREAS:
            found += _subareas(village, random.Random(village.code).randint(2, 3), 80, 160)
    found += [
        _generated(
            "370705009014S10",
            JINXIU,
            GridLevel.VILLAGE,
            f"锦绣小学{DEMONSTRATION}",
            kind=GridKind.SPECIAL,
        ),
        _generated(
            "370705009014M11",
            "370705009014D11",
            GridLevel.SUBAREA,
            f"吉祥家园1号楼1单元{DEMONSTRATION}",
            short_name=f"1号楼1单元{DEMONSTRATION}",
            kind=GridKind.MICRO,
            households=24,
            population=63,
            is_listed=False,
        ),
    ]
    return found


def _estates(community):
    chance = random.Random(community.code)
    stem = community.short_name.removesuffix("社区")
    names = [f"{stem}{ending}{DEMONSTRATION}" for ending in ESTATE_NAMES]
    if community.code == JINXIU:
        names.insert(0, JIXIANG)
    # 友谊村 is the first child of its community.
    taken = 1 if community.code == YOUYI else 0
    for number, name in enumerate(names[: chance.randint(3, 6 - taken)], start=1 + taken):
        make = _from_press if name == JIXIANG else _generated
        estate = make(
            _inner_code(community.code, number),
            community.code,
            GridLevel.VILLAGE,
            name,
            form=GridForm.ESTATE,
        )
        yield estate
        yield from _subareas(estate, chance.randint(2, 4), 110, 240)


def _subareas(place, count, least, most):
    """Divide a village or estate; a generated one has as many households as its parts."""
    parts = []
    for number in range(1, count + 1):
        code = _inner_code(place.code, number)
        chance = random.Random(code)
        households = chance.randint(least, most)
        parts.append(
            _generated(
                code,
                place.code,
                GridLevel.SUBAREA,
                f"{place.short_name}第{number}片区",
                short_name=f"第{number}片区",
                households=households,
                population=round(households * chance.uniform(2.4, 3.1)),
            )
        )
    if place.source == GENERATED:
        place.households = sum(part.households for part in parts)
        place.population = sum(part.population for part in parts)
    return parts


# How far, in degrees, a generated place may lie from the one that it is part of.
_SPREAD = {
    GridLevel.COMMUNITY: 0.03,
    GridLevel.VILLAGE: 0.012,
    GridLevel.SUBAREA: 0.003,
}


def _place_on_map(found):
    """Give generated places below the street a point near their parent, inside the outline."""
    outline = next(place.outline for place in found if place.outline)
    west, south, east, north = bbox(outline)
    anchors = {}
    for place in found:
        if place.level == GridLevel.DISTRICT:
            continue
        chance = random.Random(f"point {place.code}")
        inside = False
        while not inside:
            if place.level == GridLevel.STREET:
                x, y = chance.uniform(west, east), chance.uniform(south, north)
            else:
                spread = _SPREAD[place.level]
                x = anchors[place.parent][0] + chance.uniform(-spread, spread)
                y = anchors[place.parent][1] + chance.uniform(-spread, spread)
            inside = contains(outline, y, x)
        anchors[place.code] = (x, y)
        if place.source == GENERATED and place.level != GridLevel.STREET:
            place.longitude, place.latitude = round(x, 6), round(y, 6)
