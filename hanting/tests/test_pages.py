"""Every page of the real URLconf, in both languages: language, heading, no foreign host, words."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from common.models import Heartbeat
from common.tests.remembered import remembered
from hanting.tests import catalogue, matrix, sweep
from hanting.tests.test_access import address_of, answer_of, ask, client_of
from hanting.tests.test_locale import LATIN
from hanting.tests.world import build_world

# Together these see every page that anybody sees.
EYES = ("anonymous", "outsider", "specialist", "secretary", "dispatcher", "admin")
LANGUAGES = {"zh-hans": "zh-CN", "en": "en"}


@pytest.fixture
def world(db):
    world = remembered(build_world)
    # A sweep has just run: without one, health turns bad three minutes after the tests began.
    Heartbeat.objects.beat("sweep")
    return world


def words_of_the_database(pattern):
    """Return every run of `pattern` in texts and JSON of all rows: what is data on a page."""
    found = set()
    for model in apps.get_models():
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField)
        ]
        for row in model._default_manager.values_list(*fields) if fields else ():
            for value in row:
                found.update(pattern.findall(str(value)))
    return found


def pages(world, role, language):
    """Yield (row, html) for every page this role is shown, in this language."""
    client = client_of(world, role)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for row in matrix.ROWS:
        if row.get[role] == "page" and not row.is_data:
            response, text = ask(world, client, row, "get")
            assert answer_of(response) == "page", address_of(world, row)
            if response["Content-Type"].startswith("text/html"):
                yield row, response.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_and_speaks_one_language(world, language):
    swept, faults = set(), {}
    chinese = words_of_the_database(catalogue.CJK)
    # Names are sealed in the database; pages show the surname, a reception day its visitors' names.
    names = {canary.text for canary in world.canaries if canary.tells == "reporter"}
    chinese |= {name[0] for name in names} | set(catalogue.CJK.findall(" ".join(names)))
    latin = words_of_the_database(catalogue.WORD) | LATIN | {"testserver"}
    for role in EYES:
        for row, html in pages(world, role, language):
            found = sweep.page_faults(html, lang=LANGUAGES[language])
            if language == "en":
                found += sweep.foreign_chinese(html, chinese)
            else:
                found += stray_latin(html, latin)
            if found:
                faults[row.name, row.about, role] = found
            swept.add(row.name)
    assert "\n".join(f"{key}: {found}" for key, found in faults.items()) == ""
    wanted = {row.name for row in matrix.ROWS if not row.is_data and "page" in row.get.values()}
    assert wanted - swept == set()
    assert len(swept) >= 40


def stray_latin(html, allowed):
    """Return Latin words on a Chinese page that are neither data nor on the allow list."""
    text = sweep.read_page(html).text
    return [word for part in text for word in catalogue.stray_words(part, allowed)]


def test_stray_latin_word_is_found():
    html = '<html lang="zh-CN"><p>寒亭 Save QR</p><b lang="en">English</b></html>'
    assert stray_latin(html, LATIN) == ["Save"]
