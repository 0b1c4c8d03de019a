"""Every word of the portal stands in both languages."""

import gettext
import re

import pytest
from django.conf import settings

from hanting.tests import catalogue

PO = settings.BASE_DIR / "locale/zh_Hans/LC_MESSAGES/django.po"
# Words that Chinese readers write in Latin letters too.
LATIN = {
    "API", "CSV", "Excel", "GPS", "HEIC", "ID", "IP", "JPEG", "JPG", "KB", "MB", "OpenAPI", "PDF",
    "PNG", "QR", "WebP", "XLSX", "xlsx", "PostgreSQL", "Redis", "SQLite", "NBS", "MCA", "GeoJSON",
    "WGS", "App", "PIN", "TOTP", "URL", "WCAG", "HTML", "SMS", "English", "MP",
    # The standards of accessibility, and levels of conformance.
    "GB", "AA", "SVG", "JSON",
    # Keys that the hours of a calendar version are typed with.
    "from", "to", "weekly", "mon", "sun",
}  # fmt: skip


@pytest.fixture(scope="module")
def entries():
    return catalogue.read_po(PO.read_text("utf-8"))


@pytest.fixture(scope="module")
def used():
    return {
        **catalogue.used_in_python(settings.BASE_DIR),
        **catalogue.used_in_templates(settings.BASE_DIR),
    }


def test_every_message_of_the_sources_is_in_the_catalogue(entries, used):
    listed = {entry.key for entry in entries}
    assert {key: where for key, where in used.items() if key not in listed} == {}
    assert len(used) > 300


def test_every_message_is_translated_and_confirmed(entries):
    assert catalogue.untranslated(entries) == []


def test_compiled_catalogue_is_fresh(entries):
    assert catalogue.read_mo(PO.with_suffix(".mo")) == catalogue.compiled(entries)


def test_chinese_texts_hold_no_stray_latin_words(entries):
    found = {}
    for entry in entries:
        for text in entry.texts.values():
            words = catalogue.stray_words(text, LATIN) if entry.id else []
            if words:
                found[entry.id] = words
    assert found == {}


def test_english_ids_hold_no_chinese(entries):
    assert [e.id for e in entries if catalogue.CJK.search(e.id + (e.plural or ""))] == []


def test_placeholders_survive_translation(entries):
    pattern = re.compile(r"%\(\w+\)[sdif]|(?<!%)%[sd]")
    broken = []
    for entry in entries:
        wanted = set(pattern.findall(entry.id)) | set(pattern.findall(entry.plural or ""))
        given = set().union(*(pattern.findall(text) for text in entry.texts.values()))
        if entry.id and not given <= wanted or (entry.plural is None and given != wanted):
            broken.append(entry.id)
    assert [key for key in broken if key] == []


def test_templates_hold_no_chinese_of_their_own():
    assert list(catalogue.cjk_in_templates(settings.BASE_DIR)) == []


# --- The guards find what is planted -------------------------------------------------------

PLANTED = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

#, python-format
msgid "Good"
msgstr "好"

#, fuzzy
msgid "Maybe"
msgstr "也许"

msgid "Missing"
msgstr ""

msgctxt "place"
msgid "Long "
"id"
msgstr "长"
"名"

msgid "%(n)s day"
msgid_plural "%(n)s days"
msgstr[0] "%(n)s 天"
"""


def test_reader_reads_contexts_plurals_and_long_texts():
    entries = catalogue.read_po(PLANTED)
    assert [entry.key for entry in entries] == [
        "", "Good", "Maybe", "Missing", "place\x04Long id", "%(n)s day",
    ]  # fmt: skip
    assert catalogue.compiled(entries) == {
        "Good": "好",
        "place\x04Long id": "长名",
        ("%(n)s day", 0): "%(n)s 天",
    }


def test_fuzzy_and_missing_are_found():
    assert catalogue.untranslated(catalogue.read_po(PLANTED)) == ["Maybe", "Missing"]


def test_stale_compiled_catalogue_is_found(tmp_path, entries):
    mo = tmp_path / "django.mo"
    mo.write_bytes(PO.with_suffix(".mo").read_bytes())
    changed = catalogue.read_po(PO.read_text("utf-8"))
    changed[1].texts[0] += "。"
    assert catalogue.read_mo(mo) != catalogue.compiled(changed)
    with mo.open("rb") as handle:
        assert gettext.GNUTranslations(handle).charset() == "UTF-8"


def test_stray_latin_words_are_found_and_placeholders_are_not():
    text = '%(name)s 的 <a href="/who/">ticket</a> 在 {place}，见 API'
    assert catalogue.stray_words(text, {"API"}) == ["ticket"]


def test_messages_of_planted_sources_are_found(tmp_path):
    (tmp_path / "grids").mkdir()
    (tmp_path / "grids/models.py").write_text(
        '_("One"); ngettext("Two", "Twos", 2); pgettext("c", "Three"); f("Four")'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.html").write_text(
        "{% load i18n %}{% translate 'Five' %}{% translate 'Six' context 'c' %}"
        "{% if a %}{% blocktranslate trimmed with n=a %}\n Seven {{ n }}\n 100% "
        '{% endblocktranslate %}{% endif %}{{ b|default:_("Eight") }}{% firstof a _("Nine") %}'
    )
    assert set(catalogue.used_in_python(tmp_path)) == {"One", "Two", "c\x04Three"}
    assert set(catalogue.used_in_templates(tmp_path)) == {
        "Five", "c\x04Six", "Seven %(n)s 100%%", "Eight", "Nine",
    }  # fmt: skip


def test_chinese_in_a_template_is_found(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.html").write_text("{# 注 #}<b>中文</b><p>您好</p>")
    assert list(catalogue.cjk_in_templates(tmp_path)) == ["templates/a.html: 您好"]
