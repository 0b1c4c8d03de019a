"""Keys that the embedded shape makes for itself, once, and keeps under its var folder."""

import base64
import json
import os
import secrets as random_source

from django.core.exceptions import ImproperlyConfigured

# Without letters and digits that look alike on a screen.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Kept:
    """Keys by name; kept in a file where `path` is given, else for this process only.

    `used` tells whether any key came from here, which `check --deploy` refuses.
    """

    def __init__(self, path, *, may_create):
        self.path = path
        self.may_create = may_create
        self.used = False

    def get(self, name):
        """Return the key called `name`, making it where the shape allows that.

        Raises ImproperlyConfigured in production, where every key comes from the environment.
        """
        if not self.may_create and self.path:
            raise ImproperlyConfigured(f"{name} must be set in the environment.")
        self.used = True
        kept = self._read()
        if name not in kept:
            kept[name] = "1:" + new_key() if name == "FIELD_KEYS" else new_key()
            self._write(kept)
        return kept[name]

    def _read(self):
        if self.path is None:
            return self.__dict__.setdefault("memory", {})
        try:
            return json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}

    def _write(self, kept):
        if self.path is None:
            return
        draft = self.path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(kept, indent=1), "utf-8")
        draft.replace(self.path)


def demonstration_password(path):
    """Return the password of the demonstration people: HANTING_DEMO_PASSWORD, else the kept one.

    It is made once and stays in a file of its own, because it is no key of a real portal.
    """
    chosen = os.environ.get("HANTING_DEMO_PASSWORD")
    if chosen:
        return chosen
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        made = "-".join("".join(random_source.choice(LETTERS) for _ in range(4)) for _ in range(3))
        path.touch(mode=0o600)
        path.write_text(made + "\n", "utf-8")
        return made


def new_key():
    """Return 32 random bytes in base64."""
    return base64.b64encode(random_source.token_bytes(32)).decode()


def field_keys(value):
    """Return {key id: 32 bytes} from "id:base64,id:base64"; raise ImproperlyConfigured."""
    keys = {}
    for part in value.split(","):
        name, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not name or len(key) != 32:
            raise ImproperlyConfigured("FIELD_KEYS must be id:base64 of 32 bytes, comma-separated.")
        keys[name] = key
    return keys
