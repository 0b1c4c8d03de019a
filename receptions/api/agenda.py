"""The secretaries' agenda and the promises made in meetings, for other programs of the staff."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from receptions.models import AgendaItem, Commitment
from receptions.views import agenda as pages
from receptions.views import commitments as promises
from receptions.workflow import agenda as workflow
from receptions.workflow import second_look
from receptions.workflow.moves import available
from tickets.api.base import IDEMPOTENCY_KEY, StaffEndpoint, answered
from tickets.api.serializers import ProblemOut

MOST = 200


class ItemOut(serializers.Serializer):
    """An agenda item in its place, with the reasons in words."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    ground = serializers.CharField()
    topic = serializers.CharField()
    status = serializers.CharField()
    title = serializers.CharField()
    place = serializers.CharField()
    reference = serializers.CharField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    day = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(allow_null=True)
    decision = serializers.CharField()
    reply = serializers.CharField()
    reply_by = serializers.DateField(allow_null=True)
    verbs = serializers.ListField(child=serializers.CharField())


class CommitmentOut(serializers.Serializer):
    """A promise: what, whose, by when, and how it stands."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    status = serializers.CharField()
    lead = serializers.CharField()
    owner = serializers.CharField()
    due_on = serializers.DateField()
    is_overdue = serializers.BooleanField()
    reopened = serializers.IntegerField()
    struck_off_by = serializers.CharField()
    verbs = serializers.ListField(child=serializers.CharField())


def item_out(line, user):
    item = line["item"]
    told = {
        "id": item.pk,
        "kind": item.kind,
        "ground": item.ground,
        "topic": item.topic,
        "status": item.status,
        "title": line["title"],
        "place": line["place"],
        "reference": item.ticket.reference if item.ticket and line["is_mine"] else None,
        "reasons": line["reasons"],
        "day": item.session_id,
        "position": item.position,
        "decision": item.decision if line["is_mine"] else "",
        "reply": item.reply,
        "reply_by": item.reply_by,
        "verbs": available(item, user, workflow.ITEM_MOVES),
    }
    return dict(ItemOut(told).data)


def commitment_out(line, user):
    row = line["row"]
    told = {
        "id": row.pk,
        "text": line["text"],
        "status": row.status,
        "lead": row.lead.code,
        "owner": str(row.owner),
        "due_on": row.due_on,
        "is_overdue": line["is_overdue"],
        "reopened": row.reopen_count,
        "struck_off_by": row.struck_by,
        "verbs": available(row, user, second_look.COMMITMENT_MOVES),
    }
    return dict(CommitmentOut(told).data)


class Items(StaffEndpoint):
    """What is proposed for the secretaries."""

    @extend_schema(operation_id="agenda_items", responses=ItemOut(many=True))
    def get(self, request):
        """Return the open items within reach, in the order in which they should be heard."""
        if not pages.reads_agenda(request.user):
            raise PermissionDenied()
        found = AgendaItem.objects.for_user(request.user).open()
        found = found.select_related("ticket", "grid", "session", "proposed_by")
        items = list(found.prefetch_related("session__co_hosts")[:MOST])
        lines = pages.lines_of(items, request.user, timezone.now())
        return Response({"results": [item_out(line, request.user) for line in lines]})


class OneItem(StaffEndpoint):
    """One agenda item within reach."""

    @extend_schema(operation_id="agenda_item", responses={200: ItemOut, 404: ProblemOut})
    def get(self, request, pk):
        """Return the item with the steps that may be taken now."""
        item = pages.item_in_reach(request, pk)
        line = pages.lines_of([item], request.user, timezone.now())[0]
        return Response(item_out(line, request.user))


class ItemStep(StaffEndpoint):
    """Taking one step on an item."""

    @extend_schema(
        operation_id="agenda_item_step",
        parameters=[IDEMPOTENCY_KEY, OpenApiParameter("verb", str, "path")],
        request=OpenApiTypes.OBJECT,
        responses={
            200: ItemOut,
            400: ProblemOut,
            403: ProblemOut,
            404: ProblemOut,
            409: ProblemOut,
        },
    )
    def post(self, request, pk, verb):
        """Do a verb of the item with the fields of its page, without the page's prefix."""
        item = pages.item_in_reach(request, pk)
        if verb not in pages.VERBS:
            raise Http404
        form_class, do = pages.VERBS[verb]
        form = form_class(request.data, item=item)

        def produce():
            fresh = taken(form, lambda: do(item, by=request.user, **form.arguments()))
            line = pages.lines_of([fresh], request.user, timezone.now())[0]
            return 200, item_out(line, request.user)

        return answered(request, f"agenda.{verb}:{request.user.pk}:{pk}", produce)


def taken(form, do):
    """Return what the verb returns; raises ValidationError for what the form refuses."""
    if not form.is_valid():
        raise ValidationError({name: list(said) for name, said in form.errors.items()})
    return do()


class Commitments(StaffEndpoint):
    """Promises within reach that have not left the list."""

    @extend_schema(operation_id="commitments", responses=CommitmentOut(many=True))
    def get(self, request):
        """Return the promises on the list, the nearest day first."""
        rows = promises.with_names(Commitment.objects.for_user(request.user).unsettled())
        lines = promises.lines_of(rows.soonest_first()[:MOST], request.user, timezone.now())
        return Response({"results": [commitment_out(line, request.user) for line in lines]})


class OneCommitment(StaffEndpoint):
    """One promise within reach."""

    @extend_schema(operation_id="commitment", responses={200: CommitmentOut, 404: ProblemOut})
    def get(self, request, pk):
        """Return the promise with the steps that may be taken now."""
        row = promises.commitment_in_reach(request, pk)
        return Response(told(row, request.user))


class CommitmentStep(StaffEndpoint):
    """Saying that a promise is kept, or what came of asking."""

    @extend_schema(
        operation_id="commitment_step",
        parameters=[IDEMPOTENCY_KEY, OpenApiParameter("verb", str, "path")],
        request=OpenApiTypes.OBJECT,
        responses={
            200: CommitmentOut,
            400: ProblemOut,
            403: ProblemOut,
            404: ProblemOut,
            409: ProblemOut,
        },
    )
    def post(self, request, pk, verb):
        """Do `report-done` (result) or `call-back` (reached, kept, note)."""
        row = promises.commitment_in_reach(request, pk)
        if verb not in promises.STEPS:
            raise Http404
        form_class, do = promises.STEPS[verb]
        form = form_class(request.data)

        def produce():
            fresh = taken(form, lambda: do(row, by=request.user, **form.cleaned_data))
            return 200, told(fresh, request.user)

        return answered(request, f"commitment.{verb}:{request.user.pk}:{pk}", produce)


def told(row, user):
    return commitment_out(promises.lines_of([row], user, timezone.now())[0], user)
