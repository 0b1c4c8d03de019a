"""Suggested categories: known words, longer ones first, three at most, any text in little time."""

import time

import pytest

from tickets.suggest import MOST, may_be_tip_off, suggest
from tickets.tests.factories import make_category

pytestmark = pytest.mark.django_db


@pytest.fixture
def lexicon(cast):
    """Five categories that share some words."""
    return {
        "lamp": make_category(name="路灯不亮", keywords=["路灯", "不亮"]),
        "village_lamp": make_category(name="农村道路与路灯", keywords=["村里路灯", "修路"]),
        "power": make_category(cast.power, name="停电、供电不稳", keywords=["停电", "没电"]),
        "parking": make_category(name="停车难", keywords=["停车", "车位"]),
        "vending": make_category(name="占道经营", keywords=["占道", "摆摊"]),
    }


def names(found):
    return [each.category.name for each in found]


def test_a_known_word_suggests_its_category(lexicon):
    found = suggest("早上开始没电了")
    assert names(found) == ["停电、供电不稳"]
    assert found[0].words == ("没电",)


def test_parts_of_the_name_are_words_too(lexicon):
    assert names(suggest("我们这里供电不稳")) == ["停电、供电不稳"]


def test_the_longer_word_wins(lexicon):
    assert names(suggest("村里路灯坏了"))[0] == "农村道路与路灯"


def test_the_title_counts_more_than_the_text(lexicon):
    assert names(suggest("路口停车、占道都有", title="摆摊占道"))[0] == "占道经营"
    assert names(suggest("摆摊的占道", title="停车没车位"))[0] == "停车难"


def test_at_most_three_come_back(lexicon):
    found = suggest("停电，停车，占道，路灯，修路")
    assert len(found) == MOST
    assert [each.score for each in found] == sorted([each.score for each in found], reverse=True)


@pytest.mark.parametrize("text", ["", "您好", "😀", "\0", "hello"])
def test_unknown_words_suggest_nothing(lexicon, text):
    assert suggest(text) == []


def test_an_inactive_category_is_never_suggested(lexicon):
    make_category(name="旧类别", keywords=["电视"], is_active=False)
    assert suggest("电视坏了") == []


@pytest.mark.parametrize("letters", ["停", "停电", "小区路", "0", "a.", "路灯不亮村里"])
def test_long_hostile_text_takes_little_time(lexicon, letters):
    suggest("停电")
    begun = time.perf_counter()
    suggest(letters * 7000, title=letters * 7000)
    assert time.perf_counter() - begun < 0.25


def test_a_tip_off_is_recognised_by_words_and_by_category(lexicon):
    assert may_be_tip_off("我要举报他们")
    assert not may_be_tip_off("家里停电了")
    building = make_category(name="违法建设", keywords=["私搭"], code="0502")
    assert may_be_tip_off("邻居私搭棚子", suggest("邻居私搭棚子"))
    assert building.code == "0502"
