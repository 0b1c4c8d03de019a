"""Ways to send a text message, named by settings.SMS_BACKEND as a dotted path.

A provider's class has one method, `send(phone, text, *, key="")`, and no arguments to make it.
`phone` is canonical (+86…, or a landline's digits), `text` one line without control characters,
`key` names the message: it comes again unchanged after a retry, so hand it on where the provider
can drop repeats. Return when the provider has taken the message, raise any exception when it has
not.
"""

import json
import os
import sys
import unicodedata

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

MAX_CHARACTERS = 500


class ConsoleBackend:
    """Writes messages to standard output; for development."""

    def send(self, phone, text, *, key=""):
        sys.stdout.write(f"SMS {phone}: {text}\n")
        sys.stdout.flush()


class FileBackend:
    """Appends messages to settings.SMS_FILE, one JSON line each; for the embedded shape."""

    def send(self, phone, text, *, key=""):
        row = {"at": timezone.now().isoformat(), "phone": phone, "text": text, "key": key}
        line = json.dumps(row, ensure_ascii=False) + "\n"
        # One write to a descriptor opened for appending keeps lines of several processes whole.
        file = os.open(settings.SMS_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)


def send(phone, text, *, key=""):
    """Send one message now through the configured backend; raises what the backend raises."""
    import_string(settings.SMS_BACKEND)().send(phone, one_line(text), key=key)


def one_line(text):
    """Take out line breaks and control characters, which would forge headers, and cut to 500."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= MAX_CHARACTERS else kept[: MAX_CHARACTERS - 1] + "…"
