"""For staff: whistles within reach, writing one, and every step of it and of its summonses."""

from django.http import Http404
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from accounts import directory as organisations
from grids import directory as grids
from receptions.forms.whistles import WhistleFilterForm, WhistleForm
from receptions.models import Whistle
from receptions.reports.whistles import communities_of
from receptions.views.whistle_scope import (
    summons_in_reach,
    ticket_to_whistle_about,
    whistle_in_reach,
    whistles_in_reach,
)
from receptions.views.whistle_verbs import ANSWERS, STEPS
from receptions.views.whistles import filtered, head
from receptions.workflow import calling, summonses, whistles
from tickets.api.base import IDEMPOTENCY_KEY, StaffEndpoint, answered
from tickets.api.paging import NewestFirst
from tickets.api.serializers import ProblemOut
from tickets.views.lists import Order

# Fields that name organisations go by their codes outside.
BY_CODE = ("organisations", "organisation", "lead")
REFUSALS = {400: ProblemOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut}


# --- Shapes ---------------------------------------------------------------------------------------


class SummonsOut(serializers.Serializer):
    """One called department: who, how it stands, until when, and the points of both sides."""

    id = serializers.IntegerField()
    organisation = serializers.CharField()
    person = serializers.CharField()
    reason = serializers.CharField()
    status = serializers.CharField()
    answer_by = serializers.DateTimeField()
    arrive_by = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()
    score_by_community = serializers.IntegerField(allow_null=True)
    score_by_organisation = serializers.IntegerField(allow_null=True)
    actions = serializers.ListField(child=serializers.CharField())


class WhistleRowOut(serializers.Serializer):
    """A whistle in a list."""

    number = serializers.CharField()
    ticket = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.CharField()
    grid = serializers.CharField()
    created_at = serializers.DateTimeField()
    blown_at = serializers.DateTimeField(allow_null=True)


class WhistleOut(WhistleRowOut):
    """A whistle with everything this person may know of it, and the steps they may take."""

    facts = serializers.CharField()
    ground = serializers.CharField()
    minutes = serializers.CharField()
    summonses = SummonsOut(many=True)
    actions = serializers.ListField(child=serializers.CharField())


class WhistleIn(serializers.Serializer):
    """A new whistle; organisations by their codes."""

    ticket = serializers.CharField()
    kind = serializers.CharField()
    ground = serializers.CharField()
    facts = serializers.CharField(required=False)
    organisations = serializers.ListField(child=serializers.CharField())


def row_of(whistle):
    place = grids.get(whistle.ticket.grid_id)
    return {
        "number": whistle.number,
        "ticket": whistle.ticket.reference,
        "kind": whistle.kind,
        "status": whistle.status,
        "grid": place.code,
        "created_at": whistle.created_at,
        "blown_at": whistle.blown_at,
    }


def whole(whistle, user):
    """Return what one person is told of a whistle, as plain JSON data."""
    at = timezone.now()
    told = row_of(whistle) | {
        "facts": head(whistle, user)["facts"],
        "ground": whistle.ground,
        "minutes": whistle.minutes,
        "summonses": [call_of(each, user, at) for each in whistle.summonses.all()],
        "actions": [str(verb) for verb in whistles.steps_on(whistle, user, at)],
    }
    return dict(WhistleOut(told).data)


def call_of(summons, user, at):
    office = organisations.get(summons.organisation_id)
    copied = (
        "status", "answer_by", "arrive_by", "answered_at", "arrived_at", "score_by_community",
        "score_by_organisation",
    )  # fmt: skip
    return {name: getattr(summons, name) for name in copied} | {
        "id": summons.pk,
        "organisation": office.code,
        "person": str(summons.person),
        "reason": calling.explain(summons.reason),
        "is_late": summonses.is_running(summons) and summons.is_late(at),
        "actions": [str(verb) for verb in summonses.steps_on(summons, user)],
    }


# --- Addresses ------------------------------------------------------------------------------------


class NewestWhistles(NewestFirst):
    order = Order("created_at", True)


class Whistles(StaffEndpoint, GenericAPIView):
    """The whistles within reach, and writing one."""

    serializer_class = WhistleRowOut
    pagination_class = NewestWhistles
    queryset = Whistle.objects.none()

    @extend_schema(
        operation_id="whistles_list",
        parameters=[
            OpenApiParameter(name, str) for name in ("state", "kind", "place", "month", "mine")
        ],
        responses=WhistleRowOut(many=True),
    )
    def get(self, request):
        """Return the whistles within reach, the newest first."""
        places = communities_of(request.user)
        form = WhistleFilterForm(request.query_params, places=places)
        if not form.is_valid():
            raise_for(form)
        found = filtered(whistles_in_reach(request.user), form, request.user)
        page = [row_of(each) for each in self.paginate_queryset(found)]
        return self.get_paginated_response(WhistleRowOut(page, many=True).data)

    @extend_schema(
        operation_id="whistles_write",
        parameters=[IDEMPOTENCY_KEY],
        request=WhistleIn,
        responses={201: WhistleOut, **REFUSALS},
    )
    def post(self, request):
        """Write a whistle as a draft; `blow` or `ask_approval` sends it."""
        body = an_object(request.data)
        ticket = ticket_to_whistle_about(request, str(body.get("ticket", ""))[:20])
        if not whistles.may_write(ticket, request.user):
            raise Http404

        def produce():
            form = WhistleForm(sent({"facts": ticket.description} | body), ticket=ticket)
            if not form.is_valid():
                raise_for(form)
            whistle = whistles.write(ticket, by=request.user, **form.cleaned_data)
            return 201, whole(whistle, request.user)

        return answered(request, f"whistles.write:{request.user.pk}", produce)


class OneWhistle(StaffEndpoint):
    """One whistle within reach."""

    @extend_schema(operation_id="whistle", responses={200: WhistleOut, 404: ProblemOut})
    def get(self, request, number):
        """Return everything this person may know of the whistle."""
        return Response(whole(whistle_in_reach(request, number), request.user))


class WhistleStep(StaffEndpoint):
    """Taking one step of a whistle."""

    @extend_schema(
        operation_id="whistle_step",
        parameters=[IDEMPOTENCY_KEY],
        request=OpenApiTypes.OBJECT,
        responses={200: WhistleOut, **REFUSALS},
    )
    def post(self, request, number, verb):
        """Do a verb; `actions` of the whistle tells which, the page's form what it takes."""
        if verb not in STEPS:
            raise Http404
        whistle = whistle_in_reach(request, number)
        options = {"whistle": whistle} if STEPS[verb].knows_whistle else {}

        def produce():
            take(STEPS[verb], whistle, request, **options)
            return 200, whole(whistle_in_reach(request, number), request.user)

        return answered(request, f"whistles.{verb}:{request.user.pk}:{number}", produce)


class SummonsStep(StaffEndpoint):
    """Answering a summons, telling of an arrival, giving points."""

    @extend_schema(
        operation_id="summons_step",
        parameters=[IDEMPOTENCY_KEY],
        request=OpenApiTypes.OBJECT,
        responses={200: SummonsOut, **REFUSALS},
    )
    def post(self, request, pk, verb):
        """Do a verb of a summons."""
        if verb not in ANSWERS:
            raise Http404
        summons = summons_in_reach(request, pk)

        def produce():
            take(ANSWERS[verb], summons, request)
            fresh = call_of(summons_in_reach(request, pk), request.user, timezone.now())
            return 200, dict(SummonsOut(fresh).data)

        return answered(request, f"summonses.{verb}:{request.user.pk}:{pk}", produce)


# --- Sent -----------------------------------------------------------------------------------------


def take(step, row, request, **options):
    """Do a step with the page's form and workflow; raises ValidationError or RuleViolation."""
    form = step.form(sent(an_object(request.data)), **options)
    if not form.is_valid():
        raise_for(form)
    given = {name: value for name, value in form.cleaned_data.items() if value is not None}
    step.do(row, by=request.user, **given)


def an_object(body):
    if not isinstance(body, dict):
        raise ValidationError(_("This could not be read. Please send one JSON object."))
    return body


def sent(body):
    """Return the texts a page would have sent for this JSON; raises ValidationError."""
    data, errors = MultiValueDict(), {}
    for name, value in body.items():
        values = value if isinstance(value, list) else [value]
        if any(isinstance(each, bool) or not isinstance(each, str | int) for each in values):
            errors[name] = [_("This has the wrong type.")]
        elif name in BY_CODE:
            codes = {each.code: str(each.id) for each in organisations.active()}
            data.setlist(name, [codes.get(str(each), "-") for each in values])
        else:
            data.setlist(name, [str(each) for each in values])
    if errors:
        raise ValidationError(errors)
    return data


def raise_for(form):
    raise ValidationError({name: list(said) for name, said in form.errors.items()})
