"""What a visitor has said so far while booking: kept sealed in the session until it is sent."""

import json
import secrets
from dataclasses import asdict, dataclass, field

from common import crypto

SLOT = "booking"


@dataclass
class BookingDraft:
    """One booking being written; `key` names it, so that it is made once however often it is sent.

    `ticket_id` is a matter whose code was given; `tried` holds what was typed and refused, by step.
    """

    session_id: int
    key: str = ""
    words: str = ""
    place: str = ""
    ticket_id: int | None = None
    people: dict | None = None
    tried: dict = field(default_factory=dict)

    @classmethod
    def of(cls, store, session_id):
        """Return the visitor's draft for this day; one for another day keeps only its words."""
        kept = store.get(SLOT)
        draft = cls(**json.loads(crypto.unseal(kept, bound_to=f"session:{SLOT}"))) if kept else None
        if draft is None:
            return cls(session_id, key=secrets.token_urlsafe(16))
        if draft.session_id != session_id:
            draft.session_id, draft.key, draft.place = session_id, secrets.token_urlsafe(16), ""
        return draft

    @property
    def has_matter(self):
        return bool(self.words or self.ticket_id)

    def save(self, store):
        store[SLOT] = crypto.seal(json.dumps(asdict(self)), bound_to=f"session:{SLOT}")

    def clear(self, store):
        store.pop(SLOT, None)

    def refuse(self, step, data):
        """Remember what was typed at a step, so that the page shows it with its errors."""
        self.tried[step] = {
            name: value[:20_000] for name, value in data.items() if name != "csrfmiddlewaretoken"
        }
