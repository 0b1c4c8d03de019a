"""The guard of photos: what may come in, and a clean copy made of pixels only.

Taken are JPEG, PNG and WebP, at most 10 MB and 40 megapixels each, at most nine at once (security
notes, uploads). Kept is a new JPEG of at most 2,048 pixels and a thumbnail of at most 480, upright,
without place, time, comment or anything that followed the picture. Decoding happens in a child
process with limits of memory and time (common/reencode.py).
"""

import hashlib
import json
import logging
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.errors import RuleViolation

logger = logging.getLogger(__name__)

MAX_BYTES = 10 * 1024 * 1024
MAX_PHOTOS = 9
CHILD_SECONDS = 25
EXTENSIONS = {"jpg", "jpeg", "jpe", "jfif", "png", "webp"}
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
CONTENT_TYPE = "image/jpeg"

_CHILD = Path(__file__).with_name("reencode.py")


@dataclass(frozen=True)
class CleanPhoto:
    """A re-encoded photo; `sha256` is of the clean bytes, `name` is a random file name."""

    bytes: bytes
    thumb: bytes
    width: int
    height: int
    sha256: str
    name: str
    content_type: str = CONTENT_TYPE


def check_count(files, *, already=0):
    """Refuse more than nine photos on one matter; `already` of them are there."""
    if len(files) + already > MAX_PHOTOS:
        raise RuleViolation(
            ngettext(
                "At most %(limit)d photo, please.", "At most %(limit)d photos, please.", MAX_PHOTOS
            )
            % {"limit": MAX_PHOTOS},
            code="too_many",
        )


def clean_photo(file) -> CleanPhoto:
    """Return the clean copy of an uploaded file (`.name`, `.size`, `.read`).

    Raises RuleViolation in plain words, code: empty, too_big, wrong_type, heic, too_many_pixels,
    incomplete, busy.
    """
    _check_outside(file)
    file.seek(0)
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _refusal("too_big")
    if not data:
        raise _refusal("empty")
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        raise _refusal("heic")
    if not _looks_like_photo(data):
        raise _refusal("wrong_type")
    return _from_child(data)


def _check_outside(file):
    if file.size == 0:
        raise _refusal("empty")
    if file.size > MAX_BYTES:
        raise _refusal("too_big")
    extension = Path(file.name or "").suffix.lower().lstrip(".")
    if extension in ("heic", "heif"):
        raise _refusal("heic")
    # Some phones send no extension at all; then the content alone decides.
    if extension and extension not in EXTENSIONS:
        raise _refusal("wrong_type")


def _looks_like_photo(data):
    return data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    )


def _from_child(data):
    command = [sys.executable, "-I", str(_CHILD)]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=CHILD_SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise _refusal("busy") from error
    line, _newline, body = done.stdout.partition(b"\n")
    if done.returncode or not line:
        # Killed by a limit or by the decoder itself: the photo is at fault until proven otherwise.
        logger.warning("photo child ended with %s: %s", done.returncode, done.stderr[-500:])
        raise _refusal("incomplete")
    head = json.loads(line)
    if "error" in head:
        raise _refusal(head["error"])
    photo, thumb = body[: head["sizes"][0]], body[head["sizes"][0] :]
    return CleanPhoto(
        bytes=photo,
        thumb=thumb,
        width=head["width"],
        height=head["height"],
        sha256=hashlib.sha256(photo).hexdigest(),
        name=f"{secrets.token_hex(16)}.jpg",
    )


def _refusal(code):
    words = {
        "empty": _("This photo is empty. Please choose it again."),
        "too_big": _("This photo is larger than 10 MB. Please choose a smaller one."),
        "wrong_type": _("This is not a photo we can take. Please send JPEG, PNG or WebP."),
        "heic": _(
            "This is a HEIC photo, which we cannot read. Please take it as JPEG "
            "(camera settings: most compatible) or send a screenshot of it."
        ),
        "too_many_pixels": _("This picture has too many pixels. Please send a smaller one."),
        "incomplete": _("This photo arrived damaged or incomplete. Please choose it again."),
        "busy": _("This photo took too long to read. Please try again or send a smaller one."),
    }
    return RuleViolation(words[code], code=code, field="photos")
