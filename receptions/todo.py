"""One line of today's list from this app: what is to be done, by when, and where."""

from dataclasses import dataclass
from datetime import datetime

# The kind of a call that this person has to answer or to follow: nothing on the list is earlier.
CALLED = "summons"


@dataclass(frozen=True)
class ToDo:
    """Something that waits for one person; `address` leads to the page where it is done.

    `kind` names the sort, CALLED or any other, `title` the matter in one line, `place` where,
    `action` the label of the main step, `note` a half sentence that says why now.
    Where nothing is to be typed, `post_to` is the address whose POST (with back=today) does it.
    """

    kind: str
    title: str
    place: str
    address: str
    action: str
    note: str = ""
    due_at: datetime | None = None
    is_late: bool = False
    is_urgent: bool = False
    post_to: str = ""
