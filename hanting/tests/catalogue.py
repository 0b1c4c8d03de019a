"""Reads message catalogues and the messages that the sources use, with Python alone."""

import ast
import gettext
import re
from dataclasses import dataclass, field

from django.template import Engine
from django.template.base import Lexer, Node, TokenType
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.text import smart_split

from hanting.tests.guards import is_test, name_of, python_files

CONTEXT = "\x04"
CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+")
# Placeholders, markup and addresses are no words.
NOT_WORDS = re.compile(
    r"%\(\w+\)[sdif]|%[sd%]|\{[^}]*\}|<[^>]*>|&\w+;|https?://\S+|/[\w/<>-]+/|\.[a-z]{2,4}\b|\*\.\w+"
)
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
PLURAL_IN_CONTEXT = {"npgettext", "npgettext_lazy"}


@dataclass
class Entry:
    """One message of a .po file; `key` is the id, with its context in front where it has one."""

    context: str | None = None
    id: str = ""
    plural: str | None = None
    texts: dict = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self):
        return self.id if self.context is None else self.context + CONTEXT + self.id


LINE = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr)(?:\[(\d)\])?\s+(".*")$')


def read_po(text):
    """Return the entries of a .po file, the header (empty id) first, retired ones left out."""
    entries, entry, target, fuzzy = [], None, None, False
    for line in text.splitlines():
        found = LINE.match(line)
        if line.startswith("#,"):
            fuzzy = "fuzzy" in line
        elif found:
            word, number, value = found[1], int(found[2] or 0), ast.literal_eval(found[3])
            begins = word == "msgctxt" or (word == "msgid" and target != "msgctxt")
            if begins:
                entry, fuzzy = Entry(fuzzy=fuzzy), False
                entries.append(entry)
            target = word
            if word == "msgctxt":
                entry.context = value
            elif word == "msgid":
                entry.id = value
            elif word == "msgid_plural":
                entry.plural = value
            else:
                entry.texts[number] = value
        elif line.startswith('"') and entry:
            more = ast.literal_eval(line)
            if target == "msgctxt":
                entry.context += more
            elif target == "msgid":
                entry.id += more
            elif target == "msgid_plural":
                entry.plural += more
            else:
                entry.texts[max(entry.texts)] += more
    return entries


def read_mo(path):
    """Return {key or (key, plural form): text} of a compiled catalogue, header left out."""
    with path.open("rb") as handle:
        compiled = dict(gettext.GNUTranslations(handle)._catalog)
    compiled.pop("", None)
    return compiled


def compiled(entries):
    """Return what the .mo made from these entries must hold."""
    result = {}
    for entry in entries:
        if not entry.id or entry.fuzzy:
            continue
        if entry.plural is None:
            if entry.texts.get(0):
                result[entry.key] = entry.texts[0]
        else:
            result.update({(entry.key, n): text for n, text in entry.texts.items() if text})
    return result


def untranslated(entries):
    """Ids without a complete translation, or with one that nobody has confirmed."""
    return [e.id for e in entries if e.id and (e.fuzzy or not e.texts or not all(e.texts.values()))]


def stray_words(text, allowed):
    """Return the Latin words of a Chinese text that are not in the allow list."""
    return [w for w in WORD.findall(NOT_WORDS.sub(" ", text)) if w not in allowed]


# --- What the sources use ------------------------------------------------------------------


def used_in_python(root):
    """Return {key: "file:line"} of every message in Python sources."""
    used = {}
    for path, tree in python_files(root):
        if is_test(path):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                key = message_of(name_of(node.func), node.args)
                if key:
                    used.setdefault(key, f"{path}:{node.lineno}")
    return used


def message_of(name, arguments):
    """Return the key that a gettext call looks up, None for any other call."""
    texts = [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name in SINGULAR | PLURAL and texts:
        return texts[0]
    if name in IN_CONTEXT | PLURAL_IN_CONTEXT and len(texts) > 1:
        return texts[0] + CONTEXT + texts[1]
    return None


def used_in_templates(root):
    """Return {key: file} of every message in templates, found by Django's own parser."""
    used = {}
    for path in sorted((root / "templates").rglob("*.*")):
        text = path.read_text("utf-8")
        below = str(path.relative_to(root))
        template = Engine.get_default().from_string(text)
        for node in template.nodelist.get_nodes_by_type(Node):
            for key in messages_of_node(node):
                used.setdefault(key, below)
        for key in constants_of(text):
            used.setdefault(key, below)
    return used


def messages_of_node(node):
    context = getattr(node, "message_context", None)
    before = context.var + CONTEXT if context is not None else ""
    if isinstance(node, TranslateNode) and isinstance(node.filter_expression.var, str):
        yield before + node.filter_expression.var
    elif isinstance(node, TranslateNode) and isinstance(node.filter_expression.var.literal, str):
        yield before + node.filter_expression.var.literal
    elif isinstance(node, BlockTranslateNode):
        yield before + node.render_token_list(node.singular)[0]


def constants_of(text):
    """Yield the messages written as _("…") in tags and variables."""
    for token in Lexer(text).tokenize():
        if token.token_type in {TokenType.BLOCK, TokenType.VAR}:
            for bit in smart_split(token.contents):
                yield from re.findall(r"""_\(["']([^"']+)["']\)""", bit)


def cjk_in_templates(root, allowed=("中文",)):
    """Templates with Chinese words of their own: those stand in the catalogue."""
    for path in sorted((root / "templates").rglob("*.*")):
        text = path.read_text("utf-8")
        text = re.sub(r"{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}", "", text, flags=re.S)
        for run in CJK.findall(text):
            if run not in allowed:
                yield f"{path.relative_to(root)}: {run}"
