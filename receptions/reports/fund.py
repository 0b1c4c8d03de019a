"""Figures of the fund for serving the people, as they stand in the book and as everybody reads."""

from dataclasses import dataclass

from django.db.models import Prefetch

from receptions.models import Fund, FundRequest


@dataclass(frozen=True)
class Figures:
    """One community's fund of a year in fen, with the requests for which money went out."""

    fund: Fund
    requests: tuple[FundRequest, ...]

    @property
    def granted_fen(self):
        return sum(each.amount_fen for each in self.requests)

    @property
    def repaid_fen(self):
        return sum(each.repaid_fen for each in self.requests)

    @property
    def outstanding_fen(self):
        return self.granted_fen - self.repaid_fen


def figures(funds) -> list[Figures]:
    """Return the figures of funds, by place; two queries for any number of them."""
    paid = Prefetch("requests", FundRequest.objects.paid().order_by("pk"), to_attr="paid")
    rows = funds.select_related("grid").defer("grid__outline").prefetch_related(paid)
    return [Figures(fund, tuple(fund.paid)) for fund in rows.order_by("grid__path")]


def total(rows) -> dict[str, int]:
    """Return the sums of several funds' figures."""
    names = ("granted_fen", "repaid_fen", "outstanding_fen")
    return {name: sum(getattr(row, name) for row in rows) for name in names}


def published_figures(year) -> list[Figures]:
    """Return what everybody may read of a year: the funds that were published."""
    return figures(Fund.objects.published().filter(year=year))


def published_years() -> list[int]:
    """Return the years of which something is published, the newest first."""
    years = Fund.objects.published().order_by("-year").values_list("year", flat=True)
    return list(years.distinct())
