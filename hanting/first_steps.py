"""Makes an empty folder a working portal, and on later starts finds out fast that it is one."""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# Who can sign in to the demonstration, and as what.
PEOPLE = {
    "demo-worker": "grid worker 网格员",
    "demo-head": "grid head 网格长",
    "demo-secretary": "community secretary 社区书记",
    "demo-street": "street secretary and supervisor 街道书记、督办员",
    "demo-district": "district secretary 区级书记",
    "demo-dispatcher": "dispatcher 网格中心调度员",
    "demo-specialist": "service specialist 服务专员",
    "demo-steward": "property steward 红色管家",
    "demo-admin": "administrator 系统管理员",
}


@dataclass(frozen=True)
class Step:
    """A command that fills the database once; `said` is what a waiting person reads."""

    command: str
    said: str
    demonstration: bool = False


STEPS = [
    Step("load_calendar", "Loading the working calendar"),
    Step("load_district", "Loading the district, its streets and villages"),
    Step("load_categories", "Loading the categories"),
    Step("seed_demo", "Filing the demonstration's people and tickets", demonstration=True),
]


class Stamps:
    """What has been done to one database, kept in a small file beside it.

    The file names the database it speaks of: another one starts without stamps.
    """

    def __init__(self, path):
        self.path = path
        named = connection.settings_dict
        self.database = ":".join(str(named.get(key, "")) for key in ("HOST", "PORT", "NAME"))
        try:
            kept = json.loads(path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            kept = {}
        self.done = kept.get("done", {}) if kept.get("database") == self.database else {}

    def has(self, name, value="done"):
        return self.done.get(name) == value

    def set(self, name, value="done"):
        self.done[name] = value
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"database": self.database, "done": self.done}), "utf-8")
        draft.replace(self.path)


def prepare(*, var, say):
    """Migrate, load and seed what is not there yet; `say` receives a sentence per step.

    Every loading command is safe to run twice, so a start that was cut short simply goes on.
    """
    stamps = Stamps(var / "done.json")
    executor = MigrationExecutor(connection)
    if not executor.loader.applied_migrations:
        # An emptied database under old stamps.
        stamps.done = {}
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Making the tables …")
        call_command("migrate", interactive=False, verbosity=0)
    if not stamps.has("cache table"):
        call_command("createcachetable", verbosity=0)
        stamps.set("cache table")
    for step in STEPS:
        if step.demonstration and not settings.HANTING_DEMONSTRATION:
            continue
        if not stamps.has(step.command):
            say(f"{step.said} …")
            call_command(step.command, verbosity=0, stdout=io.StringIO())
            stamps.set(step.command)
    if not settings.EMBEDDED:
        _collect_static(say)
    if settings.HANTING_DEMONSTRATION:
        _set_passwords(stamps, settings.HANTING_DEMO_PASSWORD)


def _collect_static(say):
    """Give static files their lasting names where that is the shape, when a source has changed."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            seen = Path(storage.path(path)).stat()
            digest.update(f"{path} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    # Kept beside the files: portals on one folder of static files collect them once.
    stamp = settings.STATIC_ROOT / "sources"
    if not (stamp.exists() and stamp.read_text("utf-8") == digest.hexdigest()):
        say("Preparing the static files …")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(digest.hexdigest(), "utf-8")


def _set_passwords(stamps, password):
    """Give the demonstration people the password that is printed, when it has changed."""
    mark = hashlib.sha256(f"{settings.SECRET_KEY}:{password}".encode()).hexdigest()
    if stamps.has("password", mark):
        return
    people = get_user_model().objects.filter(username__in=PEOPLE)
    for person in people:
        if not person.check_password(password):
            person.set_password(password)
            person.save(update_fields=["password"])
    stamps.set("password", mark)


def sign_ins():
    """Return the lines that tell how to sign in to the demonstration."""
    there = set(
        get_user_model().objects.filter(username__in=PEOPLE).values_list("username", flat=True)
    )
    return [f"  {name:<16} {role}" for name, role in PEOPLE.items() if name in there]
