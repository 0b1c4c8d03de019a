"""For staff: the list within reach, one ticket, the steps allowed now, and taking one."""

import django_filters
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts import directory as organisations
from common.errors import NotAllowed
from common.text import mask_text
from grids import directory as grids
from tickets import codes, workflow
from tickets.api import public, steps
from tickets.api import serializers as shapes
from tickets.api.base import (
    IDEMPOTENCY_KEY,
    Endpoint,
    IsStaffMember,
    StaffEndpoint,
    StaffSession,
    answered,
)
from tickets.api.paging import NewestFirst
from tickets.catalogue import categories
from tickets.choices import Verb
from tickets.filters import TicketFilter
from tickets.models import Ticket
from tickets.views.rows import for_rows, rows_of
from tickets.views.scope import ticket_in_reach
from tickets.views.telling import people_of, timeline
from tickets.views.ticket import knows_people, legs_of, people
from tickets.views.verbs import VERBS


def _organisation_codes():
    return [(each.code, each.label) for each in organisations.active()]


class ApiTicketFilter(TicketFilter):
    """The filters of the staff's list; organisations go by their code."""

    organisation = django_filters.ChoiceFilter(
        method="of_organisation", choices=_organisation_codes, label=gettext_lazy("Organisation")
    )

    @extend_schema_field(str)
    def of_organisation(self, rows, name, value):
        found = next(each for each in organisations.active() if each.code == value)
        return rows.filter(organisation_id=found.id)

    # The description would tell the type of the column, not that of the code.
    @extend_schema_field(str)
    def in_grid(self, rows, name, value):
        return super().in_grid(rows, name, value)

    @extend_schema_field(str)
    def with_category(self, rows, name, value):
        return super().with_category(rows, name, value)

    @extend_schema_field({"type": "string", "enum": ["me"]})
    def held(self, rows, name, value):
        return super().held(rows, name, value)

    @extend_schema_field(str)
    def with_text(self, rows, name, value):
        return super().with_text(rows, name, value)


class Tickets(Endpoint, GenericAPIView):
    """One address, two doors: everybody files by POST, staff list by GET."""

    serializer_class = shapes.RowOut
    filterset_class = ApiTicketFilter
    pagination_class = NewestFirst
    queryset = Ticket.objects.none()

    def is_filing(self):
        return self.request is not None and self.request.method == "POST"

    def get_authenticators(self):
        return [] if self.is_filing() else [StaffSession()]

    def get_permissions(self):
        return [AllowAny()] if self.is_filing() else [IsStaffMember()]

    @extend_schema(
        operation_id="tickets_file",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.FilingIn,
        responses={201: shapes.ReceiptOut, 400: shapes.ProblemOut, 409: shapes.ProblemOut},
    )
    def post(self, request):
        """File a matter; the answer is a receipt whose tracking code is shown this once."""
        return public.file(request)

    @extend_schema(operation_id="tickets_list", responses=shapes.RowOut(many=True))
    def get(self, request):
        """Return the tickets within reach, the newest first."""
        at = timezone.now()
        chosen = ApiTicketFilter(
            request.query_params, Ticket.objects.for_user(request.user), user=request.user, at=at
        )
        if not chosen.form.is_valid():
            raise ValidationError({name: list(said) for name, said in chosen.form.errors.items()})
        page = self.paginate_queryset(for_rows(chosen.qs))
        lines = [line_of(row) for row in rows_of(page, request.user, at)]
        return self.get_paginated_response(shapes.RowOut(lines, many=True).data)


def line_of(row):
    """Return what the API tells of a Row; every name comes from memory."""
    ticket = row.ticket
    category = categories[ticket.category_id]
    place, office = grids.get(ticket.grid_id), organisations.get(ticket.organisation_id)
    return {
        "reference": ticket.reference,
        "title": row.title,
        "status": ticket.status,
        "kind": ticket.kind,
        "category": {"code": category.code, "name": str(category)},
        "grid": {
            "code": place.code,
            "name": place.name,
            "path_names": grids.path_names(ticket.grid_id),
        },
        "organisation": office and {"code": office.code, "name": office.label},
        "holder": str(ticket.holder),
        "submitted_at": ticket.submitted_at,
        "promised_at": ticket.due_at,
        "is_late": row.is_late,
        "supporters": ticket.supporter_count,
        "main_action": row.main,
    }


def found(request, reference):
    """Return the ticket within reach; 404 for any other, and for what is no reference."""
    if not codes.is_reference(reference):
        raise Http404
    return ticket_in_reach(request, reference)


class OneTicket(StaffEndpoint):
    """One ticket within reach."""

    @extend_schema(operation_id="ticket", responses={200: shapes.DetailOut, 404: shapes.ProblemOut})
    def get(self, request, reference):
        """Return everything this person may know of the ticket."""
        ticket, user = found(request, reference), request.user
        line = line_of(rows_of([ticket], user, timezone.now())[0])
        events, knows = list(ticket.events.in_order()), knows_people(ticket, user)
        told = line | {
            "description": ticket.description if knows else mask_text(ticket.description),
            "address": ticket.address if knows else mask_text(ticket.address),
            "latitude": ticket.latitude,
            "longitude": ticket.longitude,
            "cycle": ticket.cycle,
            "seen": ticket.event_count,
            "people": people(ticket, user),
            "legs": legs_of(ticket, timezone.now()),
            "timeline": timeline(events, people_of(events), is_masked=not knows),
        }
        return Response(shapes.DetailOut(told).data)


class Actions(StaffEndpoint):
    """The steps that this person may take on the ticket now."""

    @extend_schema(
        operation_id="ticket_actions", responses={200: shapes.ActionsOut, 404: shapes.ProblemOut}
    )
    def get(self, request, reference):
        """Return the verbs allowed now, each with the fields it takes."""
        ticket, user = found(request, reference), request.user
        results = [
            {
                "verb": verb,
                "label": Verb(verb).label,
                "fields_to_send": steps.fields_of(VERBS[verb][0](ticket=ticket, user=user)),
            }
            for verb in workflow.available(ticket, user)
            if verb in VERBS
        ]
        return Response(shapes.ActionsOut({"seen": ticket.event_count, "results": results}).data)


class Step(StaffEndpoint):
    """Taking one step."""

    @extend_schema(
        operation_id="ticket_step",
        parameters=[IDEMPOTENCY_KEY],
        request=OpenApiTypes.OBJECT,
        responses={
            200: shapes.StandingOut,
            400: shapes.ProblemOut,
            403: shapes.ProblemOut,
            404: shapes.ProblemOut,
            409: shapes.ProblemOut,
        },
    )
    def post(self, request, reference, verb):
        """Do a verb of the ticket; `actions/` tells which there are and what they take."""
        ticket, step = found(request, reference), steps.verb_of(verb)
        if step is None:
            raise Http404
        body = request.data

        def produce():
            fresh = take(ticket, step, body, request.user)
            return 200, standing(fresh)

        return answered(request, f"tickets.{step.value}:{request.user.pk}:{reference}", produce)


def take(ticket, verb, body, user):
    """Do the verb with the page's form and workflow; raises ValidationError or RuleViolation."""
    form_class, do = VERBS[verb]
    form = steps.filled(form_class, body, ticket=ticket, user=user)
    if form.is_valid():
        with transaction.atomic():
            return do(ticket, by=user, seen=form.cleaned_data["seen"], **form.arguments())
    if verb not in workflow.available(ticket, user):
        raise NotAllowed(_("This step is not possible now, or not yours to take."))
    raise ValidationError({name: list(said) for name, said in form.errors.items()})


def standing(ticket):
    """Return how the ticket stands after a step, as plain JSON data."""
    told = {
        "reference": ticket.reference,
        "status": ticket.status,
        "promised_at": ticket.due_at,
        "holder": shapes.holder_of(ticket),
        "seen": ticket.event_count,
    }
    return dict(shapes.StandingOut(told).data)


class Organisations(StaffEndpoint):
    """The organisations that work, by their codes."""

    @extend_schema(operation_id="organisations", responses=shapes.ORGANISATIONS)
    def get(self, request):
        """Return code, name, kind and public phone of every organisation."""
        entries = [
            {"code": each.code, "name": each.label, "kind": each.kind, "phone": each.phone}
            for each in organisations.active()
        ]
        return Response({"results": shapes.OrganisationOut(entries, many=True).data})
