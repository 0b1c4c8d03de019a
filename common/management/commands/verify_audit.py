"""Check the hash chain of the audit trail."""

from django.core.management.base import BaseCommand, CommandError

from common import workflow


class Command(BaseCommand):
    help = "Reads the whole audit trail and names every changed, missing or swapped entry."

    def add_arguments(self, parser):
        parser.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="a head noted outside the database; finds a cut tail or an older table",
        )
        parser.add_argument("--head", action="store_true", help="only print the newest NUMBER:HASH")

    def handle(self, *args, expect, head, **options):
        if head:
            self.stdout.write("{}:{}".format(*workflow.chain_head()))
            return
        try:
            heads = [(int(number), digest) for number, digest in (one.split(":") for one in expect)]
        except ValueError as error:
            raise CommandError("--expect takes NUMBER:HASH") from error
        faults = workflow.verify_chain(heads=workflow.noted_heads() + heads)
        for fault in faults:
            self.stdout.write(f"{fault.number}: {fault.sort}: {fault.text}")
        if faults:
            raise CommandError(f"{len(faults)} faults")
        self.stdout.write(f"{workflow.chain_head()[0]} entries, whole")
