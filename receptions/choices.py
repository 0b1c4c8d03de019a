"""The words of calling people together: whistles, roll-calls, reception days, commitments."""

from django.db import models
from django.utils.translation import pgettext_lazy

# --- Whistles (吹哨报到) --------------------------------------------------------------------


class WhistleKind(models.TextChoices):
    """On which of the three occasions a community blows."""

    EMERGENCY = "emergency", pgettext_lazy("whistle kind", "Emergency")
    ENFORCEMENT = "enforcement", pgettext_lazy("whistle kind", "Law enforcement")
    TOUGH = "tough", pgettext_lazy("whistle kind", "Tough matter")


class WhistleStatus(models.TextChoices):
    """Where a whistle stands; the only writer is `receptions.workflow`."""

    DRAFT = "draft", pgettext_lazy("whistle status", "Draft")
    PENDING = "pending", pgettext_lazy("whistle status", "Waits for the street")
    BLOWN = "blown", pgettext_lazy("whistle status", "Blown")
    RESOLVED = "resolved", pgettext_lazy("whistle status", "Settled on the spot")
    HANDED_OVER = "handed_over", pgettext_lazy("whistle status", "Handed to a meeting")
    CLOSED = "closed", pgettext_lazy("whistle status", "Closed")
    REJECTED = "rejected", pgettext_lazy("whistle status", "No whistle matter")
    WITHDRAWN = "withdrawn", pgettext_lazy("whistle status", "Taken back")


# Departments are out, or may still be called.
WHISTLE_OPEN = (WhistleStatus.DRAFT, WhistleStatus.PENDING, WhistleStatus.BLOWN)
# The meeting on site is over; both sides may still score each other.
WHISTLE_MET = (WhistleStatus.RESOLVED, WhistleStatus.HANDED_OVER)
WHISTLE_ENDED = (WhistleStatus.CLOSED, WhistleStatus.REJECTED, WhistleStatus.WITHDRAWN)


class SummonsStatus(models.TextChoices):
    """How far one department that was called has come."""

    CALLED = "called", pgettext_lazy("summons status", "Called")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("summons status", "Coming")
    DECLINED = "declined", pgettext_lazy("summons status", "Cannot come")
    ON_SITE = "on_site", pgettext_lazy("summons status", "Reported in")
    RELEASED = "released", pgettext_lazy("summons status", "Not needed any more")


# Somebody still owes an answer or an arrival.
SUMMONS_WAITING = (SummonsStatus.CALLED, SummonsStatus.ACKNOWLEDGED)


class SummonsKind(models.TextChoices):
    """What a time limit of a summons is for: the three kinds of whistle, and the roll-call."""

    EMERGENCY = WhistleKind.EMERGENCY.value, pgettext_lazy("whistle kind", "Emergency")
    ENFORCEMENT = WhistleKind.ENFORCEMENT.value, pgettext_lazy("whistle kind", "Law enforcement")
    TOUGH = WhistleKind.TOUGH.value, pgettext_lazy("whistle kind", "Tough matter")
    ROLL_CALL = "roll_call", pgettext_lazy("summons kind", "Roll-call for a reception day")


# --- Reception days (有事您说话、书记接待日) --------------------------------------------------


class SessionKind(models.TextChoices):
    COMMUNITY_DAY = "community_day", pgettext_lazy("session kind", "Residents' reception day")
    STREET_DAY = "street_day", pgettext_lazy("session kind", "Street secretary's reception day")
    DISTRICT_DAY = (
        "district_day",
        pgettext_lazy("session kind", "District secretaries' reception day"),
    )


# Where the three levels of secretaries meet; residents book the community's day.
SECRETARY_DAYS = (SessionKind.STREET_DAY, SessionKind.DISTRICT_DAY)


class SessionForm(models.TextChoices):
    """How a secretaries' day is held: 报告、现场、座谈."""

    REPORT = "report", pgettext_lazy("session form", "Report")
    SITE_VISIT = "site_visit", pgettext_lazy("session form", "Site visit")
    TALK = "talk", pgettext_lazy("session form", "Talk")


class SessionStatus(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("session status", "Planned")
    PUBLISHED = "published", pgettext_lazy("session status", "Published")
    RUNNING = "running", pgettext_lazy("session status", "Under way")
    CLOSED = "closed", pgettext_lazy("session status", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("session status", "Cancelled")


class BookingStatus(models.TextChoices):
    HELD = "held", pgettext_lazy("booking status", "Place held")
    QUEUED = "queued", pgettext_lazy("booking status", "On the waiting list")
    OFFERED = "offered", pgettext_lazy("booking status", "A place is offered")
    ARRIVED = "arrived", pgettext_lazy("booking status", "Arrived")
    HEARD = "heard", pgettext_lazy("booking status", "Heard")
    ABSENT = "absent", pgettext_lazy("booking status", "Did not come")
    CANCELLED = "cancelled", pgettext_lazy("booking status", "Cancelled")


# Confirmed and offered both hold their slot (canteen_campaigns §6.2).
HOLDS_A_SLOT = (
    BookingStatus.HELD,
    BookingStatus.OFFERED,
    BookingStatus.ARRIVED,
    BookingStatus.HEARD,
)
# Still counts as this person's booking: the same matter twice is the same booking.
BOOKING_LIVE = (*HOLDS_A_SLOT, BookingStatus.QUEUED)


class BookingSource(models.TextChoices):
    WEB = "web", pgettext_lazy("booking source", "Web page")
    PHONE = "phone", pgettext_lazy("booking source", "Telephone")
    COUNTER = "counter", pgettext_lazy("booking source", "Counter")
    GRID = "grid", pgettext_lazy("booking source", "Grid worker")
    WALK_IN = "walk_in", pgettext_lazy("booking source", "Came without a booking")


class Outcome(models.TextChoices):
    """What came of a matter that was heard (domain notes §2.3)."""

    SOLVED_ON_SPOT = "solved_on_spot", pgettext_lazy("reception outcome", "Settled on the spot")
    PROMISED = "promised", pgettext_lazy("reception outcome", "Promised, with a name and a day")
    WHISTLE = "whistle", pgettext_lazy("reception outcome", "Departments are whistled for")
    SECRETARY_DAY = (
        "secretary_day",
        pgettext_lazy("reception outcome", "To the secretaries' reception day"),
    )
    EXPLAINED = "explained", pgettext_lazy("reception outcome", "Explained")
    NOT_ACCEPTED = "not_accepted", pgettext_lazy("reception outcome", "Not accepted")


# --- Secretaries' agenda and what is decided -------------------------------------------------


class ItemKind(models.TextChoices):
    MATTER = "matter", pgettext_lazy("agenda item", "Matter")
    OPINION = "opinion", pgettext_lazy("agenda item", "Opinion or proposal")


class Topic(models.TextChoices):
    """What a community secretary's opinion is about."""

    RULES = "rules", pgettext_lazy("opinion topic", "Rules")
    MONEY = "money", pgettext_lazy("opinion topic", "Money")
    POWERS = "powers", pgettext_lazy("opinion topic", "Powers")
    OTHER = "other", pgettext_lazy("opinion topic", "Something else")


class ItemGround(models.TextChoices):
    """Why something is on the agenda; the first four are proposed by the clocks themselves."""

    LATE = "late", pgettext_lazy("agenda ground", "Late beyond the last step")
    REPEATED = "repeated", pgettext_lazy("agenda ground", "The same fault again and again")
    UNSATISFIED = "unsatisfied", pgettext_lazy("agenda ground", "Redone and still not solved")
    REOPENED = "reopened", pgettext_lazy("agenda ground", "Reopened twice")
    SECRETARY = "secretary", pgettext_lazy("agenda ground", "Proposed by a secretary")
    COMMUNITY_DAY = "community_day", pgettext_lazy("agenda ground", "From a residents' day")
    WHISTLE = "whistle", pgettext_lazy("agenda ground", "From a whistle's meeting")
    OPINION = "opinion", pgettext_lazy("agenda ground", "A community secretary's opinion")


class ItemStatus(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("agenda item status", "Proposed")
    SCHEDULED = "scheduled", pgettext_lazy("agenda item status", "On the agenda")
    DECIDED = "decided", pgettext_lazy("agenda item status", "Decided")
    ANSWERED = "answered", pgettext_lazy("agenda item status", "Answered")
    DROPPED = "dropped", pgettext_lazy("agenda item status", "Taken off")


ITEM_OPEN = (ItemStatus.PROPOSED, ItemStatus.SCHEDULED)


class CommitmentStatus(models.TextChoices):
    """A commitment leaves the list only with somebody's word from outside (second look)."""

    OPEN = "open", pgettext_lazy("commitment status", "Promised")
    DONE = "done", pgettext_lazy("commitment status", "Said to be done")
    STRUCK_OFF = "struck_off", pgettext_lazy("commitment status", "Struck off")


class StruckBy(models.TextChoices):
    """Whose word let a commitment leave the list."""

    RESIDENT = "resident", pgettext_lazy("struck off by", "The resident's answer")
    SECRETARY = "secretary", pgettext_lazy("struck off by", "The proposing secretary's answer")
    ATTEMPTS = "attempts", pgettext_lazy("struck off by", "Three attempts on three days")


# --- Fund for serving the people (domain notes §2.2) ----------------------------------------


class RequestStatus(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("fund request", "Asked for")
    ADVANCED = "advanced", pgettext_lazy("fund request", "Advanced")
    REPAID = "repaid", pgettext_lazy("fund request", "Paid back")
    REFUSED = "refused", pgettext_lazy("fund request", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("fund request", "Taken back")


# Nothing is owed and nothing can be asked of it any more; a repayment may still be corrected.
FUND_ENDED = (RequestStatus.REPAID, RequestStatus.REFUSED, RequestStatus.WITHDRAWN)


class EventVerb(models.TextChoices):
    """What can happen to a whistle, a reception day or an agenda item; each event carries one."""

    # whistle
    WRITE = "write", pgettext_lazy("reception verb", "Written down")
    ASK_APPROVAL = "ask_approval", pgettext_lazy("reception verb", "Approval asked for")
    BLOW = "blow", pgettext_lazy("reception verb", "Blown")
    CALL = "call", pgettext_lazy("reception verb", "Called")
    ACKNOWLEDGE = "acknowledge", pgettext_lazy("reception verb", "Will come")
    DECLINE = "decline", pgettext_lazy("reception verb", "Cannot come")
    ARRIVE = "arrive", pgettext_lazy("reception verb", "Reported in")
    RELEASE = "release", pgettext_lazy("reception verb", "Not needed any more")
    RESOLVE = "resolve", pgettext_lazy("reception verb", "Settled on the spot")
    HAND_OVER = "hand_over", pgettext_lazy("reception verb", "Handed to a meeting")
    SCORE = "score", pgettext_lazy("reception verb", "Scored")
    REJECT = "reject", pgettext_lazy("reception verb", "Sent back as an ordinary matter")
    WITHDRAW = "withdraw", pgettext_lazy("reception verb", "Taken back")
    CLOSE = "close", pgettext_lazy("reception verb", "Closed")
    CLIMB = "climb", pgettext_lazy("reception verb", "Passed up")
    # session and its bookings
    PLAN = "plan", pgettext_lazy("reception verb", "Planned")
    CHANGE = "change", pgettext_lazy("reception verb", "Changed")
    PUBLISH = "publish", pgettext_lazy("reception verb", "Published")
    OPEN = "open", pgettext_lazy("reception verb", "Opened")
    CANCEL = "cancel", pgettext_lazy("reception verb", "Cancelled")
    BOOK = "book", pgettext_lazy("reception verb", "Booked")
    JOIN = "join", pgettext_lazy("reception verb", "One more person on the matter")
    OFFER = "offer", pgettext_lazy("reception verb", "A place offered")
    ACCEPT = "accept", pgettext_lazy("reception verb", "Offer accepted")
    LAPSE = "lapse", pgettext_lazy("reception verb", "Offer ran out")
    CANCEL_BOOKING = "cancel_booking", pgettext_lazy("reception verb", "Booking cancelled")
    CHECK_IN = "check_in", pgettext_lazy("reception verb", "Arrived")
    MISS = "miss", pgettext_lazy("reception verb", "Did not come")
    MOVE = "move", pgettext_lazy("reception verb", "Moved to another time")
    HEAR = "hear", pgettext_lazy("reception verb", "Heard")
    # agenda item
    PROPOSE = "propose", pgettext_lazy("reception verb", "Proposed")
    SCHEDULE = "schedule", pgettext_lazy("reception verb", "Put on the agenda")
    UNSCHEDULE = "unschedule", pgettext_lazy("reception verb", "Taken off the agenda")
    DECIDE = "decide", pgettext_lazy("reception verb", "Decided")
    ANSWER = "answer", pgettext_lazy("reception verb", "Answered")
    DROP = "drop", pgettext_lazy("reception verb", "Dropped")
    # request to the fund; it is withdrawn with the whistle's verb
    REQUEST = "request", pgettext_lazy("reception verb", "Asked for")
    ADVANCE = "advance", pgettext_lazy("reception verb", "Advanced")
    REFUSE = "refuse", pgettext_lazy("reception verb", "Refused")
    REPAY = "repay", pgettext_lazy("reception verb", "Paid back")
    CORRECT = "correct", pgettext_lazy("reception verb", "A booking taken back")
