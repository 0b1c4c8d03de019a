"""Which category a matter may have, from its words: at most three, for the person to choose from.

A lexicon (the keywords of the categories and the parts of their names); nothing is decided here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from tickets import catalogue
from tickets.catalogue import CategoryFacts

MOST = 3
TITLE_WEIGHT = 3
# Longer text is not read: the measured letters end below it.
LONGEST = 7_000
# Below this share of the best score a category is noise, not a choice.
WORTH_SHOWING = 0.2
_PARTS = re.compile(r"[、，,与和（）()]")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category that may fit, and the words it was recognised by."""

    category: CategoryFacts
    score: int
    words: tuple[str, ...]


def suggest(description, title="", limit=MOST):
    """Return up to `limit` Suggestions, the best first; [] when no word is known.

    A word counts by the square of its length, so that a longer one beats the shorter one inside
    it; a word of the title counts three times. Every word is looked for once, so the time grows
    with the text and not faster.
    """
    body, head = description[:LONGEST].lower(), title[:LONGEST].lower()
    found = []
    for category in catalogue.leaves():
        words = [word for word in _words(category) if word in body or word in head]
        score = sum(_weight(word, body, head) for word in words)
        if score:
            found.append(Suggestion(category, score, tuple(words)))
    found.sort(key=lambda each: (-each.score, each.category.code))
    return [each for each in found[:limit] if each.score >= found[0].score * WORTH_SHOWING]


def _weight(word, body, head):
    return len(word) ** 2 * ((word in body) + TITLE_WEIGHT * (word in head))


@lru_cache(maxsize=512)
def _words(category):
    parts = [part.strip().lower() for part in _PARTS.split(category.name)]
    names = [part for part in parts if len(part) > 1]
    return tuple(dict.fromkeys([*(word.lower() for word in category.keywords if word), *names]))


# Words and categories of which people speak when they report somebody's wrongdoing (举报).
_ACCUSING = (
    "举报", "违法", "违规", "非法", "无证", "偷排", "偷工减料", "黑作坊", "贪污", "受贿",
    "吃拿卡要", "乱收费", "态度差", "推诿", "赌博", "造假", "私分", "侵占",
)  # fmt: skip
_ACCUSED_MATTERS = frozenset({"0502", "0605", "0702", "1005", "1101", "1103", "1203"})


def may_be_tip_off(text, suggestions=()):
    """Whether the words or the first category make it worth asking if this is a tip-off."""
    text = text[:LONGEST]
    first = suggestions[0].category.code if suggestions else ""
    return first in _ACCUSED_MATTERS or any(word in text for word in _ACCUSING)
