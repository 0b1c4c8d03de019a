"""How pages show statuses, times, fields and numbers; presentation only, no decisions."""

import datetime
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from tickets.choices import Status

register = template.Library()

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Django's own short names read "星期五" in Chinese; a date in a sentence wants "周五".
WEEKDAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)
MINUTE, HOUR, DAY = 60, 3600, 86_400


# --- Status --------------------------------------------------------------------------------


@register.inclusion_tag("components/badge.html")
def status_badge(ticket, at=None):
    """Show where a ticket stands, and beside it whether it is late or nearly so.

    Takes a ticket, or the bare value of a status, or "late" and "due" for a badge of that alone.
    """
    if isinstance(ticket, str):
        return {"badges": [(str(ticket), word_of(ticket))]}
    badges = [(ticket.status, word_of(ticket.status))]
    at = at or timezone.now()
    if ticket.is_late(at):
        badges.append(("late", word_of("late")))
    elif ticket.is_due_soon(at):
        badges.append(("due", word_of("due")))
    return {"badges": badges}


def word_of(status):
    """Return the word for a status or for "late" and "due"."""
    if status == "late":
        return pgettext("badge", "Late")
    if status == "due":
        return pgettext("badge", "Due soon")
    return Status(status).label


@register.simple_tag
def icon(name, label=""):
    """Draw a sign of the sprite; without a label it is decoration and readers skip it."""
    address = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"/></svg>', address
    )


# --- Time ----------------------------------------------------------------------------------


@register.filter
def when(moment):
    """Say a moment or a day as a person would, always in Shanghai: 今天 16:12, 11月27日 16:12."""
    if not moment:
        return ""
    day, clock = day_and_clock(moment)
    near = near_day(day)
    if near and clock:
        return _("%(day)s at %(time)s") % {"day": near, "time": clock}
    if near:
        return near
    return joined(date_format(day, pattern_for(day)), clock)


@register.filter
def promised_date(moment):
    """Say a promise as a date with its weekday: 11月27日（周五）16:12; today by name."""
    if not moment:
        return ""
    day, clock = day_and_clock(moment)
    date = _("%(date)s (%(weekday)s)") % {
        "date": near_day(day) or date_format(day, pattern_for(day)),
        "weekday": WEEKDAYS[day.weekday()],
    }
    if not clock:
        return date
    return pgettext("promise", "%(date)s, %(time)s") % {"date": date, "time": clock}


def day_and_clock(moment):
    """Return the day in Shanghai and the time of day ("" for a plain date)."""
    if isinstance(moment, datetime.datetime):
        local = timezone.localtime(moment, SHANGHAI)
        return local.date(), local.strftime("%H:%M")
    return moment, ""


def near_day(day):
    """Return the word for yesterday, today and tomorrow, None for other days."""
    distance = (day - timezone.localdate(timezone=SHANGHAI)).days
    words = {
        -1: pgettext("day", "yesterday"),
        0: pgettext("day", "today"),
        1: pgettext("day", "tomorrow"),
    }
    return words.get(distance)


def pattern_for(day):
    """Return the date format; the year only where it is another one."""
    if day.year == timezone.localdate(timezone=SHANGHAI).year:
        return pgettext("date format", "j M")
    return pgettext("date format", "j M Y")


def joined(date, clock):
    return f"{date} {clock}" if clock else date


@register.filter
def duration(seconds):
    """Say a length of time in its two largest units; takes seconds or a timedelta, sign dropped."""
    if seconds is None or seconds == "":
        return ""
    if isinstance(seconds, datetime.timedelta):
        seconds = seconds.total_seconds()
    seconds = abs(int(seconds))
    if seconds < MINUTE:
        return _("less than a minute")
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    said_days = ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    said_hours = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    said_minutes = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if days:
        said = [said_days] + [said_hours] * bool(hours)
    else:
        said = [said_hours] * bool(hours) + [said_minutes] * bool(minutes)
    return " ".join(said)


@register.filter
def hours(seconds):
    """Say a length of office time, whose days are not 24 hours long: 28 小时 10 分."""
    if seconds is None or seconds == "":
        return ""
    count, minutes = int(seconds) // HOUR, int(seconds) % HOUR // MINUTE
    said = [ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}] * bool(count)
    if minutes:
        said.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    return " ".join(said) or _("less than a minute")


@register.filter
def full_day(day):
    """Say a day as the calendar on the wall does: 11月27日（周五）, never "today"."""
    return _("%(date)s (%(weekday)s)") % {
        "date": date_format(day, pattern_for(day)),
        "weekday": WEEKDAYS[day.weekday()],
    }


# --- Forms ---------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(bound, help=""):
    """Show a field of a form with its label, help and error, tied together for screen readers."""
    grouped = bound.field.widget.use_fieldset
    help_id = f"{bound.auto_id}_help" if bound.help_text or help else ""
    error_id = f"{bound.auto_id}_error" if bound.errors else ""
    given = {"aria-describedby": " ".join(filter(None, [error_id, help_id]))}
    if bound.errors:
        given["aria-invalid"] = "true"
    return {
        "bound": bound,
        "widget": bound.as_widget(attrs={} if grouped else given),
        "described_by": given["aria-describedby"],
        "grouped": grouped,
        "is_tick": getattr(bound.field.widget, "input_type", "") == "checkbox" and not grouped,
        "help": help or bound.help_text,
        "help_id": help_id,
        "error_id": error_id,
        "is_optional": not bound.field.required,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form):
    """Name every mistake at the top of a form, each with a link to its field."""
    if form is None or not getattr(form, "is_bound", False):
        return {"faults": []}
    faults = [("", message) for message in form.non_field_errors()]
    faults += [(first_control(bound), fault) for bound in form for fault in bound.errors]
    return {"faults": faults}


def first_control(bound):
    """Return the id to jump to: of a group, its first choice."""
    if bound.field.widget.use_fieldset and len(bound.subwidgets):
        return bound.subwidgets[0].id_for_label
    return bound.id_for_label or bound.auto_id


@register.filter
def is_faulty(form):
    """Whether a form came back with mistakes; the page title then begins with a word for it."""
    return bool(getattr(form, "is_bound", False) and form.errors)


# --- Numbers -------------------------------------------------------------------------------


@register.simple_tag
def digits(number):
    """Show a reference or code in groups of four, read out figure by figure."""
    text = "".join(str(number).split())
    groups = [text[i : i + 4] for i in range(0, len(text), 4)]
    return format_html(
        '<span class="digits" role="img" aria-label="{}">{}</span>',
        " ".join(text),
        " ".join(groups),
    )


@register.simple_tag(takes_context=True)
def page_query(context, number, name="page"):
    """Return the query of the current address with another page number, filters kept."""
    query = context["request"].GET.copy()
    query[name] = number
    return f"?{query.urlencode()}"
