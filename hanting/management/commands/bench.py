"""`manage.py bench …`: figures of the portal on this machine, as shares of its own floor."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from hanting.bench import sla, web, worktime
from tickets.models import Ticket


def run_web(*, seconds, say):
    """Refuse a database without tickets, and say under what conditions the pages are loaded."""
    if not Ticket.objects.exists():
        raise CommandError("There are no tickets: run manage.py seed_demo --tickets 120000.")
    say(
        f"{connection.vendor}, {Ticket.objects.count()} tickets, own gunicorn with 2 sync workers,"
        f" {web.CLIENTS} clients, rate limits off, median of {web.ROUNDS} interleaved rounds"
    )
    web.run(seconds=seconds, say=say)


# What can be measured: by whom, what it is, and its options with their defaults.
BENCHES = {
    "web": (
        run_web,
        "the portal's pages; fill the database with seed_demo --tickets first",
        {"seconds": (4.0, "per endpoint and round")},
    ),
    "sla": (
        sla.run,
        "the clocks: sweep, telling, another calendar; in a PostgreSQL database of its own",
        {"clocks": (1_000_000, "open clocks")},
    ),
    "worktime": (
        worktime.run,
        "the calendar arithmetic: its speed, and its invariants on many cases",
        {
            "cases": (10_000, "random cases for each invariant"),
            "adds": (1_000_000, "questions of each kind in a round"),
            "rounds": (5, "interleaved rounds"),
        },
    ),
}


class Command(BaseCommand):
    help = "Measure one part of the portal on this machine."

    def add_arguments(self, parser):
        kinds = parser.add_subparsers(dest="what", required=True)
        for name, (_run, about, options) in BENCHES.items():
            kind = kinds.add_parser(name, help=about)
            for option, (default, meaning) in options.items():
                kind.add_argument(
                    f"--{option}",
                    type=type(default),
                    default=default,
                    help=f"{meaning} ({default:,})",
                )

    def handle(self, *args, what, **given):
        run, _about, options = BENCHES[what]
        run(**{option: given[option] for option in options}, say=self.stdout.write)
