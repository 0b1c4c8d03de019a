"""`manage.py seed_demo`: invented staff and tickets, for trying the portal and for benches."""

import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hanting.demo import agenda, days, duty, fund, whistles
from hanting.demo.lives import seed_tickets
from hanting.demo.people import seed_people
from hanting.demo.scene import set_scene
from tickets.models import Ticket
from tickets.workflow import now

# Each does nothing where it has been before.
MEETINGS = (duty, whistles, days, agenda, fund)


class Command(BaseCommand):
    help = "Fill the portal with demonstration people and tickets; never on a real portal."

    def add_arguments(self, parser):
        parser.add_argument("--tickets", type=int, default=1_500)

    def handle(self, *args, tickets, verbosity, **options):
        if not settings.HANTING_DEMONSTRATION:
            raise CommandError("This is a real portal: set HANTING_DEMONSTRATION=1 to allow it.")
        started = time.monotonic()
        people = seed_people()
        there = Ticket.objects.count()
        wanted = max(tickets - there, 0)
        say = self._progress(tickets) if verbosity > 1 else (lambda count: None)
        below = seed_tickets(wanted, seed=there + 1, say=say) if wanted else 0
        if not there:
            set_scene(now())
        for part in MEETINGS:
            part.plant(now())
        seconds = time.monotonic() - started
        self.stdout.write(
            f"{people} people, {there} tickets before, {wanted} added in {seconds:.1f} s"
        )
        if wanted:
            self.stdout.write(f"{below / wanted:.1%} landed below street level")

    def _progress(self, tickets):
        return lambda count: self.stdout.write(f"{count} of {tickets}")
