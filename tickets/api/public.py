"""For everybody: the category tree, filing, following, and the resident's last word."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from accounts.reports import is_staff_member
from common import crypto
from common.limits import client_address, network_of, take
from common.text import tidy
from grids.choices import GridLevel
from grids.reports import locate, nearest
from tickets import catalogue, workflow
from tickets.api import serializers as shapes
from tickets.api.base import IDEMPOTENCY_KEY, PublicEndpoint, answered, hold_back
from tickets.choices import Source
from tickets.forms.resident import (
    AnswerForm,
    CheckForm,
    ConfirmForm,
    ContactForm,
    PlaceForm,
    ReasonForm,
    UrgeForm,
    WhatForm,
    tidy_reference,
)
from tickets.models import Ticket
from tickets.suggest import suggest
from tickets.views import intake, track

# Where a form's field stands in the API; the other names are the same.
FIELDS = {"place": "grid"}
CONTACT_FIELDS = {
    "own": {"name": "contact.name", "phone": "contact.phone", "is_anonymous": "contact.anonymous"},
    "other": {
        "name": "on_behalf_of.name",
        "phone": "on_behalf_of.phone",
        "relation": "on_behalf_of.relation",
        "helper_name": "contact.name",
        "helper_phone": "contact.phone",
    },
}
YES_OR_NO = {True: "yes", False: "no"}
LONGEST_TYPED = 60


def read(shape, request):
    """Return what was sent, with every value of the right type; raises ValidationError."""
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return {name: value for name, value in sent.validated_data.items() if value is not None}


def judged(form, names=FIELDS):
    """Return (cleaned data, errors by the API's field names) of a form of the pages."""
    form.is_valid()
    errors = {names.get(name, name): list(said) for name, said in form.errors.items()}
    return form.cleaned_data, errors


def typed(text):
    """Return something read off a receipt, harmless; whatever is longer fits nothing anyway."""
    return tidy(text[:LONGEST_TYPED], LONGEST_TYPED, one_line=True)


# --- Categories ----------------------------------------------------------------------------


class Categories(PublicEndpoint):
    """The kinds of matters, as a tree of two levels."""

    @extend_schema(operation_id="categories", responses=shapes.CATEGORIES)
    def get(self, request):
        """Return the category tree; codes of the inner level go into a new ticket."""
        results = [
            {
                "code": top.code,
                "name": str(top),
                "children": shapes.CategoryOut(
                    [
                        {
                            "code": leaf.code,
                            "name": str(leaf),
                            "emergency_number": leaf.emergency_number,
                        }
                        for leaf in leaves
                    ],
                    many=True,
                ).data,
            }
            for top, leaves in catalogue.tree()
        ]
        return Response({"results": results}, headers={"Cache-Control": "max-age=300"})


# --- Filing --------------------------------------------------------------------------------


def file(request):
    """File a matter; the answer is a receipt whose tracking code is shown this once."""
    said = read(shapes.FilingIn, request)
    filing = filing_of(said)
    slow_down_filing(request, (filing.helper or filing.resident).phone)

    def produce():
        receipt = workflow.file_ticket(filing)
        ticket = receipt.ticket
        answer = {
            "reference": ticket.reference,
            "tracking_code": receipt.tracking_code,
            "status": ticket.status,
            "promised_at": ticket.due_at,
            "holder": shapes.holder_of(ticket),
            "routing_reason": receipt.reason,
        }
        return 201, dict(shapes.ReceiptOut(answer).data)

    return answered(request, "tickets.file:api", produce)


def filing_of(said):
    """Return what was sent as the workflow takes it; raises ValidationError with all faults."""
    what, errors = judged(
        WhatForm({"description": said["description"], "title": said.get("title", "")})
    )
    grid, address, faults = place_of(said)
    errors |= faults
    people, faults = contact_of(said)
    errors |= faults
    category = said.get("category") or likely(what)
    check, faults = judged(CheckForm({"category": category, "kind": said.get("kind", "")}))
    errors |= faults
    if errors:
        raise ValidationError(errors)
    resident, helper = intake.people_of(people)
    return workflow.Filing(
        description=what["description"],
        title=what["title"],
        category_id=check["category"].id,
        kind=check["kind"],
        grid=grid,
        source=Source.API,
        address=address,
        latitude=said.get("latitude"),
        longitude=said.get("longitude"),
        resident=resident,
        helper=helper,
    )


def likely(what):
    """Return the code of the category the words suggest, else of the one for what is unsure."""
    found = suggest(what.get("description", ""), what.get("title", ""), limit=1)
    return found[0].category.code if found else intake.UNSURE


def place_of(said):
    """Return (grid, address, errors): the place by its code, or where the position lies."""
    found, errors = judged(
        PlaceForm({"place": said.get("grid", ""), "address": said.get("address", "")})
    )
    point = said.get("latitude"), said.get("longitude")
    if (point[0] is None) != (point[1] is None):
        missing = "latitude" if point[0] is None else "longitude"
        errors[missing] = [_("A position has both a latitude and a longitude.")]
    elif point[0] is not None:
        inside, near = locate(*point), nearest(*point, limit=1)
        if inside is None and not near:
            errors["latitude"] = [_("This position lies outside the district.")]
        if not said.get("grid"):
            # The smallest outline wins; most villages have none, but a point near by.
            is_small = inside is not None and inside.level >= GridLevel.COMMUNITY
            found["place"] = inside if is_small else near[0].grid if near else None
            errors.pop("grid", None)
            if inside is not None and found["place"] is None:
                errors["grid"] = [_("No village or estate is known just there. Please name it.")]
    return found.get("place"), found.get("address", ""), errors


def contact_of(said):
    """Return (cleaned ContactForm, errors): the person concerned, and who writes for them."""
    contact, other = said.get("contact", {}), said.get("on_behalf_of")
    own = {name: contact.get(name) or "" for name in ("name", "phone")}
    if other is None:
        form = ContactForm(own | {"is_anonymous": contact.get("anonymous")})
        return judged(form, CONTACT_FIELDS["own"])
    form = ContactForm(
        {name: other.get(name) or "" for name in ("name", "phone", "relation")}
        | {"for_other": True, "helper_phone": own["phone"]}
        # Whoever writes for somebody stands on the record, or it would be anybody's word.
        | {"helper_name": "" if contact.get("anonymous") else own["name"]}
    )
    return judged(form, CONTACT_FIELDS["other"])


def slow_down_filing(request, phone):
    """Count a filing by phone and by address; raises 429. Staff who are signed in are exempt."""
    if is_staff_member(request.visitor):
        return
    address = network_of(client_address(request))
    counts = [
        take("file-address", address, limit=intake.FILED_FROM_ADDRESS, window_s=intake.HOUR_S)
    ]
    if phone:
        counts += [
            take("file-hour", phone, limit=intake.FILED_AN_HOUR, window_s=intake.HOUR_S),
            take("file-day", phone, limit=intake.FILED_A_DAY, window_s=intake.DAY_S),
        ]
    hold_back(*counts)


# --- Following -----------------------------------------------------------------------------


def matter_of(request, said):
    """Return the ticket of a reference and its code; the same 404 for a wrong one of either.

    One query and one digest in every case. Raises 429 after too many tries.
    """
    reference, code = tidy_reference(typed(said["reference"])), typed(said["tracking_code"])
    if not is_staff_member(request.visitor):
        address = network_of(client_address(request))
        hold_back(
            take(
                "track-ref",
                reference,
                limit=track.TRIES_A_REFERENCE,
                window_s=track.REFERENCE_WINDOW_S,
            ),
            take("track-address", address, limit=track.TRIES_AN_ADDRESS, window_s=track.HOUR_S),
        )
    found = Ticket.objects.select_related("holder", "organisation", "merged_into")
    ticket = found.filter(reference=reference).first()
    expected = ticket.tracking_digest if ticket else track.NOBODY
    if not crypto.digests_equal(expected, crypto.tracking_digest(code)):
        raise NotFound()
    return ticket


def progress_of(ticket):
    """Return how the matter stands; a joined one tells how the main matter stands."""
    told = track.told(ticket)
    main, promise = told["main"], told["promise"]
    return dict(
        shapes.ProgressOut(
            {
                "reference": ticket.reference,
                "status": ticket.status,
                "says": told["present"],
                "promised_at": main.due_at,
                "first_promised_at": promise.first_due_at,
                "moved_because": promise.moved_because,
                "why": promise.why,
                "next_word_by": promise.next_word_at,
                "is_late": told["is_late"],
                "may_urge": told["may_urge"],
                "urged_at": told["urged_at"],
                "holder": shapes.holder_of(main),
                "question": told["question"],
                "timeline": told["happenings"],
            }
        ).data
    )


class Progress(PublicEndpoint):
    """How a matter stands."""

    @extend_schema(
        operation_id="progress",
        request=shapes.TrackIn,
        responses={200: shapes.ProgressOut, 404: shapes.ProblemOut},
    )
    def post(self, request):
        """Return status, promise, holder and history to whoever knows reference and code."""
        said = read(shapes.TrackIn, request)
        return Response(progress_of(matter_of(request, said)))


class Confirm(PublicEndpoint):
    """The resident's last word."""

    @extend_schema(
        operation_id="progress_confirm",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.ConfirmIn,
        responses={200: shapes.ProgressOut, 404: shapes.ProblemOut, 409: shapes.ProblemOut},
    )
    def post(self, request):
        """Close the matter as solved, or let it go on: not solved."""
        said = read(shapes.ConfirmIn, request)
        comment = said.get("comment", "")
        answers = {True: "yes", False: "no"}
        form = ConfirmForm(
            {"satisfied": answers.get(said.get("satisfied"), ""), "comment": comment}
        )
        if not said["solved"]:
            form = ReasonForm({"comment": comment})
        cleaned = accepted(form)

        def do(ticket):
            if said["solved"]:
                return workflow.confirm(ticket, **cleaned)
            return workflow.dispute(ticket, satisfied=said.get("satisfied"), **cleaned)

        return say(request, said, "confirm", do)


class Answer(PublicEndpoint):
    """The answer to a question."""

    @extend_schema(
        operation_id="progress_answer",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.AnswerIn,
        responses={200: shapes.ProgressOut, 404: shapes.ProblemOut, 409: shapes.ProblemOut},
    )
    def post(self, request):
        """Answer the open question; the clock goes on."""
        said = read(shapes.AnswerIn, request)
        cleaned = accepted(AnswerForm({"note": said["note"]}))
        return say(request, said, "answer", lambda ticket: workflow.answer(ticket, **cleaned))


class Urge(PublicEndpoint):
    """The wish that somebody hurries."""

    @extend_schema(
        operation_id="progress_urge",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.UrgeIn,
        responses={200: shapes.ProgressOut, 404: shapes.ProblemOut, 409: shapes.ProblemOut},
    )
    def post(self, request):
        """Tell the holder and the supervisor that the resident asks to hurry, once a day."""
        said = read(shapes.UrgeIn, request)
        cleaned = accepted(UrgeForm({"note": said.get("note", "")}))
        return say(request, said, "urge", lambda ticket: workflow.urge(ticket, **cleaned))


def accepted(form):
    """Return a form's cleaned data; raises ValidationError."""
    cleaned, errors = judged(form)
    if errors:
        raise ValidationError(errors)
    return cleaned


def say(request, said, word, do):
    """Do a resident's verb and answer how the matter stands then."""
    ticket = matter_of(request, said)

    def produce():
        return 200, progress_of(do(ticket))

    return answered(request, f"tickets.{word}:api:{ticket.pk}", produce)
