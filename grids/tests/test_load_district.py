import pytest
from django.core.management import call_command

from grids import directory, district, workflow
from grids.choices import GridForm, GridKind, GridLevel
from grids.models import Grid, PosterToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(db):
    lines = []
    counts = workflow.load_district(report=lines.append)
    return counts, lines


def path_of(name, level=GridLevel.VILLAGE):
    return directory.path_names(Grid.objects.get(short_name=name, level=level).pk)


def test_load_district_brings_the_tables_and_labels_the_rest(loaded):
    of_tables = Grid.objects.filter(is_demonstration=False)
    assert of_tables.at_level(GridLevel.DISTRICT).count() == 2
    assert of_tables.at_level(GridLevel.STREET).count() == 8
    lower = of_tables.at_level(GridLevel.COMMUNITY, GridLevel.VILLAGE)
    assert lower.count() == lower.filter(division_scheme="nbs2023").count() == 433
    assert lower.at_level(GridLevel.COMMUNITY).count() == 27
    assert of_tables.count() == 443
    generated = Grid.objects.filter(division_code=None)
    assert generated.filter(is_demonstration=False).count() == 0
    assert generated.exclude(code__regex=r"^\d{12}[DSM]\d\d$").count() == 0
    assert Grid.objects.exclude(division_code=None).exclude(code__regex=r"^\d{12}000$").count() == 0


def test_load_district_gives_numbers_and_points_to_generated_places_only(loaded):
    of_tables = Grid.objects.exclude(division_code=None)
    assert of_tables.exclude(households=None).count() == 0
    assert list(of_tables.exclude(latitude=None).values_list("short_name", flat=True)) == ["寒亭区"]
    outline = Grid.objects.get(code=district.HOME).outline
    points = Grid.objects.exclude(latitude=None).values_list("latitude", "longitude")
    assert len(points) > 700
    assert all(district.contains(outline, *point) for point in points)


def test_load_district_stores_both_ministries_codes(loaded):
    assert Grid.objects.get(short_name="高里街道").other_codes == {"mca2025": "370703004"}
    north = Grid.objects.get(short_name="北城街道")
    assert (north.division_scheme, north.division_code) == ("mca2025", "370703008000")


def test_load_district_shortens_names_and_keeps_the_official_one(loaded):
    names = dict(Grid.objects.values_list("code", "short_name"))
    assert names["370703001005000"] == "文化街社区"
    assert names["370703001010000"] == "赵家埠社区"
    assert names["370703001200000"] == "吴官庄村"
    assert names["370703003273000"] == "西利渔村"
    assert Grid.objects.get(code="370703001005000").name == "文化街社区居民委会"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("吉祥家园", ["张氏街道", "锦绣社区", "吉祥家园"]),
        ("友谊村", ["张氏街道", "友谊社区", "友谊村"]),
        ("郭家楼村", ["北城街道", "西贾庄社区（示范）", "郭家楼村"]),
        ("西贾庄村", ["北城街道", "西贾庄社区（示范）", "西贾庄村"]),
        ("孙家村", ["双杨(现代农业)发展中心", "王固庄社区（示范）", "孙家村"]),
    ],
)
def test_load_district_places_the_villages_of_the_press(loaded, name, path):
    assert path_of(name) == path
    village = Grid.objects.get(short_name=name)
    assert 2 <= village.children.count() <= 4


def test_load_district_labels_the_candidates_as_demonstration(loaded):
    candidates = Grid.objects.filter(division_code__startswith="370705009")
    assert candidates.count() == candidates.filter(is_demonstration=True).count() == 6
    assert set(candidates.values_list("source", flat=True)) == {district.ZONE_SOURCE}


def test_load_district_says_which_places_only_the_press_names(loaded):
    named = Grid.objects.filter(source=district.PRESS_SOURCE)
    assert set(named.values_list("short_name", "is_demonstration", "households")) == {
        ("张氏街道", True, None),
        ("双杨(现代农业)发展中心", True, None),
        ("吉祥家园", True, None),
        ("友谊村", True, None),
    }


def test_load_district_puts_36_villages_below_the_development_centre(loaded):
    centre = Grid.objects.get(form=GridForm.DEVELOPMENT_CENTRE)
    villages = Grid.objects.within(centre).at_level(GridLevel.VILLAGE)
    assert villages.count() == 36
    assert {code[:9] for code in villages.values_list("division_code", flat=True)} == {"370703006"}


def test_load_district_groups_villages_into_labelled_communities(loaded):
    groups = Grid.objects.at_level(GridLevel.COMMUNITY).filter(source=district.GENERATED)
    sizes = {group.short_name: group.children.count() for group in groups}
    assert all(name.endswith("社区（示范）") for name in sizes)
    # 北城街道 has only the four villages that the press names.
    assert sizes.pop("西贾庄社区（示范）") == 4
    assert min(sizes.values()) >= 8
    assert max(sizes.values()) <= 15


def test_load_district_hides_the_like_committee_and_the_micro_grid(loaded):
    hidden = Grid.objects.filter(is_listed=False)
    assert set(hidden.values_list("division_code", "kind")) == {
        ("370703003400", GridKind.BASE),
        (None, GridKind.MICRO),
    }
    assert Grid.objects.get(kind=GridKind.SPECIAL).short_name == "锦绣小学（示范）"


def test_load_district_divides_every_urban_community(loaded):
    urban = Grid.objects.at_level(GridLevel.COMMUNITY).listed().exclude(division_code=None)
    estates = [community.children.filter(form=GridForm.ESTATE).count() for community in urban]
    assert len(estates) == 28
    assert min(estates) >= 2
    assert max(estates) <= 6


def test_load_district_paths_follow_the_parents(loaded):
    for grid in Grid.objects.exclude(parent=None).select_related("parent"):
        assert grid.path[:-4] == grid.parent.path


def test_load_district_gives_every_grid_history_and_a_poster(loaded):
    total = Grid.objects.count()
    assert PosterToken.objects.active().count() == total
    assert Grid.history.count() == total


def test_load_district_twice_changes_nothing(loaded):
    counts, lines = loaded
    total = Grid.objects.count()
    assert counts["added"] == total
    assert lines == ["0 unchanged", f"+{total} grids"]
    before = list(Grid.objects.values_list("pk", "path", "code"))
    again = []
    workflow.load_district(report=again.append)
    assert again == [f"{total} unchanged"]
    assert list(Grid.objects.values_list("pk", "path", "code")) == before


def test_load_district_keeps_what_staff_changed_and_repairs_facts(loaded, capsys):
    total = Grid.objects.count()
    renamed = Grid.objects.get(code="370703001001000")
    workflow.rename(renamed, name="蝶园新社区")
    Grid.objects.filter(code="370703006000000").update(other_codes={})
    Grid.objects.filter(code="370705009014M11").delete()
    call_command("load_district")
    assert capsys.readouterr().out.splitlines() == [
        f"{total - 3} unchanged",
        "+1 grids",
        "~1 grids corrected from the data files",
        "1 kept as renamed by staff",
    ]
    renamed.refresh_from_db()
    assert renamed.name == "蝶园新社区"
    assert Grid.objects.get(code="370703006000000").other_codes == {"mca2025": "370703004"}


def test_load_district_needs_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(150):
        workflow.load_district()
