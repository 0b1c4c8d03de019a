"""House rules that a program can check, on any source tree: the project's own or a planted one.

Every guard takes the root of a tree and returns sentences, one for each breach, and none for a
tree that keeps the rule.
"""

import ast
import re
from pathlib import Path

# Who may import whom, without the arrows that follow from these (docs/architecture.md).
ARROWS = {
    "common": set(),
    "worktime": {"common"},
    "grids": {"common"},
    "accounts": {"grids"},
    "specialists": {"accounts", "grids", "worktime"},
    "notices": {"accounts", "worktime"},
    "tickets": {"specialists", "notices", "worktime"},
    "receptions": {"tickets"},
    "hanting": {"receptions"},
}
ORDER = ["choices", "models", "reports", "workflow", "forms", "views", "api", "urls", "tasks"]
ORDER += ["admin"]
MODEL_STRING = re.compile(r"^(\w+)\.[A-Z]\w+$")
LONGEST_FILE = 500
RAW_WRITE = re.compile(r"update\s+tickets_ticket\b", re.IGNORECASE)
# What makes a row, or changes one, by keyword.
WRITERS = {"create", "acreate", "update", "aupdate", "get_or_create", "update_or_create"}


def python_files(root):
    """Yield (path below root, syntax tree) of every Python file that is ours."""
    for path in sorted(root.rglob("*.py")):
        below = path.relative_to(root)
        if not {part for part in below.parts if part in {"var", "node_modules"} or part[0] == "."}:
            yield below, ast.parse(path.read_text("utf-8"), str(below))


def is_test(path):
    return "tests" in path.parts or path.name == "conftest.py"


# --- Arrows between apps -------------------------------------------------------------------


def allowed(app):
    """Return every app that `app` may import, following the arrows, itself included."""
    seen, todo = set(), [app]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo.extend(ARROWS[here])
    return seen


def modules_named(path, tree):
    """Yield (dotted module, line) of every import, relative ones resolved."""
    package = list(path.with_suffix("").parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno
        elif isinstance(node, ast.Call) and name_of(node.func) in {"import_module", "__import__"}:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value, node.lineno


def name_of(node):
    """Return the last name of `a.b.name` or `name`, else an empty string."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def apps_named(path, tree):
    """Yield (app, line) for imports, model strings, the user model and migrations' dependencies."""
    for module, line in modules_named(path, tree):
        yield module.split(".")[0], line
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = MODEL_STRING.match(node.value)
            if found:
                yield found[1], node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "AUTH_USER_MODEL":
            yield "accounts", node.lineno
        elif "migrations" in path.parts and isinstance(node, ast.Tuple) and len(node.elts) == 2:
            first = node.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value.split(".")[0], node.lineno
        elif isinstance(node, ast.Call) and name_of(node.func) == "get_model" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value.split(".")[0], node.lineno


def forbidden_arrows(root):
    """Imports, string foreign keys and migrations that point to an app above or beside."""
    for path, tree in python_files(root):
        app = path.parts[0]
        if app not in ARROWS:
            continue
        may = allowed(app)
        for named, line in sorted(set(apps_named(path, tree)), key=lambda pair: pair[1]):
            if named in ARROWS and named not in may:
                yield f"{path}:{line}: {app} must not know {named}"


# --- Order of files within an app ----------------------------------------------------------


def module_of(path):
    """Return the module of an app that a file belongs to: `tickets/workflow/x.py` → workflow."""
    return Path(path.parts[1]).stem if len(path.parts) > 1 else ""


def inner_imports(root):
    """Return {app: {module: {module imported: "file:line"}}}, tests and commands apart."""
    graphs = {}
    for path, tree in python_files(root):
        app = path.parts[0]
        outside = {"migrations", "management"} & set(path.parts)
        if app not in ARROWS or len(path.parts) < 2 or outside or is_test(path):
            continue
        here = module_of(path)
        for module, line in modules_named(path, tree):
            parts = module.split(".")
            if parts[0] == app and len(parts) > 1 and parts[1] != here:
                targets = graphs.setdefault(app, {}).setdefault(here, {})
                targets.setdefault(parts[1], f"{path}:{line}")
    return graphs


def disordered_imports(root):
    """Files that import a file to their right, directly or through a leaf module."""
    for app, graph in inner_imports(root).items():
        if app == "hanting":
            continue
        for position, module in enumerate(ORDER):
            right = set(ORDER[position + 1 :])
            seen, todo = set(), [(module, None)]
            while todo:
                here, first = todo.pop()
                for target, where in graph.get(here, {}).items():
                    origin = first or where
                    if target in right:
                        yield f"{origin}: {app}.{module} must not import {app}.{target}"
                    # What a module to the left imports is judged when its own turn comes.
                    elif target not in seen and target not in ORDER:
                        seen.add(target)
                        todo.append((target, origin))


# --- Status --------------------------------------------------------------------------------


def says_status(node):
    """Whether a literal below `node` is the word status."""
    return any(isinstance(n, ast.Constant) and n.value == "status" for n in ast.walk(node))


def writes_status(node):
    """Whether a syntax node sets a status: by attribute, keyword, `setattr`, or field list."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        inner = [n for target in targets for n in ast.walk(target)]
        return any(
            isinstance(n, ast.Attribute) and n.attr == "status" and isinstance(n.ctx, ast.Store)
            for n in inner
        )
    if not isinstance(node, ast.Call):
        return False
    name = name_of(node.func)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if name in {"setattr", "bulk_update"} and any(says_status(arg) for arg in node.args):
        return True
    if name == "save" and says_status(keywords.get("update_fields", ast.Constant(None))):
        return True
    if name in WRITERS or name in {"Ticket", "TicketEvent"}:
        if "status" in keywords:
            return True
        given = [keywords[k] for k in ("defaults", "create_defaults") if k in keywords]
        return any(says_status(value) for value in given)
    return False


def foreign_status_writes(root):
    """Places outside an app's workflow that write a status, raw SQL included."""
    for path, tree in python_files(root):
        if path.parts[0] not in ARROWS or is_test(path) or "migrations" in path.parts:
            continue
        if module_of(path) == "workflow":
            continue
        for node in ast.walk(tree):
            if writes_status(node):
                yield f"{path}:{node.lineno}: only workflow writes a status"
            elif isinstance(node, ast.Constant) and RAW_WRITE.search(str(node.value)):
                yield f"{path}:{node.lineno}: only workflow writes tickets"


# --- Habits --------------------------------------------------------------------------------

BANNED_MODULES = {
    "django.dispatch": "no Django signals",
    "django.db.models.signals": "no Django signals",
    "django.core.signals": "no Django signals",
    "django.contrib.auth.signals": "no Django signals",
    "django.contrib.contenttypes.fields": "no generic relations",
    "django.utils.safestring": "no hand-made safe strings",
}
BANNED_NAMES = {"csrf_exempt": "no view without CSRF check", "SafeString": "no safe strings"}
BANNED_FILES = {"utils.py", "helpers.py", "services.py", "selectors.py", "signals.py"}
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def bad_habits(root):
    """Signals, catch-all file names, safe strings, formatted message ids, unfinished marks."""
    for path, tree in python_files(root):
        if path.name in BANNED_FILES:
            yield f"{path}: a file is named after its subject"
        if is_test(path):
            continue
        for module, line in modules_named(path, tree):
            for banned, rule in BANNED_MODULES.items():
                if module == banned or module.startswith(banned + "."):
                    yield f"{path}:{line}: {rule}"
            if module.split(".")[-1] in BANNED_NAMES:
                yield f"{path}:{line}: {BANNED_NAMES[module.split('.')[-1]]}"
        for node in ast.walk(tree):
            called = name_of(node.func) if isinstance(node, ast.Call) else ""
            if called in GETTEXT and any(isinstance(a, ast.JoinedStr) for a in node.args):
                yield f"{path}:{node.lineno}: a message id is a plain string"
    for path in source_files(root):
        if UNFINISHED.search((root / path).read_text("utf-8")) and not is_test(path):
            yield f"{path}: an unfinished mark"


def source_files(root):
    """Yield the paths below root of code, templates, styles and scripts that we wrote."""
    for path in sorted(root.rglob("*")):
        below = path.relative_to(root)
        foreign = below.parts[0] == "data" or {"var", "vendor"} & set(below.parts)
        hidden = any(part[0] == "." for part in below.parts)
        if path.suffix in {".py", ".html", ".txt", ".css", ".js"} and not (foreign or hidden):
            yield below


def long_files(root):
    """Files past the length at which a module becomes a package."""
    for path in source_files(root):
        length = len((root / path).read_text("utf-8").splitlines())
        if length > LONGEST_FILE and "migrations" not in path.parts and path.suffix != ".txt":
            yield f"{path}: {length} lines"


# --- Templates -----------------------------------------------------------------------------

TEMPLATE_RULES = [
    (re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.I), "no inline script"),
    (re.compile(r"<style\b|\sstyle=", re.I), "no inline style"),
    (re.compile(r"<[^>]*\son[a-z]+\s*=", re.I), "no inline event handler"),
    (re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off"), "no unescaped text"),
    (re.compile(r"{%\s*blocktrans(late)?\b(?![^%]*\btrimmed\b)[^%]*%}"), "trimmed translations"),
    (re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", re.I), "no other host"),
]


def template_faults(root):
    """Templates with inline code, unescaped text, untrimmed translations or other hosts."""
    for path in sorted((root / "templates").rglob("*.*")):
        text = path.read_text("utf-8")
        below = path.relative_to(root)
        for pattern, rule in TEMPLATE_RULES:
            if path.suffix != ".html" and rule.startswith("no inline"):
                continue
            for found in pattern.finditer(text):
                yield f"{below}:{text.count(chr(10), 0, found.start()) + 1}: {rule}"
