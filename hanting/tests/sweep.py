"""Walks the real URLconf, so that no address can be forgotten by a test."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.urls import URLPattern, URLResolver, get_resolver

from hanting.tests.catalogue import CJK

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# What makes a browser fetch something, or sends a visitor's data away.
FETCHES = {"src", "srcset", "action", "formaction", "poster", "data"}
# Links of a page that a browser follows by itself.
LINKS = {"stylesheet", "icon", "manifest", "preload", "prefetch", "preconnect", "dns-prefetch"}


def named_addresses(resolver=None, before="", namespaces=()):
    """Yield (name with namespaces, route) for every address; unnamed ones by their route."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from named_addresses(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield ":".join((*namespaces, entry.name or f"<{route}>")), route


@dataclass
class Page:
    """What a sweep asks of an HTML page."""

    lang: str = ""
    headings: list = field(default_factory=list)
    fetched: list = field(default_factory=list)
    inline: list = field(default_factory=list)
    text: list = field(default_factory=list)
    ids: list = field(default_factory=list)


class Reader(HTMLParser):
    """Fills a Page; text inside scripts and of other-language parts is left out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "html":
            self.page.lang = given.get("lang") or ""
        if tag == "h1":
            self.page.headings.append("")
        if "id" in given:
            self.page.ids.append(given["id"])
        self.page.fetched += [given[name] for name in FETCHES & set(given) if given[name]]
        if tag == "link" and LINKS & set((given.get("rel") or "").split()):
            self.page.fetched.append(given.get("href") or "")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.page.inline.append("script")
        self.page.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.page.text += [
            given[name] for name in ("title", "alt", "aria-label") if given.get(name)
        ]
        if tag not in VOID:
            foreign = tag in {"script", "style"} or (tag != "html" and "lang" in given)
            self.open.append((tag, foreign or bool(self.open and self.open[-1][1])))

    def handle_endtag(self, tag):
        if any(name == tag for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        if any(name == "h1" for name, _ in self.open):
            self.page.headings[-1] += data
        if not (self.open and self.open[-1][1]):
            self.page.text.append(data)


def read_page(html):
    reader = Reader()
    reader.feed(html)
    return reader.page


def page_faults(html, *, lang):
    """Return what is wrong with a whole page: language, headings, inline code, other hosts, ids."""
    page, faults = read_page(html), []
    if page.lang != lang:
        faults.append(f"lang is {page.lang!r}, not {lang!r}")
    if len(page.headings) != 1 or not page.headings[0].strip():
        faults.append(f"{len(page.headings)} h1: {page.headings}")
    faults += [f"inline {what}" for what in page.inline]
    faults += [f"fetches {address}" for address in page.fetched if leaves_us(address)]
    faults += [f"id twice: {i}" for i in sorted(set(page.ids)) if page.ids.count(i) > 1]
    return faults


def leaves_us(address):
    return bool(re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", address.strip(), re.I))


def foreign_chinese(html, data):
    """Return runs of Chinese on an English page that are no data of the database."""
    found = []
    known = sorted(data, key=len, reverse=True)
    for text in read_page(html).text:
        for run in CJK.findall(text):
            rest = run
            for word in known:
                rest = rest.replace(word, "")
            if rest and run not in {"中文"}:
                found.append(run)
    return found


def whole_answer(response):
    """Return everything a client receives as one text: headers, body, and spreadsheets unpacked."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    parts = [f"{name}: {value}" for name, value in response.items()]
    parts += [cookie.OutputString() for cookie in response.cookies.values()]
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts += [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    parts.append(body.decode("utf-8", "replace"))
    return "\n".join(parts)
