"""Sealing of personal fields at rest, their searchable fingerprints, the digest of a tracking code.

One interface, so that a district that must use SM4 and SM3 replaces this file and nothing else. A
sealed value reads `<key id>.<base64url of nonce and ciphertext>`; the key id makes rotation
possible: put a new key into FIELD_KEYS, name it in FIELD_KEY_CURRENT, re-seal with `reseal`, then
take the old key out.

Settings: FIELD_KEYS (dict: key id -> 32 bytes), FIELD_KEY_CURRENT (a key id), INDEX_KEY (text of at
least 32 characters, never one of the field keys).
"""

import base64
import binascii
import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12
KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


class SealError(Exception):
    """A sealed value cannot be opened; never shown to a user, the message holds no plain text."""


class UnknownKey(SealError):
    """The value names a key that FIELD_KEYS does not hold (taken out too early, or foreign)."""


class BrokenSeal(SealError):
    """The value was changed, cut, or moved from another row or field."""


def seal(text: str, *, bound_to: str) -> str:
    """Encrypt `text` so that it opens only with the same `bound_to`, e.g. "reporter:17:phone".

    An empty text stays empty: a missing value is no secret and must stay visible as missing.
    """
    if text == "":
        return ""
    key_id = settings.FIELD_KEY_CURRENT
    nonce = os.urandom(NONCE_BYTES)
    box = AESGCM(_field_key(key_id)).encrypt(nonce, text.encode(), _bound(key_id, bound_to))
    return f"{key_id}.{base64.urlsafe_b64encode(nonce + box).decode().rstrip('=')}"


def unseal(token: str, *, bound_to: str) -> str:
    """Return the text of a sealed value. Raises UnknownKey or BrokenSeal."""
    if token == "":
        return ""
    key_id, _, body = token.partition(".")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrokenSeal("not a sealed value") from error
    if len(raw) < NONCE_BYTES + 16:
        raise BrokenSeal("a sealed value is cut short")
    key = _field_key(key_id)
    try:
        plain = AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(key_id, bound_to))
    except InvalidTag as error:
        raise BrokenSeal("a sealed value was changed or belongs elsewhere") from error
    return plain.decode()


def is_current(token: str) -> bool:
    """Whether the value is sealed with today's key (an empty one needs no key)."""
    return token == "" or token.partition(".")[0] == settings.FIELD_KEY_CURRENT


def reseal(token: str, *, bound_to: str) -> str:
    """Seal again with today's key; a value that already is comes back unchanged."""
    return token if is_current(token) else seal(unseal(token, bound_to=bound_to), bound_to=bound_to)


def blind_index(text: str, *, purpose: str) -> str:
    """Fingerprint `text` (64 hex digits) for exact search; `purpose` keeps indexes apart."""
    return hmac.new(_index_key(), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def tracking_digest(code: str) -> str:
    """Digest of a resident's tracking code, whatever case, spaces and dashes were typed.

    A keyed HMAC in place of a password hash is the stated deviation of the security notes: the code
    holds about 50 random bits, the key is outside the database and the tries are limited.
    """
    return blind_index(re.sub(r"[\s-]+", "", code).upper(), purpose="tracking-code")


def digests_equal(left: str, right: str) -> bool:
    """Compare two digests in a time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


def _bound(key_id, bound_to):
    return f"{key_id}\0{bound_to}".encode()


def _field_key(key_id):
    if not KEY_ID.fullmatch(key_id):
        raise BrokenSeal("not a sealed value")
    try:
        key = settings.FIELD_KEYS[key_id]
    except KeyError as error:
        raise UnknownKey(f"no field key named {key_id}") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"FIELD_KEYS[{key_id!r}] must hold {KEY_BYTES} bytes")
    return key


def _index_key():
    key = settings.INDEX_KEY.encode()
    if len(key) < KEY_BYTES:
        raise ImproperlyConfigured("INDEX_KEY must hold at least 32 characters")
    return key
