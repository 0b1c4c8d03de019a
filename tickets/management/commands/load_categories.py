"""`manage.py load_categories`: departments, categories and time limits from `data/`."""

from django.core.management.base import BaseCommand

from tickets.reference import load_reference


class Command(BaseCommand):
    help = "Load the district's departments, categories and time limits; safe to run twice."

    def handle(self, *args, **options):
        names = ("organisations", "categories", "time limits")
        for name, loaded in zip(names, load_reference(), strict=True):
            self.stdout.write(
                f"{name}: {loaded.added} added, {loaded.changed} changed,"
                f" {loaded.unchanged} unchanged"
            )
