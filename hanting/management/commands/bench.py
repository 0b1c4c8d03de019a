"""`manage.py bench web`: figures of the portal on this machine, as shares of its own floor."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hanting.bench import web
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Measure the portal; fill the database with seed_demo --tickets first."

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["web"])
        parser.add_argument("--seconds", type=float, default=4.0, help="per endpoint and round")

    def handle(self, *args, what, seconds, **options):
        if not Ticket.objects.exists():
            raise CommandError("There are no tickets: run manage.py seed_demo --tickets 120000.")
        number = Ticket.objects.count()
        self.stdout.write(
            f"{connection.vendor}, {number} tickets, own gunicorn with 2 sync workers,"
            f" {web.CLIENTS} clients, rate limits off, median of {web.ROUNDS} interleaved rounds"
        )
        web.run(seconds=seconds, say=self.stdout.write)
