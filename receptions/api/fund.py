"""The fund and the duty roster for other programs: figures for everybody, the rest for staff."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.choices import OrganisationKind
from accounts.models import Organisation
from receptions.choices import RequestStatus
from receptions.models import FundRequest
from receptions.reports.fund import published_figures
from specialists.duty import on_duty
from tickets.api.base import PublicEndpoint, StaffEndpoint

MOST = 200


class UseOut(serializers.Serializer):
    """One sum that was advanced, in fen."""

    purpose = serializers.CharField()
    amount_fen = serializers.IntegerField()
    repaid_fen = serializers.IntegerField()


class FiguresOut(serializers.Serializer):
    """One community's fund of a year, in fen."""

    grid = serializers.CharField(source="fund.grid.code")
    grid_name = serializers.CharField(source="fund.grid.short_name")
    limit_fen = serializers.IntegerField(source="fund.limit")
    granted_fen = serializers.IntegerField()
    repaid_fen = serializers.IntegerField()
    outstanding_fen = serializers.IntegerField()
    is_demonstration = serializers.BooleanField(source="fund.is_demonstration")
    uses = UseOut(source="requests", many=True)


class RequestOut(serializers.Serializer):
    """A request to the fund as staff see it, in fen."""

    id = serializers.IntegerField(source="pk")
    grid = serializers.CharField(source="fund.grid.code")
    year = serializers.IntegerField(source="fund.year")
    purpose = serializers.CharField()
    status = serializers.ChoiceField(choices=RequestStatus.choices)
    amount_fen = serializers.IntegerField()
    repaid_fen = serializers.IntegerField()
    outstanding_fen = serializers.IntegerField()
    requested_at = serializers.DateTimeField()


class DutyOut(serializers.Serializer):
    """Who of an organisation is on duty at this moment; null where the roster has nobody."""

    organisation = serializers.CharField()
    person = serializers.CharField(allow_null=True)
    is_substitute = serializers.BooleanField()


def _listed(name, shape):
    return inline_serializer(name, {"results": shape(many=True)})


class FundFigures(PublicEndpoint):
    """The published figures of a year, without names."""

    @extend_schema(operation_id="fund_figures", responses=_listed("FundFigures", FiguresOut))
    def get(self, request, year):
        """Return what each community's fund advanced, got back, and for what."""
        rows = published_figures(year)
        if not rows:
            raise NotFound()
        return Response({"results": FiguresOut(rows, many=True).data})


class FundRequests(StaffEndpoint):
    """Requests to the funds within reach; empty for whom they are none of the business."""

    @extend_schema(operation_id="fund_requests", responses=_listed("FundRequests", RequestOut))
    def get(self, request):
        """Return at most the 200 newest requests within reach."""
        rows = FundRequest.objects.for_user(request.user).select_related("fund__grid")
        rows = rows.defer("fund__grid__outline").order_by("-pk")[:MOST]
        return Response({"results": RequestOut(rows, many=True).data})


class DutyNow(StaffEndpoint):
    """The duty roster of the utilities as it stands now."""

    @extend_schema(operation_id="duty_now", responses=_listed("DutyNow", DutyOut))
    def get(self, request):
        """Return who is on duty for each utility at this moment."""
        at = timezone.now()
        rows = []
        for each in Organisation.objects.active().filter(kind=OrganisationKind.UTILITY):
            duty = on_duty(each, at)
            rows.append(
                {
                    "organisation": each.code,
                    "person": str(duty.user) if duty else None,
                    "is_substitute": bool(duty and duty.is_substitute),
                }
            )
        return Response({"results": DutyOut(rows, many=True).data})
