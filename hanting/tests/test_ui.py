"""What the page frame shows: times in Shanghai, badges, fields, reading choices, error pages."""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.utils import timezone, translation

from hanting.templatetags import ui
from tickets.choices import Status

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Shanghai


@pytest.fixture
def noon(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def draw(text, **context):
    return Template("{% load ui %}" + text).render(Context(context)).strip()


# --- Time ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 23, 8, 12, tzinfo=UTC), "today at 16:12"),
        # Before midnight in London it is already tomorrow in Shanghai.
        (datetime(2026, 11, 23, 17, 30, tzinfo=UTC), "tomorrow at 01:30"),
        (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), "yesterday at 00:00"),
        (datetime(2026, 11, 27, 8, 12, tzinfo=UTC), "27 Nov 16:12"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "1 Jan 00:00"),
        (datetime(2027, 1, 4, 1, 0, tzinfo=UTC), "4 Jan 2027 09:00"),
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 27), "27 Nov"),
        (None, ""),
    ],
)
def test_when_speaks_of_shanghai(noon, english, moment, said):
    with timezone.override("America/New_York"):
        assert ui.when(moment) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 27, 8, 12, tzinfo=UTC), "27 Nov (Fri), 16:12"),
        (datetime(2026, 11, 23, 8, 12, tzinfo=UTC), "today (Mon), 16:12"),
        (date(2026, 11, 29), "29 Nov (Sun)"),
        (None, ""),
    ],
)
def test_promised_date_names_the_weekday(noon, english, moment, said):
    with timezone.override("America/New_York"):
        assert ui.promised_date(moment) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (14 * 60, "14 minutes"),
        (3600, "1 hour"),
        (3 * 3600 + 20 * 60, "3 hours 20 minutes"),
        (-(3 * 3600 + 20 * 60), "3 hours 20 minutes"),
        (86_400 + 60, "1 day"),
        (2 * 86_400 + 3 * 3600 + 59 * 60, "2 days 3 hours"),
        (timedelta(hours=5), "5 hours"),
        (None, ""),
        ("", ""),
    ],
)
def test_duration_names_the_two_largest_units(english, length, said):
    assert ui.duration(length) == said


def test_times_in_chinese(noon):
    assert ui.when(datetime(2026, 11, 23, 8, 12, tzinfo=UTC)) == "今天 16:12"
    assert ui.when(datetime(2026, 11, 27, 8, 12, tzinfo=UTC)) == "11月27日 16:12"
    assert ui.promised_date(datetime(2026, 11, 27, 8, 12, tzinfo=UTC)) == "11月27日（周五）16:12"
    assert ui.duration(2 * 86_400 + 3 * 3600) == "2 天 3 小时"


# --- Badges, signs, numbers ----------------------------------------------------------------


def ticket(status, *, late=False, due=False):
    return SimpleNamespace(
        status=status, is_late=lambda at=None: late, is_due_soon=lambda at=None: due
    )


@pytest.mark.parametrize("status", Status.values)
def test_badge_shows_word_and_status(status):
    drawn = draw("{% status_badge ticket %}", ticket=ticket(status))
    assert drawn == f'<span class="badge" data-status="{status}">{Status(status).label}</span>'


def test_badge_adds_lateness(english):
    badges = ui.status_badge(ticket("in_progress", late=True, due=True))["badges"]
    assert badges == [("in_progress", "Being handled"), ("late", "Late")]
    badges = ui.status_badge(ticket("in_progress", due=True))["badges"]
    assert badges == [("in_progress", "Being handled"), ("due", "Due soon")]


def test_badge_of_a_bare_word(english):
    assert ui.status_badge("late")["badges"] == [("late", "Late")]
    assert ui.status_badge("closed")["badges"] == [("closed", "Closed")]
    with pytest.raises(ValueError, match="unknown"):
        ui.status_badge("unknown")


def test_every_status_has_a_sign_of_its_own():
    css = read("css/components.css")
    drawn = set(re.findall(r'\.badge\[data-status="(\w+)"\]', css))
    assert drawn == {*Status.values, "late", "due"}


def test_icon_is_silent_or_named():
    assert draw('{% icon "phone" %}') == (
        '<svg class="icon" aria-hidden="true" focusable="false">'
        '<use href="/static/img/icons.svg#phone"/></svg>'
    )
    drawn = draw('{% icon "phone" label %}', label='a<"b')
    assert 'role="img" aria-label="a&lt;&quot;b"' in drawn


def test_every_icon_used_is_in_the_sprite():
    there = set(re.findall(r'<symbol id="([\w-]+)"', read("img/icons.svg")))
    used = set()
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text("utf-8")))
    assert len(used) >= 8
    assert used - there == set()


def test_digits_are_grouped_and_read_one_by_one():
    assert draw("{% digits number %}", number="6217440385") == (
        '<span class="digits" role="img" aria-label="6 2 1 7 4 4 0 3 8 5">6217 4403 85</span>'
    )


def test_page_query_keeps_the_filters(rf):
    request = rf.get("/tickets/?status=closed&page=3&q=路灯")
    assert draw("{% page_query 4 %}", request=request) == (
        "?status=closed&amp;page=4&amp;q=%E8%B7%AF%E7%81%AF"
    )


# --- Forms ---------------------------------------------------------------------------------


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As in the pass")
    colour = forms.ChoiceField(
        label="Colour", choices=[("r", "Red"), ("b", "Blue")], widget=forms.RadioSelect
    )
    agree = forms.BooleanField(label="Agree", required=False)

    def clean(self):
        raise forms.ValidationError("Together wrong")


def test_field_ties_label_help_and_error_together():
    drawn = draw("{% field form.name %}", form=Sample({}))
    assert 'for="id_name"' in drawn
    assert 'aria-describedby="id_name_error id_name_help"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert '<p class="field__help" id="id_name_help">As in the pass</p>' in drawn
    assert 'class="field__error" id="id_name_error"' in drawn


def test_field_without_fault_is_described_by_its_help_alone():
    drawn = draw("{% field form.name %}", form=Sample())
    assert 'aria-describedby="id_name_help"' in drawn
    assert "aria-invalid" not in drawn
    assert "field__error" not in drawn


def test_field_of_choices_is_a_group_with_a_legend():
    drawn = draw("{% field form.colour %}", form=Sample())
    assert drawn.startswith('<fieldset class="field" id="id_colour">')
    assert re.findall(r'<label class="choice" for="(\w+)">', drawn) == [
        "id_colour_0",
        "id_colour_1",
    ]


def test_tick_stands_before_its_label():
    drawn = draw("{% field form.agree %}", form=Sample())
    assert drawn.index('type="checkbox"') < drawn.index("Agree")
    assert "field__optional" not in drawn


def test_error_summary_names_each_fault_and_its_field():
    faults = ui.error_summary(Sample({}))["faults"]
    assert [target for target, message in faults] == ["", "id_name", "id_colour_0"]
    assert faults[0] == ("", "Together wrong")
    drawn = draw("{% error_summary form %}", form=Sample({}))
    assert 'role="alert"' in drawn
    assert 'href="#id_colour_0"' in drawn


def test_error_summary_is_silent_before_anything_was_sent():
    assert draw("{% error_summary form %}", form=Sample()) == ""
    assert draw("{% error_summary form %}", form=None) == ""


def test_faulty_form_is_known_to_the_title():
    assert ui.is_faulty(Sample({})) is True
    assert ui.is_faulty(Sample()) is False
    assert ui.is_faulty("") is False


# --- Vendored files ------------------------------------------------------------------------


def read(name):
    with open(finders.find(name), encoding="utf-8") as handle:
        return handle.read()


def test_vendored_files_are_the_ones_written_down():
    table = read("vendor/VENDOR.md")
    rows = re.findall(r"^\| `([\w./-]+)` .*`([0-9a-f]{64})` \|$", table, re.MULTILINE)
    assert [name for name, digest in rows] == [
        "bootstrap/bootstrap-reboot.min.css",
        "htmx/htmx.min.js",
    ]
    for name, digest in rows:
        content = (settings.BASE_DIR / "static/vendor" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert b"sourceMappingURL" not in content
