"""Load the districts, streets, communities, villages and demonstration grids; safe to run twice."""

from django.core.management.base import BaseCommand

from grids import workflow


class Command(BaseCommand):
    help = "Bring the tree of places in line with the files in data/ and report what changed."

    def handle(self, *args, **options):
        workflow.load_district(report=self.stdout.write)
