"""Open matters near by that look like the one being written, so that people join instead of file.

Strangers read only category, village or estate, day and number of people; words and photo appear
when a person has released them (architecture §4).
"""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from django.utils import timezone

from grids import directory
from grids.choices import GridLevel
from tickets.catalogue import CategoryFacts, categories
from tickets.models import LEVEL_COLUMNS, Attachment, Ticket

MOST = 3
CANDIDATES = 200
# Pairs of letters are compared; the first thousand characters say what it is about.
READ = 1_000
ENOUGH = 0.30
SAME_CATEGORY = 0.20
_SKIPPED = frozenset(" \n\t，。、；：！？,.;:!?“”‘’（）()")


@dataclass(frozen=True, slots=True)
class Similar:
    """What a stranger may know of an open matter."""

    reference: str
    category: CategoryFacts
    place: str
    submitted_at: datetime
    due_at: datetime | None
    people: int
    words: str
    photo_id: int | None
    score: float

    @property
    def day(self):
        return timezone.localdate(self.submitted_at)


def find(*, description, grid_id, title="", category_id=None, limit=MOST):
    """Return up to three Similar of the same village or estate, else of the same community.

    Nothing is found for a place above a community: that far away it is another matter. At most two
    queries, over the newest 200 open matters that are not confidential.
    """
    column, place_id = _near(grid_id)
    if place_id is None:
        return []
    wanted = pairs(f"{title} {description}")
    rows = (
        Ticket.objects.open()
        .filter(is_confidential=False, **{column: place_id})
        .newest_first()
        .only(
            "reference", "title", "description", "category_id", "village_id", "community_id",
            "submitted_at", "due_at", "supporter_count", "public_text",
        )[:CANDIDATES]
    )  # fmt: skip
    scored = [(_score(wanted, row, category_id), row) for row in rows]
    best = sorted((pair for pair in scored if pair[0] >= ENOUGH), key=lambda pair: -pair[0])[:limit]
    photos = _released_photos([row.pk for _score_, row in best])
    return [_shown(row, score, photos) for score, row in best]


def pairs(text):
    """Return the set of neighbouring letters of a text, signs and blanks left out."""
    letters = [letter for letter in text[:READ].lower() if letter not in _SKIPPED]
    return {a + b for a, b in zip(letters, letters[1:], strict=False)}


def likeness(left, right):
    """Return the cosine of two sets of pairs: 0 for nothing in common, 1 for the same."""
    if not left or not right:
        return 0.0
    return len(left & right) / sqrt(len(left) * len(right))


def _near(grid_id):
    levels = directory.level_ids(grid_id)
    for level in (GridLevel.VILLAGE, GridLevel.COMMUNITY):
        if level in levels:
            return LEVEL_COLUMNS[level], levels[level]
    return "", None


def _score(wanted, row, category_id):
    bonus = SAME_CATEGORY if row.category_id == category_id else 0
    score = likeness(wanted, pairs(f"{row.title} {row.description}"))
    return score + bonus if score else 0


def _released_photos(ticket_ids):
    if not ticket_ids:
        return {}
    rows = Attachment.objects.filter(ticket__in=ticket_ids, is_released=True).order_by("-pk")
    return dict(rows.values_list("ticket_id", "pk"))


def _shown(row, score, photos):
    return Similar(
        reference=row.reference,
        category=categories[row.category_id],
        place=directory.name(row.village_id or row.community_id),
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        people=1 + row.supporter_count,
        words=row.public_text,
        photo_id=photos.get(row.pk),
        score=score,
    )
