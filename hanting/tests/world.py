"""A small district with matters in it, each full of words that only some may ever read."""

import re
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from common.uploads import clean_photo
from hanting.tests import world_agenda, world_days, world_fund, world_whistles
from notices import workflow as notices
from notices.choices import Channel
from notices.models import Notice
from specialists.tests.cast import build_cast
from tickets import workflow
from tickets.choices import Kind
from tickets.tests.factories import make_category, make_receipt
from worktime.tests.factories import make_calendar

SEPARATORS = re.compile(r"(?<=\d)[\s\u00a0-]+(?=\d)")


@dataclass(frozen=True)
class Canary:
    """Words that can leak: of which matter, and whether they tell the matter or the reporter."""

    matter: str
    tells: str
    text: str


def build_world():
    """Return the cast with four matters and their canaries.

    `ordinary`, `tip_off` and `restricted` lie in the first community, `neighbour` next door. The
    tip-off is about the property company of the estate.
    """
    world = SimpleNamespace(cast=build_cast(), canaries=[], receipts={})
    # What an address is filled with where nothing real stands behind it.
    vars(world).update(
        one=1,
        year=2026,
        full="full",
        small="small",
        acknowledge="acknowledge",
        unknown_token="ABCDEFGH",
    )
    cast = world.cast
    make_calendar(2026)
    power = make_category(cast.power, is_immediate=True)
    community = make_category()
    restricted = make_category(is_restricted=True)
    _file(world, "ordinary", cast.subarea, power)
    _file(world, "tip_off", cast.subarea, community, kind=Kind.TIP_OFF, accused=cast.property)
    _file(world, "restricted", cast.subarea, restricted)
    _file(world, "neighbour", cast.neighbour_subarea, community)
    tickets = {name: receipt.ticket for name, receipt in world.receipts.items()}
    world.matters = SimpleNamespace(**tickets)
    for name, ticket in tickets.items():
        text = _plant(world, name, "words", f"内部意见{name}密语")
        workflow.note(ticket, by=ticket.holder, note=text)
        ticket.refresh_from_db()
    workflow.attach(world.matters.ordinary, by=cast.specialist, photos=[clean_photo(_picture())])
    world.matters.ordinary.refresh_from_db()
    world.photo = world.matters.ordinary.attachments.get()
    world.person = world.matters.ordinary.people.get()
    notices.deliver_all()
    world.notice = Notice.objects.filter(recipient=cast.specialist, channel=Channel.SITE).first()
    world_agenda.add(world)
    world_days.add(world)
    world_whistles.add(world)
    world_fund.add(world)
    return world


def _picture():
    """Return a small photo as a browser would send it."""
    data = BytesIO()
    Image.new("RGB", (40, 30), (180, 40, 30)).save(data, "JPEG")
    return SimpleUploadedFile("现场.jpg", data.getvalue(), "image/jpeg")


def _plant(world, matter, tells, text):
    world.canaries.append(Canary(matter, tells, text))
    return text


def _file(world, name, grid, category, **said):
    number = len(world.receipts) + 1
    contact = workflow.Contact(
        name=_plant(world, name, "reporter", "甲乙丙丁"[number - 1] + "雀鸣秋"),
        phone=_plant(world, name, "reporter", f"1000000770{number}"),
    )
    receipt = make_receipt(
        grid,
        category,
        title=_plant(world, name, "words", f"题目{name}暗号"),
        description=_plant(world, name, "words", f"正文{name}暗号，说来话长。"),
        address=_plant(world, name, "words", f"门牌{name}暗号"),
        resident=contact,
        **said,
    )
    _plant(world, name, "code", receipt.tracking_code)
    world.receipts[name] = receipt


def leaks(world, text, *, words, reporters):
    """Return the canaries in `text` that somebody who may read only these matters must not see.

    `words` are the matters whose words are open to the person, `reporters` those whose reporter.
    Digits are compared without the spaces that make them readable. Nobody sees a tracking code.
    """
    open_to = {"words": set(words), "reporter": set(reporters), "code": set()}
    plain = SEPARATORS.sub("", text)
    return [
        canary
        for canary in world.canaries
        if canary.matter not in open_to[canary.tells]
        and (canary.text in text or canary.text in plain)
    ]
