"""Days as an iCalendar feed (RFC 5545): the few lines that phones need, folded and escaped."""

from datetime import UTC

from common import crypto
from receptions.choices import SessionStatus

FOLD = 75


def feed(sessions, address_of):
    """Return a calendar of these days; `address_of` gives the page of one."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hanting Grid//Reception days//ZH"]
    lines += ["CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    for session in sessions:
        lines += _event(session, address_of(session))
    lines.append("END:VCALENDAR")
    return "".join(folded(line) + "\r\n" for line in lines)


def _event(session, address):
    title = f"{session.get_kind_display()} · {session.grid.short_name}"
    host = " ".join(part for part in (str(session.host), session.host_title) if part)
    changed = session.published_at or session.starts_at
    is_off = session.status == SessionStatus.CANCELLED
    return [
        "BEGIN:VEVENT",
        f"UID:session-{session.pk}@hanting-grid",
        f"DTSTAMP:{_moment(changed)}",
        f"DTSTART:{_moment(session.starts_at)}",
        f"DTEND:{_moment(session.ends_at)}",
        f"SUMMARY:{escaped(title)}",
        f"LOCATION:{escaped(session.place)}",
        f"DESCRIPTION:{escaped(host)}",
        f"URL:{address}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _moment(at):
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text):
    """Return a text value: backslash, semicolon, comma and line break have a meaning there."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def folded(line):
    """Break a line after at most 75 bytes, never inside a character; the rest is indented."""
    parts, part, room = [], b"", FOLD
    for sign in line:
        data = sign.encode()
        if len(part) + len(data) > room:
            parts.append(part)
            # The blank that opens a continued line counts too.
            part, room = b"", FOLD - 1
        part += data
    parts.append(part)
    return b"\r\n ".join(parts).decode()


# --- The secret address of a person's own calendar -------------------------------------------


def calendar_token(user):
    """Return the secret part of this person's address; a new password makes a new one."""
    digest = crypto.blind_index(f"{user.pk}:{user.password}", purpose="receptions.calendar")
    return f"{user.pk}-{digest[:32]}"


def user_id_of(token):
    """Return whose address this claims to be, 0 for one that is nobody's."""
    number = token.split("-", 1)[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 12 else 0
