"""A resident at the pages of a report, for tests: plain functions that post what a person types."""

import re
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from grids import workflow as grids_workflow

WORDS = "三号楼四号楼从早上就停电了，到现在没人来修。"


def post(client, name, data=None, **options):
    return client.post(reverse(f"tickets:{name}"), data or {}, **options)


def retire(grid):
    """End a place that has existed for a while."""
    grid.valid_from = "2024-01-01"
    grid.save()
    grids_workflow.retire_grid(grid)


def photo(name="a.jpg", colour="red", size=(60, 40)):
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def say_all(client, cast, *, contact=None, photos=(), words=WORDS):
    """Walk to the last page and return its form's hidden values."""
    post(client, "report", {"description": words})
    post(client, "report_where", {"place": cast.subarea.code})
    post(client, "report_photos", {"action": "next", "photos": list(photos)})
    post(client, "report_similar", {"other": "1"})
    post(client, "report_contact", contact or {})
    return hidden(client)


def hidden(client):
    page = client.get(reverse("tickets:report_check")).content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("draft", "version")
    }


def errors_of(client, name):
    """Return the page of a step as it is after a refusal."""
    return client.get(reverse(f"tickets:{name}")).content.decode()


def data_queries(found):
    """Count what reads or writes rows; the cache table is none of them."""
    words = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return len(
        [
            query["sql"]
            for query in found
            if query["sql"].lstrip().upper().startswith(words)
            and "django_cache" not in query["sql"]
        ]
    )
