"""What the fund puts on today's list: requests that wait for this person's decision."""

from django.urls import reverse
from django.utils.translation import gettext as _

from receptions.choices import RequestStatus
from receptions.models import FundRequest
from receptions.todo import ToDo
from receptions.workflow.fund import deciders, yuan


def todos(user, at):
    """Return the requests of which this person is the first to decide."""
    rows = FundRequest.objects.for_user(user).filter(status=RequestStatus.REQUESTED)
    rows = rows.exclude(requested_by=user).select_related("fund__grid", "requested_by")
    asked = {}
    return [
        ToDo(
            kind="fund",
            title=row.purpose,
            place=str(row.fund.grid),
            address=reverse("fund:detail", args=[row.pk]),
            action=_("Decide"),
            note=_("%(amount)s yuan asked of the fund") % {"amount": yuan(row.amount_fen)},
        )
        for row in rows.defer("fund__grid__outline").order_by("pk")[:50]
        if user in _asked(asked, row, at)
    ]


def _asked(asked, row, at):
    """Return who decides, looked up once for each community and person that asked."""
    key = row.fund.grid_id, row.requested_by_id
    if key not in asked:
        asked[key] = deciders(row, at)
    return asked[key]
