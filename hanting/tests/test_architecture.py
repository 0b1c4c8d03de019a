"""The house rules hold in this project, and each guard finds the fault planted for it."""

import pytest
from django.conf import settings

from hanting.tests import guards

GUARDS = [
    guards.forbidden_arrows,
    guards.disordered_imports,
    guards.foreign_status_writes,
    guards.bad_habits,
    guards.long_files,
    guards.template_faults,
]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_project_keeps_the_rule(guard):
    assert list(guard(settings.BASE_DIR)) == []


def test_guards_read_the_whole_project():
    files = [path for path, tree in guards.python_files(settings.BASE_DIR)]
    assert {path.parts[0] for path in files if len(path.parts) > 1} >= set(guards.ARROWS)
    assert len(files) > 100
    assert len(list((settings.BASE_DIR / "templates").rglob("*.html"))) > 20


# (guard, file, text, the sentence without its place)
PLANTED = [
    (
        "forbidden_arrows",
        "grids/models.py",
        "import accounts.models",
        "grids must not know accounts",
    ),
    (
        "forbidden_arrows",
        "common/forms.py",
        "def f():\n    from grids import models",
        "common must not know grids",
    ),
    (
        "forbidden_arrows",
        "notices/models.py",
        "x = ForeignKey('tickets.Ticket', CASCADE)",
        "notices must not know tickets",
    ),
    (
        "forbidden_arrows",
        "grids/migrations/0001_initial.py",
        "dependencies = [('accounts', '0001_initial')]",
        "grids must not know accounts",
    ),
    (
        "forbidden_arrows",
        "worktime/models.py",
        "x = ForeignKey(settings.AUTH_USER_MODEL)",
        "worktime must not know accounts",
    ),
    (
        "forbidden_arrows",
        "tickets/tasks.py",
        "importlib.import_module('hanting.views')",
        "tickets must not know hanting",
    ),
    (
        "forbidden_arrows",
        "specialists/reports.py",
        "x = apps.get_model('tickets', 'Ticket')",
        "specialists must not know tickets",
    ),
    ("forbidden_arrows", "notices/a.py", "from ..tickets import x", None),
    (
        "disordered_imports",
        "tickets/models.py",
        "from tickets.workflow import file",
        "tickets.models must not import tickets.workflow",
    ),
    (
        "disordered_imports",
        "tickets/workflow/verbs.py",
        "from tickets import tasks",
        "tickets.workflow must not import tickets.tasks",
    ),
    (
        "disordered_imports",
        "grids/reports.py",
        "from .forms import F",
        "grids.reports must not import grids.forms",
    ),
    (
        "foreign_status_writes",
        "tickets/views.py",
        "ticket.status = 'closed'",
        "only workflow writes a status",
    ),
    (
        "foreign_status_writes",
        "tickets/tasks.py",
        "Ticket.objects.filter(pk=1).update(status='closed')",
        "only workflow writes a status",
    ),
    (
        "foreign_status_writes",
        "hanting/views.py",
        "setattr(ticket, 'status', 'closed')",
        "only workflow writes a status",
    ),
    (
        "foreign_status_writes",
        "tickets/admin.py",
        "x.save(update_fields=['status'])",
        "only workflow writes a status",
    ),
    (
        "foreign_status_writes",
        "tickets/api.py",
        "Ticket.objects.update_or_create(pk=1, defaults={'status': 'closed'})",
        "only workflow writes a status",
    ),
    (
        "foreign_status_writes",
        "tickets/demo.py",
        "Ticket(status='closed')",
        "only workflow writes a status",
    ),
    (
        "foreign_status_writes",
        "tickets/reports.py",
        "cursor.execute('UPDATE tickets_ticket SET a = 1')",
        "only workflow writes tickets",
    ),
    (
        "bad_habits",
        "grids/apps.py",
        "from django.db.models.signals import post_save",
        "no Django signals",
    ),
    ("bad_habits", "grids/utils.py", "", "a file is named after its subject"),
    (
        "bad_habits",
        "grids/views.py",
        "from django.utils.safestring import mark_safe",
        "no hand-made safe strings",
    ),
    (
        "bad_habits",
        "grids/api.py",
        "from django.views.decorators.csrf import csrf_exempt",
        "no view without CSRF check",
    ),
    ("bad_habits", "grids/forms.py", "_(f'{a} days')", "a message id is a plain string"),
    ("bad_habits", "grids/choices.py", "# TO" + "DO later", "an unfinished mark"),
    ("long_files", "grids/models.py", "x = 1\n" * 501, "501 lines"),
    ("template_faults", "templates/a.html", "<script>go()</script>", "no inline script"),
    ("template_faults", "templates/a.html", '<p style="color:red">', "no inline style"),
    ("template_faults", "templates/a.html", '<a onclick="go()">', "no inline event handler"),
    ("template_faults", "templates/a.html", "{{ name|safe }}", "no unescaped text"),
    (
        "template_faults",
        "templates/a.html",
        "{% blocktranslate with a=b %}x{% endblocktranslate %}",
        "trimmed translations",
    ),
    (
        "template_faults",
        "templates/a.html",
        '<img src="https://cdn.example/a.png">',
        "no other host",
    ),
]


@pytest.mark.parametrize(("guard", "file", "text", "sentence"), PLANTED)
def test_guard_finds_a_planted_fault(tmp_path, guard, file, text, sentence):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    found = list(getattr(guards, guard)(tmp_path))
    if sentence is None:
        assert found
    else:
        assert [line.split(": ", 1)[1] for line in found] == [sentence]


def test_disorder_through_a_leaf_module_is_found(tmp_path):
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets/models.py").write_text("from tickets import codes")
    (tmp_path / "tickets/codes.py").write_text("from tickets import forms")
    assert list(guards.disordered_imports(tmp_path)) == [
        "tickets/models.py:1: tickets.models must not import tickets.forms"
    ]


@pytest.mark.parametrize(
    ("guard", "file", "text"),
    [
        ("forbidden_arrows", "tickets/models.py", "from common import errors"),
        ("forbidden_arrows", "hanting/views.py", "from grids import models"),
        ("disordered_imports", "tickets/views.py", "from tickets import models, forms, codes"),
        ("foreign_status_writes", "tickets/workflow/mover.py", "ticket.status = 'closed'"),
        ("foreign_status_writes", "tickets/api.py", "Response(x, status=201)"),
        ("foreign_status_writes", "tickets/reports.py", "q.filter(status='closed')"),
        ("template_faults", "templates/a.html", '<script src="{% static a %}" defer></script>'),
    ],
)
def test_guard_leaves_good_code_alone(tmp_path, guard, file, text):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    assert list(getattr(guards, guard)(tmp_path)) == []
