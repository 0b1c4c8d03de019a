"""The secretaries' day of the world: matters on its agenda, one of few readers, and a promise."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from receptions.tests.factories_agenda import make_commitment, make_day
from receptions.workflow import agenda


def add(world):
    """Put the ordinary matter and the tip-off on a day of the district, and promise something."""
    cast, by = world.cast, world.cast.district_secretary
    day = make_day(cast, starts_in=0, starts_at=timezone.now() + timedelta(minutes=5))
    items = {}
    for name in ("ordinary", "tip_off"):
        item = agenda.propose(ticket=getattr(world.matters, name), ground="secretary", by=by)
        items[name] = agenda.schedule(item, session=day, by=by)
    promise = make_commitment(cast, items["ordinary"], text="更换电缆")
    world.agenda = SimpleNamespace(
        day=day, promise=promise, done="report-done", drop="drop", **items
    )
    for ticket in vars(world.matters).values():
        ticket.refresh_from_db()
