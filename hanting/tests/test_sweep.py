"""The sweeps' own eyes: what they must find, planted."""

import io
import zipfile

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import include, path
from django.urls.resolvers import RegexPattern, URLResolver

from hanting.tests import sweep

GOOD = '<html lang="zh-CN"><body><h1>报修</h1><img src="/static/a.svg" alt="">{}</body></html>'


def view(request):
    return HttpResponse()


def test_addresses_of_included_lists_are_found():
    inner = ([path("b/<int:n>/", view, name="b"), path("c/", view)], "inner")
    patterns = [path("", view, name="home"), path("a/", include(inner, namespace="a"))]
    resolver = URLResolver(RegexPattern(r"^/"), patterns)
    assert [name for name, route in sweep.named_addresses(resolver)] == ["home", "a:b", "a:<a/c/>"]


def test_good_page_has_no_faults():
    assert sweep.page_faults(GOOD.format(""), lang="zh-CN") == []


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("<h1>二</h1>", "2 h1: ['报修', '二']"),
        ("<script>go()</script>", "inline script"),
        ('<p style="x">', "inline style"),
        ('<p onclick="x">', "inline onclick"),
        ('<img src="https://cdn.example/a.png">', "fetches https://cdn.example/a.png"),
        ('<script src="//cdn.example/a.js"></script>', "fetches //cdn.example/a.js"),
        ('<link rel="stylesheet" href="http://x/a.css">', "fetches http://x/a.css"),
        ('<form action="https://x/"></form>', "fetches https://x/"),
        ('<p id="a"></p><p id="a"></p>', "id twice: a"),
    ],
)
def test_planted_fault_of_a_page_is_found(planted, fault):
    assert sweep.page_faults(GOOD.format(planted), lang="zh-CN") == [fault]


def test_wrong_language_and_missing_heading_are_found():
    assert sweep.page_faults('<html lang="en"><p>', lang="zh-CN") == [
        "lang is 'en', not 'zh-CN'",
        "0 h1: []",
    ]


def test_chinese_on_an_english_page_is_found_and_data_is_not():
    html = (
        '<html lang="en"><p>孙家村 is here 您好 <b lang="zh-CN">别的</b></p><a title="电话">x</a>'
    )
    assert sorted(sweep.foreign_chinese(html, {"孙家村"})) == ["您好", "电话"]


def test_whole_answer_holds_headers_streams_and_spreadsheets():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/sheet.xml", "canary-three")
    header = HttpResponse("canary-one", headers={"X-Note": "canary-two"})
    header.set_cookie("c", "canary-four")
    assert {"canary-one", "canary-two"} <= set(
        sweep.whole_answer(header).replace(": ", "\n").split()
    )
    assert "canary-four" in sweep.whole_answer(header)
    assert "canary-three" in sweep.whole_answer(StreamingHttpResponse([packed.getvalue()]))
