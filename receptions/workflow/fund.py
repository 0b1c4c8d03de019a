"""The fund for serving the people: asked by one, decided by another, paid back, corrected.

What the fund has left is its capacity row, what was booked stands in the ledger; both change in
one transaction, and the balance of the fund's account is what is left.
"""

from django.conf import settings
from django.db import transaction
from django.urls import reverse as address
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.reports import holders, ladder, reach
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.models import LedgerEntry
from common.text import has_personal_numbers, tidy
from common.workflow import post, reverse
from grids.choices import GridLevel
from notices.workflow import enqueue
from receptions.choices import EventVerb, RequestStatus
from receptions.models import FUND_ROLES, YEARLY_FEN, Fund, FundRequest
from receptions.workflow.moves import Move, append, moving, now

OPENING, ADVANCE, REPAYMENT = "opening", "advance", "repayment"
LEADING = (Role.STREET_SECRETARY, Role.DISTRICT_SECRETARY, Role.SUPERVISOR)
# More is asked of no fund; also keeps a slip of the finger out of the sums.
MOST_FEN = YEARLY_FEN


# --- Who may -------------------------------------------------------------------------------


def may_ask(grid, by) -> bool:
    """Whether this person is the secretary of the community."""
    return Role.COMMUNITY_SECRETARY in reach(by).roles_at(grid.path)


def may_lead(grid, by) -> bool:
    """Whether this person opens and publishes the fund of the place."""
    return not reach(by).roles_at(grid.path).isdisjoint(LEADING)


def _may_decide(row, by):
    """A second pair of eyes: a secretary or supervisor of the place, never whoever asked."""
    is_leading = not reach(by).roles_at(row.fund.grid.path).isdisjoint(FUND_ROLES)
    return is_leading and by.pk != row.requested_by_id


def _may_withdraw(row, by):
    return by.pk == row.requested_by_id


def _may_book(row, by):
    return not reach(by).roles_at(row.fund.grid.path).isdisjoint(FUND_ROLES)


FUND_MOVES = {
    EventVerb.ADVANCE: Move((RequestStatus.REQUESTED,), RequestStatus.ADVANCED, _may_decide),
    EventVerb.REFUSE: Move((RequestStatus.REQUESTED,), RequestStatus.REFUSED, _may_decide),
    EventVerb.WITHDRAW: Move((RequestStatus.REQUESTED,), RequestStatus.WITHDRAWN, _may_withdraw),
    # The last yuan ends it; taking a repayment back opens it again.
    EventVerb.REPAY: Move((RequestStatus.ADVANCED,), None, _may_book),
    EventVerb.CORRECT: Move((RequestStatus.ADVANCED, RequestStatus.REPAID), None, _may_decide),
}


# --- The year ------------------------------------------------------------------------------


@transaction.atomic
def open_fund(grid, year, *, by=None, at=None, limit_fen=YEARLY_FEN):
    """Open a community's fund of a year and book its sum; an open one is returned as it is."""
    at = at or now()
    if grid.level != GridLevel.COMMUNITY:
        raise RuleViolation(_("Only a community has a fund."), code="level")
    if by is not None and not may_lead(grid, by):
        raise NotAllowed(_("This step is not yours to take."))
    fund, is_new = Fund.objects.get_or_create(
        grid=grid,
        year=year,
        defaults={"limit": limit_fen, "is_demonstration": grid.is_demonstration},
    )
    if is_new:
        post(fund.account, fund.limit, OPENING, f"fund:{fund.pk}:open", by=by, at=at)
    return fund


@transaction.atomic
def publish(fund, *, by, at=None):
    """Let everybody read the figures and purposes of a fund."""
    fund = Fund.objects.select_for_update(of=("self",)).select_related("grid").get(pk=fund.pk)
    if by is not None and not may_lead(fund.grid, by):
        raise NotAllowed(_("This step is not yours to take."))
    if fund.published_at:
        raise AlreadyDone(_("This is published already."))
    fund.published_at = at or now()
    fund.save(update_fields=["published_at"])
    return fund


# --- A request -----------------------------------------------------------------------------


@transaction.atomic
def request(fund, *, by, amount_fen, purpose, ticket=None, repaid_from="", at=None):
    """Ask the fund for a sum for a matter that cannot wait for its own money.

    The purpose is published later: it must hold no number that leads to a person. Raises
    RuleViolation where the fund is of another year or has less left.
    """
    at = at or now()
    fund = Fund.objects.select_related("grid").get(pk=fund.pk)
    if not may_ask(fund.grid, by):
        raise NotAllowed(_("The community's secretary asks the fund."))
    if fund.year != timezone.localtime(at).year:
        raise RuleViolation(_("This is the fund of another year."), code="year")
    _check_amount(amount_fen, fund.left)
    row = FundRequest.objects.create(
        fund=fund,
        ticket=ticket,
        purpose=_checked_purpose(purpose),
        repaid_from=tidy(repaid_from, 120, one_line=True),
        amount_fen=amount_fen,
        requested_by=by,
        requested_at=at,
    )
    append(row, EventVerb.REQUEST, by=by, at=at, amount_fen=amount_fen)
    for user in deciders(row, at):
        _tell(row, user, gettext_noop("Asked of the fund: %(purpose)s"), EventVerb.REQUEST, "")
    return row


def advance(row, *, by, note="", at=None):
    """Advance the sum: take it from the fund and book it, in one transaction.

    Raises RuleViolation ("beyond") where the fund has less left by now.
    """
    with moving(row, EventVerb.ADVANCE, table=FUND_MOVES, by=by, at=at) as step:
        _decide(step, note)
        _claim(step.row, step.row.amount_fen)
        _book(step, -step.row.amount_fen, ADVANCE, step.row.key(ADVANCE))
    return _told(step, gettext_noop("Advanced from the fund: %(purpose)s"))


def refuse(row, *, by, note, at=None):
    """Refuse a request; the ground goes to whoever asked."""
    if not note.strip():
        raise RuleViolation(_("Please say why."), field="note")
    with moving(row, EventVerb.REFUSE, table=FUND_MOVES, by=by, at=at) as step:
        _decide(step, note)
    return _told(step, gettext_noop("Refused by the second reader: %(purpose)s"))


def withdraw(row, *, by, note="", at=None):
    """Take one's own request back before it is decided."""
    with moving(row, EventVerb.WITHDRAW, table=FUND_MOVES, by=by, at=at) as step:
        step.say(note=tidy(note, 200, one_line=True))
    return step.row


def repay(row, *, by, amount_fen, key, note="", at=None):
    """Book what came back, partly or wholly; `key` keeps a second tap from counting twice."""
    with transaction.atomic():
        # The lock makes the second of two taps see the booking of the first.
        row = FundRequest.objects.select_for_update(of=("self",)).get(pk=row.pk)
        key = row.key(f"repay:{key}")
        if LedgerEntry.objects.filter(key=key).exists():
            raise AlreadyDone(_("This is in the book already."))
        with moving(row, EventVerb.REPAY, table=FUND_MOVES, by=by, at=at) as step:
            owed = step.row.outstanding_fen
            if amount_fen <= 0:
                raise RuleViolation(_("Please give an amount above zero."), field="amount")
            if amount_fen > owed:
                raise RuleViolation(
                    _("Only %(owed)s yuan are still to be paid back.") % {"owed": yuan(owed)},
                    field="amount",
                    code="beyond",
                )
            Fund.objects.release(step.row.fund_id, amount_fen)
            step.set(repaid_fen=step.row.repaid_fen + amount_fen)
            if amount_fen == owed:
                step.set(status=RequestStatus.REPAID)
            step.say(note=tidy(note, 200, one_line=True))
            _book(step, amount_fen, REPAYMENT, key)
    return step.row


def correct(row, *, entry, by, note, at=None):
    """Take one mistaken booking of a request back by its opposite.

    A repayment that never came is owed again; an advance that never went out ends the request,
    which must have no repayments then.
    """
    if not note.strip():
        raise RuleViolation(_("Please say why."), field="note")
    with moving(row, EventVerb.CORRECT, table=FUND_MOVES, by=by, at=at) as step:
        if not correctable(step.row).filter(pk=entry.pk).exists():
            raise AlreadyDone(_("This booking is taken back already."))
        if entry.cause == ADVANCE:
            _undo_advance(step)
        else:
            _claim(step.row, entry.amount_fen)
            step.set(
                repaid_fen=step.row.repaid_fen - entry.amount_fen, status=RequestStatus.ADVANCED
            )
        back = reverse(
            entry,
            by=by,
            key=step.row.key(f"back:{entry.pk}"),
            at=step.at,
            text=_text_of(step.row),
        )
        step.say(note=tidy(note, 200, one_line=True), entry=back.pk, amount_fen=back.amount_fen)
    return step.row


def entries_of(row):
    """Return the bookings of a request, in order."""
    rows = LedgerEntry.objects.of(row.fund.account).filter(key__startswith=row.key(""))
    return rows.select_related("reversed_by")


def correctable(row):
    """Return the bookings of a request that stand: neither taken back nor taking one back."""
    return entries_of(row).filter(reverses=None, reversed_by=None)


def deciders(row, at):
    """Return who is asked to decide: the nearest secretary above the community who did not ask."""
    above = [duty.user for duty in ladder(row.fund.grid, at) if duty.user.pk != row.requested_by_id]
    found = above[:1] or [duty.user for duty in holders(Role.SUPERVISOR, at=at)][:1]
    return [user for user in found if user.pk != row.requested_by_id]


def yuan(fen):
    """Write fen as yuan without needless zeros: 2,000 or 1,999.50."""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}.{rest:02d}" if rest else f"{whole:,}"


def _check_amount(amount_fen, left):
    if amount_fen <= 0:
        raise RuleViolation(_("Please give an amount above zero."), field="amount")
    if amount_fen > min(left, MOST_FEN):
        raise _beyond(left)


def _beyond(left):
    return RuleViolation(
        _("The fund has %(left)s yuan left; this is more.") % {"left": yuan(left)},
        field="amount",
        code="beyond",
    )


def _checked_purpose(purpose):
    purpose = tidy(purpose, 200, one_line=True)
    if not purpose:
        raise RuleViolation(_("Please say what the money is for."), field="purpose")
    if has_personal_numbers(purpose):
        raise RuleViolation(
            _("The purpose is published: please leave out phone numbers and the like."),
            field="purpose",
        )
    return purpose


def _decide(step, note):
    step.set(decided_by=step.by, decided_at=step.at, note=tidy(note, 200, one_line=True))
    step.say(note=step.row.note)


def _claim(row, amount_fen):
    if not Fund.objects.claim(row.fund_id, amount_fen):
        raise _beyond(Fund.objects.get(pk=row.fund_id).left)


def _undo_advance(step):
    if step.row.repaid_fen:
        raise RuleViolation(_("Take back what was paid back first."), code="repaid")
    Fund.objects.release(step.row.fund_id, step.row.amount_fen)
    step.set(status=RequestStatus.WITHDRAWN)


def _book(step, amount_fen, cause, key):
    row = step.row
    entry = post(
        row.fund.account, amount_fen, cause, key, by=step.by, at=step.at, text=_text_of(row)
    )
    step.say(entry=entry.pk, amount_fen=amount_fen)


def _text_of(row):
    return row.purpose


def _told(step, sentence):
    _tell(step.row, step.row.requested_by, sentence, step.verb, step.row.note)
    return step.row


def _tell(row, user, sentence, verb, note):
    with translation.override(settings.LANGUAGE_CODE):
        enqueue(
            unique_key=f"fundrequest:{row.pk}:{verb}:{user.pk}",
            kind="fund",
            title=(_(sentence) % {"purpose": row.purpose})[:200],
            body=_("%(amount)s yuan. %(note)s") % {"amount": yuan(row.amount_fen), "note": note},
            to=user,
            link=address("fund:detail", args=[row.pk]),
        )
