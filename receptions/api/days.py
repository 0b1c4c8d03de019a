"""Reception days for other programs: coming days, booking, and one's own booking."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from receptions.choices import BookingSource
from receptions.forms.booking import MatterForm, SpeakerForm
from receptions.models import Booking
from receptions.reports.days import coming_days, public_days
from receptions.views.booking import category_of
from receptions.workflow import bookings
from tickets.api.base import IDEMPOTENCY_KEY, PublicEndpoint, answered
from tickets.api.public import judged, matter_of, read, slow_down_filing
from tickets.api.serializers import ProblemOut, TrackIn
from tickets.choices import Source
from tickets.workflow import Contact

MOST = 100


class DayOut(serializers.Serializer):
    """A day that everybody may come to, and how many places are free."""

    id = serializers.IntegerField(source="pk")
    place = serializers.CharField()
    community = serializers.CharField(source="grid.short_name")
    grid = serializers.CharField(source="grid.code")
    host = serializers.CharField()
    host_title = serializers.CharField()
    subject = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    status = serializers.CharField()
    free = serializers.IntegerField()
    places = serializers.IntegerField()
    waiting = serializers.IntegerField()


class SpeakerIn(serializers.Serializer):
    """Who comes and speaks; `booked_by` and `relation` where somebody else books."""

    name = serializers.CharField(max_length=200)
    phone = serializers.CharField(max_length=60, required=False, allow_null=True)
    wants_call = serializers.BooleanField(required=False, allow_null=True)
    booked_by = serializers.CharField(max_length=200, required=False, allow_null=True)
    relation = serializers.CharField(max_length=200, required=False, allow_null=True)


class BookingIn(serializers.Serializer):
    """A matter in words (and its place), or the number and code of one that was reported."""

    words = serializers.CharField(max_length=20_000, required=False, allow_null=True)
    grid = serializers.CharField(max_length=60, required=False, allow_null=True)
    reference = serializers.CharField(max_length=60, required=False, allow_null=True)
    tracking_code = serializers.CharField(max_length=60, required=False, allow_null=True)
    speaker = SpeakerIn()


class BookingOut(serializers.Serializer):
    """How a booking stands; the tracking code only where the booking filed a new matter."""

    day = serializers.IntegerField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)
    offered_until = serializers.DateTimeField(allow_null=True)
    queue_number = serializers.IntegerField(allow_null=True)
    reference = serializers.CharField()
    tracking_code = serializers.CharField(required=False)
    is_repeat = serializers.BooleanField(required=False)
    has_joined = serializers.BooleanField(required=False)


def told(booking, **more):
    return dict(
        BookingOut(
            {
                "day": booking.session_id,
                "status": booking.status,
                "starts_at": booking.slot and booking.slot.starts_at,
                "position": bookings.place_in_queue(booking),
                "offered_until": booking.offered_until,
                "queue_number": booking.queue_number,
                "reference": booking.ticket.reference,
            }
            | more
        ).data
    )


class Days(PublicEndpoint):
    """Reception days still to come."""

    @extend_schema(operation_id="reception_days", responses=DayOut(many=True))
    def get(self, request):
        """Return the coming public days of all communities, soonest first."""
        rows = coming_days(timezone.now())[:MOST]
        return Response({"results": DayOut(rows, many=True).data})


class Book(PublicEndpoint):
    """A place on a reception day."""

    @extend_schema(
        operation_id="reception_book",
        parameters=[IDEMPOTENCY_KEY],
        request=BookingIn,
        responses={201: BookingOut, 400: ProblemOut, 404: ProblemOut},
    )
    def post(self, request, pk):
        """Book the earliest free place, or one on the waiting list."""
        session = public_days().filter(pk=pk).first()
        if session is None:
            raise NotFound()
        said = read(BookingIn, request)
        speaker, helper = speaker_of(said["speaker"])
        what = matter_in(request, session, said, speaker, helper)
        slow_down_filing(request, speaker.phone)

        def produce():
            booked = bookings.book(
                session, people=[speaker], source=BookingSource.WEB, by=None, **what
            )
            more = {"is_repeat": booked.is_repeat, "has_joined": booked.has_joined}
            if booked.tracking_code:
                more["tracking_code"] = booked.tracking_code
            return 201, told(booked.booking, **more)

        return answered(request, f"receptions.book:api:{pk}", produce)


def speaker_of(said):
    """Return (who speaks, who books for them or None); raises ValidationError with all faults."""
    names = {"helper_name": "booked_by"}
    typed = {
        "name": said.get("name", ""),
        "phone": said.get("phone") or "",
        "wants_call": said.get("wants_call"),
        "helper_name": said.get("booked_by") or "",
        "relation": said.get("relation") or "",
    }
    clean, errors = judged(SpeakerForm(typed), names)
    if errors:
        raise ValidationError({f"speaker.{name}": faults for name, faults in errors.items()})
    speaker = Contact(
        name=clean["name"],
        phone=clean["phone"],
        relation=clean["relation"],
        wants_call=clean["wants_call"],
    )
    helper = Contact(name=clean["helper_name"], relation=clean["relation"])
    return speaker, None if helper.is_empty else helper


def matter_in(request, session, said, speaker, helper):
    """Return the matter as the workflow takes it: an own one by its code, or a new filing."""
    typed = {
        "words": said.get("words") or "",
        "place": said.get("grid") or "",
        "reference": said.get("reference") or "",
        "code": said.get("tracking_code") or "",
    }
    form = MatterForm(typed, community=session.grid)
    clean, errors = judged(form, {"place": "grid", "code": "tracking_code"})
    if errors:
        raise ValidationError(errors)
    if clean["reference"]:
        found = {"reference": typed["reference"], "tracking_code": typed["code"]}
        return {"ticket": matter_of(request, found)}
    return {
        "filing": bookings.filing_for(
            session,
            words=clean["words"],
            category_id=category_of(clean["words"]).id,
            grid=clean["place"],
            speaker=speaker,
            source=Source.API,
            helper=helper,
        )
    }


class MyBooking(PublicEndpoint):
    """One's own booking by the number and the code of its matter."""

    @extend_schema(
        operation_id="reception_booking",
        request=TrackIn,
        responses={200: BookingOut, 404: ProblemOut},
    )
    def post(self, request):
        """Return the newest booking of the matter; the same 404 for a wrong number or code."""
        ticket = matter_of(request, read(TrackIn, request))
        rows = Booking.objects.filter(ticket=ticket).select_related("slot", "ticket")
        booking = rows.order_by("pk").last()
        if booking is None:
            raise NotFound()
        return Response(told(booking))
