"""Tells whether the portal stands still, without asking the queue; for cron, timers and systemd."""

import sys

from django.core.management.base import BaseCommand

from hanting import alarm


class Command(BaseCommand):
    help = (
        "Exit with 1 and one line on stderr when the sweep is three minutes behind, a notice has "
        "been due for five, or the working calendar is settled for less than 90 days. With "
        "--watch, go on looking and tell the log and ALARM_PHONES what begins and ends."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--watch", action="store_true", help="look every 30 seconds")

    def handle(self, *args, **options):
        if options["watch"]:
            alarm.watch()
        found = alarm.troubles()
        if found:
            self.stderr.write("; ".join(trouble.text for trouble in found))
            sys.exit(1)
