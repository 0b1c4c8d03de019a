"""Funds and requests for tests; they go through the verbs."""

from receptions.choices import RequestStatus
from receptions.workflow import fund as workflow
from receptions.workflow.moves import now

YEAR = now().year


def make_fund(cast, *, limit_yuan=100_000, year=YEAR, grid=None):
    """Return the open fund of the cast's first community."""
    return workflow.open_fund(grid or cast.community, year, limit_fen=limit_yuan * 100)


def make_request(cast, *, fund=None, yuan=2_000, upto=RequestStatus.REQUESTED, **said):
    """Return a request of the community's secretary, carried to a status by its verbs."""
    said.setdefault("purpose", "3号楼屋顶漏雨，先行垫付维修")
    row = workflow.request(
        fund or make_fund(cast), by=cast.secretary, amount_fen=yuan * 100, **said
    )
    if upto == RequestStatus.REFUSED:
        return workflow.refuse(row, by=cast.street_secretary, note="已有专项资金")
    if upto == RequestStatus.WITHDRAWN:
        return workflow.withdraw(row, by=cast.secretary)
    if upto in (RequestStatus.ADVANCED, RequestStatus.REPAID):
        row = workflow.advance(row, by=cast.street_secretary)
    if upto == RequestStatus.REPAID:
        row = workflow.repay(row, by=cast.secretary, amount_fen=row.amount_fen, key="whole")
    return row
