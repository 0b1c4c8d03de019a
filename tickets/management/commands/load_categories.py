"""`manage.py load_categories`: departments and categories from `data/`."""

from django.core.management.base import BaseCommand

from tickets.reference import load_reference


class Command(BaseCommand):
    help = "Load the district's departments and the category tree; safe to run twice."

    def handle(self, *args, **options):
        names = ("organisations", "categories")
        for name, loaded in zip(names, load_reference(), strict=True):
            self.stdout.write(
                f"{name}: {loaded.added} added, {loaded.changed} changed,"
                f" {loaded.unchanged} unchanged"
            )
