"""Supervision orders (督办): by a secretary or by rule, answered, and closed with a result."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.models import Posting
from accounts.reports import SECRETARIES, Roster, day_of, ladder, leader_of, manager_of
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import tidy
from tickets.choices import OrderGround, OrderState, Verb
from tickets.models import TEXT_LIMIT, SupervisionOrder, Ticket
from tickets.workflow import words
from tickets.workflow.acting import acting
from tickets.workflow.parties import SYSTEM, may_answer, may_close

LONGEST_ORDER = timedelta(days=30)
# By when a rule wants an answer; a secretary names the day.
RULE_LIMIT = timedelta(days=3)
REPEATS = 3
REPEAT_DAYS = 90

BY_RULE = {
    OrderGround.LATE: gettext_noop(
        "Late beyond the last step of the ladder: say when it will be done and what stands in "
        "the way."
    ),
    OrderGround.REPEATED: gettext_noop(
        "The same fault a third time within 90 days: say what repairs it for good."
    ),
    OrderGround.UNSATISFIED: gettext_noop(
        "Redone and still not solved in the resident's word: look at it again in person."
    ),
}


def issue_order(ticket, *, by, text, due_at, addressee=None, at=None, seen=None):
    """Order somebody to act and to answer by a day; by default whoever heads the holder's side.

    Raises RuleViolation for an empty order, a day in the past or more than 30 days away, and for
    an addressee who cannot read the matter.
    """
    text = tidy(text or "", TEXT_LIMIT)
    if not text:
        raise RuleViolation(_("Please write what is to be done."), field="text")
    with acting(ticket, Verb.ORDER, by=by, at=at, seen=seen) as act:
        if due_at is None or due_at <= act.at:
            raise RuleViolation(_("Please give a time that is still to come."), field="due_at")
        if due_at > act.at + LONGEST_ORDER:
            raise RuleViolation(_("Thirty days at most."), field="due_at")
        addressee = addressee or head_of(act.ticket, act.at)
        if not Ticket.objects.for_user(addressee).filter(pk=act.ticket.pk).exists():
            raise RuleViolation(_("This person cannot read the matter."), field="addressee")
        order = _write(act, OrderGround.INSTRUCTION, addressee, text, due_at, issued_by=by)
    return order


def order_by_rule(act, ground):
    """Let a rule order the head of the holder's side to answer, once for each ground."""
    known = SupervisionOrder.objects.filter(ticket=act.ticket, ground=ground, issued_by=None)
    if known.exists():
        return None
    text = words.say(BY_RULE[ground])
    addressee = head_of(act.ticket, act.at)
    return _write(act, ground, addressee, text, act.at + RULE_LIMIT, issued_by=None)


def words_of_order(text, ground):
    """Return what an order says; what a rule has said, in the language of the page.

    It is kept in Chinese, as it was sent; a sentence that the rule has since worded anew stays.
    """
    sentence = BY_RULE.get(ground)
    return _(sentence) if sentence and text == words.say(sentence) else text


def _write(act, ground, addressee, text, due_at, *, issued_by):
    order = SupervisionOrder.objects.create(
        ticket=act.ticket,
        ground=ground,
        issued_by=issued_by,
        issued_at=act.at,
        addressee=addressee,
        organisation_id=act.ticket.organisation_id,
        text=text,
        due_at=due_at,
    )
    act.append(
        verb=Verb.ORDER,
        by=issued_by or SYSTEM,
        order=order.pk,
        ground=str(ground),
        addressee=addressee.pk,
        until=due_at.isoformat(),
        note=text,
    )
    words.tell_staff(
        act.ticket,
        addressee,
        "order",
        words.say(gettext_noop("Supervision order: %(title)s"), title=act.ticket.title),
        words.say(gettext_noop("%(text)s Answer by %(day)s."), text=text, day=words.on_day(due_at)),
        key=order.pk,
        urgent=True,
    )
    return order


def answer_order(order, *, by, note, at=None):
    """Answer an order: its addressee, or a manager of the organisation it went to."""
    note = tidy(note or "", TEXT_LIMIT)
    if not note:
        raise RuleViolation(_("Please write your answer."), field="note")
    with acting(order.ticket, Verb.ANSWER_ORDER, by=by, at=at) as act:
        order = _fresh(order)
        if not may_answer(order, by):
            raise NotAllowed(_("This order went to somebody else."))
        if order.state != OrderState.OPEN:
            raise AlreadyDone(_("This order has been answered."))
        order.state, order.answer = OrderState.ANSWERED, note
        order.answered_by, order.answered_at = by, act.at
        order.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        act.append(order=order.pk, note=note)
        for user in watchers(order, act.at):
            title = words.say(gettext_noop("Order answered: %(title)s"), title=act.ticket.title)
            words.tell_staff(act.ticket, user, "order_answered", title, note, key=order.pk)
    return order


def close_order(order, *, by, note, at=None):
    """Close an order with its result: an answered one, or one's own that needs no answer now."""
    note = tidy(note or "", TEXT_LIMIT)
    if not note:
        raise RuleViolation(_("Please write what came of it."), field="note")
    with acting(order.ticket, Verb.CLOSE_ORDER, by=by, at=at) as act:
        order = _fresh(order)
        if order.state == OrderState.CLOSED:
            raise AlreadyDone(_("This order is closed already."))
        if order.state == OrderState.OPEN and not may_close(order, by):
            raise RuleViolation(_("Nobody has answered this order yet."))
        if not may_close(order, by):
            raise NotAllowed(_("Whoever answered an order cannot close it."))
        order.state, order.result = OrderState.CLOSED, note
        order.closed_by, order.closed_at = by, act.at
        order.save(update_fields=["state", "result", "closed_by", "closed_at"])
        act.append(order=order.pk, note=note)
        title = words.say(gettext_noop("Order closed: %(title)s"), title=act.ticket.title)
        words.tell_staff(act.ticket, order.addressee, "order_closed", title, note, key=order.pk)
    return order


def _fresh(order):
    """Return the order as it is now; the ticket's lock, which is held, keeps it so."""
    return SupervisionOrder.objects.select_related("addressee", "issued_by").get(pk=order.pk)


def remind_of_orders(at):
    """Tell, once, that an order's day has passed without an answer; return how many."""
    late = SupervisionOrder.objects.late(at).filter(reminded_at=None)
    orders = list(late.select_related("ticket__grid", "addressee", "issued_by")[:200])
    for order in orders:
        title = words.say(
            gettext_noop("Order not answered in time: %(title)s"), title=order.ticket.title
        )
        for user in {order.addressee, *watchers(order, at)}:
            words.tell_staff(order.ticket, user, "order_late", title, order.text, key=order.pk)
    SupervisionOrder.objects.filter(pk__in=[order.pk for order in orders]).update(reminded_at=at)
    return len(orders)


def watchers(order, at):
    """Return who waits for the answer: the issuer, or the supervisors for an order by rule."""
    return [order.issued_by] if order.issued_by else supervisors_of(order.ticket, at)


def head_of(ticket, at):
    """Return who answers for the holder's side: the organisation's leader, else its manager.

    For a matter of the community, and where an organisation has neither, the nearest secretary
    above who is not the holder; nobody there leaves the holder.
    """
    if ticket.organisation_id:
        for found in (leader_of(ticket.organisation, at), manager_of(ticket.organisation, at)):
            if found:
                return found.user
    above = [duty.user for duty in ladder(ticket.grid, at) if duty.posting.role in SECRETARIES]
    return next((user for user in above if user.pk != ticket.holder_id), ticket.holder)


def supervisors_of(ticket, at):
    """Return who watches over the matter: supervisors of the nearest place around that has some."""
    rows = Posting.objects.current(day_of(at)).filter(
        role=Role.SUPERVISOR, grid__path__in=ticket.grid.ancestor_paths
    )
    rows = list(rows.select_related("user", "grid").order_by("-grid__level", "pk"))
    nearest = [row for row in rows if row.grid.level == rows[0].grid.level]
    return [duty.user for duty in Roster(nearest, at).on_duty(nearest)]


def is_third_repeat(ticket):
    """Whether the same kind of matter comes from this place for the third time in 90 days."""
    since = ticket.submitted_at - timedelta(days=REPEAT_DAYS)
    place = {"subarea_id": ticket.subarea_id} if ticket.subarea_id else {"grid_id": ticket.grid_id}
    same = Ticket.objects.filter(
        category_id=ticket.category_id,
        submitted_at__gte=since,
        resolved_at__isnull=False,
        merged_into=None,
        **place,
    )
    return same.exclude(pk=ticket.pk)[:REPEATS].count() >= REPEATS - 1
