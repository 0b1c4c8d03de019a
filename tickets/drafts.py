"""What a visitor has said so far: kept sealed in the session until it is filed, for seven days.

Nothing personal is kept in the browser itself. Photos of a draft wait, clean already, in a folder
of their own under the media folder.
"""

import json
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings

from common import crypto
from common.uploads import CleanPhoto

SLOT = "report"
RECEIPTS = "receipts"
TRACKED = "tracked"
LIFE_S = 7 * 24 * 3600
FOLDER = "drafts"
# Typed text that was refused comes back to the page; nobody types more than this by hand.
KEPT_CHARACTERS = 50_000
RECEIPTS_KEPT = 20


@dataclass
class Draft:
    """One matter being written; `key` names it, so that it is filed once however often it is sent.

    `photos` are dicts of name, width, height, sha256. `tried` holds, by step, what was typed and
    refused, so that the page can show it again after a redirect.
    """

    key: str = ""
    saved_at: int = 0
    description: str = ""
    title: str = ""
    grid_id: int | None = None
    via: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    photos: list = field(default_factory=list)
    saw_similar: bool = False
    contact: dict | None = None
    category: str = ""
    kind: str = ""
    accused: int | None = None
    tried: dict = field(default_factory=dict)

    @classmethod
    def of(cls, session, at=None):
        """Return the session's draft; a new one when there is none or it is a week old."""
        kept = session.get(SLOT)
        if kept:
            draft = cls(**json.loads(crypto.unseal(kept, bound_to=f"session:{SLOT}")))
            if (at or time.time()) - draft.saved_at < LIFE_S:
                return draft
            draft.clear(session)
        return cls(key=secrets.token_urlsafe(16))

    @property
    def is_new(self):
        return not self.saved_at

    @property
    def folder(self):
        return Path(settings.MEDIA_ROOT) / FOLDER / self.key

    def save(self, session, at=None):
        """Keep the draft; the session of a visitor without account then lives as long as it."""
        self.saved_at = int(at or time.time())
        session[SLOT] = crypto.seal(json.dumps(asdict(self)), bound_to=f"session:{SLOT}")
        if "_auth_user_id" not in session:
            session.set_expiry(LIFE_S)

    def clear(self, session):
        """Forget the draft and its photos."""
        session.pop(SLOT, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def version(self):
        """Fingerprint what will be filed; another tab that changed it is noticed by this."""
        said = asdict(self) | {"saved_at": 0, "tried": {}, "category": "", "kind": "", "accused": 0}
        return crypto.blind_index(json.dumps(said, sort_keys=True), purpose="draft")[:20]

    # --- what was refused

    def refuse(self, step, data):
        """Remember what was typed at a step, so that the page shows it with its errors."""
        self.tried[step] = {
            name: value[:KEPT_CHARACTERS] if isinstance(value, str) else value
            for name, value in data.items()
            if name not in ("csrfmiddlewaretoken", "pow_nonce")
        }

    def accept(self, step):
        self.tried.pop(step, None)

    # --- photos

    def add_photo(self, photo: CleanPhoto):
        """Keep a clean photo with the draft; the same picture twice is one."""
        if any(each["sha256"] == photo.sha256 for each in self.photos):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / photo.name).write_bytes(photo.bytes)
        (self.folder / f"small-{photo.name}").write_bytes(photo.thumb)
        self.photos.append(
            {
                "name": photo.name,
                "width": photo.width,
                "height": photo.height,
                "sha256": photo.sha256,
            }
        )

    def drop_photo(self, number):
        """Take the photo with this number (from 0) out of the draft, if it is there."""
        if 0 <= number < len(self.photos):
            name = self.photos.pop(number)["name"]
            for path in (self.folder / name, self.folder / f"small-{name}"):
                path.unlink(missing_ok=True)

    def clean_photos(self):
        """Return the draft's photos as CleanPhoto; one whose file is gone is left out."""
        found = []
        for each in self.photos:
            photo, thumb = self.folder / each["name"], self.folder / f"small-{each['name']}"
            if photo.exists() and thumb.exists():
                found.append(CleanPhoto(photo.read_bytes(), thumb.read_bytes(), **_facts(each)))
        return found


def _facts(photo):
    return {name: photo[name] for name in ("width", "height", "sha256", "name")}


def purge(at=None):
    """Delete the photos of drafts that nobody has touched for seven days; return how many."""
    root, gone = Path(settings.MEDIA_ROOT) / FOLDER, 0
    for folder in root.iterdir() if root.exists() else []:
        if (at or time.time()) - folder.stat().st_mtime > LIFE_S:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


# --- Receipts ------------------------------------------------------------------------------


def keep_receipt(session, key, receipt):
    """Keep a filing's receipt (reference, code, reason) for this browser's session."""
    kept = session.get(RECEIPTS, {})
    kept[receipt["reference"]] = {
        "draft": key,
        "code": crypto.seal(receipt["code"], bound_to=f"receipt:{receipt['reference']}"),
    }
    session[RECEIPTS] = dict(list(kept.items())[-RECEIPTS_KEPT:])
    remember_code(session, receipt["reference"], crypto.tracking_digest(receipt["code"]))


def filed_reference(session, key):
    """Return the reference under which this draft was filed in this session, or None."""
    kept = session.get(RECEIPTS, {})
    return next((ref for ref, each in kept.items() if each["draft"] == key), None)


def last_filed(session):
    """Return the reference that this session filed last, or None."""
    return next(reversed(session.get(RECEIPTS, {})), None)


def remember_code(session, reference, digest):
    """Let this session open a matter whose code was given, by the code's digest."""
    known = session.get(TRACKED, {}) | {reference: digest}
    session[TRACKED] = dict(list(known.items())[-RECEIPTS_KEPT:])


def remembered_digest(session, reference):
    """Return the digest of the code that this session gave for a matter, "" for none."""
    return session.get(TRACKED, {}).get(reference, "")


def forget_code(session, reference):
    """Let this session open the matter no more without its code."""
    session[TRACKED] = {
        key: digest for key, digest in session.get(TRACKED, {}).items() if key != reference
    }
    receipts = session.get(RECEIPTS, {})
    session[RECEIPTS] = {key: kept for key, kept in receipts.items() if key != reference}


def receipt_code(session, reference):
    """Return the tracking code that this session was given, "" for any other matter."""
    kept = session.get(RECEIPTS, {}).get(reference)
    return crypto.unseal(kept["code"], bound_to=f"receipt:{reference}") if kept else ""
