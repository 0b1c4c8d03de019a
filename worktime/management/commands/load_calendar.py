"""Fill the day table and publish the first opening hours."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from common.errors import RuleViolation
from worktime import workflow
from worktime.choices import DEFAULT_WEEKLY, LOADED_YEARS
from worktime.models import CalendarVersion


class Command(BaseCommand):
    help = "Load the working days of the given years; safe to run twice, reports what changed."

    def add_arguments(self, parser):
        parser.add_argument("--years", nargs="+", type=int, default=LOADED_YEARS)

    def handle(self, *args, years, **options):
        try:
            result = workflow.import_years(years, by="load_calendar")
        except RuleViolation as error:
            raise CommandError(str(error)) from error
        self._report(result)
        if not CalendarVersion.objects.active().exists():
            workflow.publish_calendar(
                weekly=DEFAULT_WEEKLY,
                by="load_calendar",
                note=_("Assumed opening hours, to be confirmed by the district."),
            )
            self.stdout.write(_("The assumed opening hours are in force as version 1."))

    def _report(self, result):
        counts = {
            "created": result.created,
            "changed": len(result.changed),
            "unchanged": result.unchanged,
        }
        self.stdout.write(
            _("Days: %(created)d new, %(changed)d changed, %(unchanged)d as before.") % counts
        )
        for day in result.changed:
            self.stdout.write(_("Changed: %(day)s") % {"day": day})
        for day in result.disagreements:
            self.stdout.write(_("The sources disagree, provisional: %(day)s") % {"day": day})
        for day in result.kept:
            self.stdout.write(_("Settled otherwise before, left alone: %(day)s") % {"day": day})
        for year in result.provisional_years:
            self.stdout.write(_("Not published yet, provisional: %(year)s") % {"year": year})
