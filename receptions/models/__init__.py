"""The tables of the receptions app, one module a subject."""

from receptions.models.agenda import AgendaEvent, AgendaItem
from receptions.models.bookings import Booking, Representative
from receptions.models.commitments import Attempt, Commitment
from receptions.models.fund import FUND_ROLES, YEARLY_FEN, Fund, FundEvent, FundRequest
from receptions.models.policies import SessionPolicy, SummonsPolicy
from receptions.models.sessions import Session, SessionEvent, Slot
from receptions.models.summonses import BEST, WORST, Summons
from receptions.models.whistles import Whistle, WhistleEvent

__all__ = [
    "BEST", "FUND_ROLES", "WORST", "YEARLY_FEN", "AgendaEvent", "AgendaItem", "Attempt", "Booking",
    "Commitment", "Fund", "FundEvent", "FundRequest", "Representative", "Session", "SessionEvent",
    "SessionPolicy", "Slot", "Summons", "SummonsPolicy", "Whistle", "WhistleEvent",
]  # fmt: skip
