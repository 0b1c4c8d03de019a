"""Photos of a matter: kept with it at filing, added later by whoever has a part in it."""

from django.core.files.base import ContentFile
from django.utils import timezone

from common.uploads import check_count
from tickets.choices import Verb
from tickets.models import Attachment
from tickets.workflow.acting import acting
from tickets.workflow.parties import RESIDENT


def keep_photos(ticket, photos, *, event=None):
    """Store clean photos (common.uploads.CleanPhoto) with a ticket; return how many were new.

    The same picture twice on one ticket is one. The files are written first: should the
    transaction fail, a file without a row is left, never a row without a file.
    """
    rows = [_row(ticket, photo, event) for photo in photos]
    return len(Attachment.objects.bulk_create(rows, ignore_conflicts=True)) if rows else 0


def _row(ticket, photo, event):
    row = Attachment(
        ticket=ticket, event=event, width=photo.width, height=photo.height, sha256=photo.sha256
    )
    folder = timezone.localtime(row.created_at).strftime("photos/%Y/%m")
    storage = Attachment._meta.get_field("file").storage
    row.file.name = storage.save(f"{folder}/{photo.name}", ContentFile(photo.bytes))
    row.thumbnail.name = storage.save(f"{folder}/small-{photo.name}", ContentFile(photo.thumb))
    return row


def attach(ticket, *, by=RESIDENT, photos, at=None, seen=None):
    """Add photos to a matter that is not closed; nine at most with those it has."""
    with acting(ticket, Verb.ATTACH, by=by, at=at, seen=seen) as act:
        held = set(act.ticket.attachments.values_list("sha256", flat=True))
        fresh = [photo for photo in photos if photo.sha256 not in held]
        check_count(fresh, already=len(held))
        if fresh:
            act.append(photos=len(fresh))
            keep_photos(act.ticket, fresh)
    return act.ticket
