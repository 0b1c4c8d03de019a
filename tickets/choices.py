"""The words of a ticket's life: statuses, verbs, sources, kinds, and the groups that matter."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Status(models.TextChoices):
    """Where a ticket stands; the only writer is `tickets.workflow`."""

    SUBMITTED = "submitted", pgettext_lazy("ticket status", "Received")
    ACCEPTED = "accepted", pgettext_lazy("ticket status", "Accepted")
    DISPATCHED = "dispatched", pgettext_lazy("ticket status", "Handed over")
    IN_PROGRESS = "in_progress", pgettext_lazy("ticket status", "Being handled")
    ON_HOLD = "on_hold", pgettext_lazy("ticket status", "Waiting")
    RETURNED = "returned", pgettext_lazy("ticket status", "Looking for the right office")
    RESOLVED = "resolved", pgettext_lazy("ticket status", "Done, awaiting your word")
    CLOSED = "closed", pgettext_lazy("ticket status", "Closed")
    REJECTED = "rejected", pgettext_lazy("ticket status", "Not accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("ticket status", "Withdrawn")
    MERGED = "merged", pgettext_lazy("ticket status", "Joined to another")


# The resolve clock runs or is paused: somebody owes the resident work.
OPEN = (
    Status.SUBMITTED,
    Status.ACCEPTED,
    Status.DISPATCHED,
    Status.IN_PROGRESS,
    Status.ON_HOLD,
    Status.RETURNED,
)
# An organisation has it in hand, so a leg of its time runs.
WITH_ORGANISATION = (Status.DISPATCHED, Status.IN_PROGRESS, Status.ON_HOLD)
ENDED = (Status.CLOSED, Status.REJECTED, Status.WITHDRAWN, Status.MERGED)


class Verb(models.TextChoices):
    """What can be done to a ticket; each event carries one."""

    SUBMIT = "submit", pgettext_lazy("ticket verb", "Reported")
    ACCEPT = "accept", pgettext_lazy("ticket verb", "Accept")
    REJECT = "reject", pgettext_lazy("ticket verb", "Do not accept")
    WITHDRAW = "withdraw", pgettext_lazy("ticket verb", "Withdraw")
    MERGE = "merge", pgettext_lazy("ticket verb", "Join to another")
    JOIN = "join", pgettext_lazy("ticket verb", "Me too")
    DISPATCH = "dispatch", pgettext_lazy("ticket verb", "Hand over")
    ACKNOWLEDGE = "acknowledge", pgettext_lazy("ticket verb", "Take it on")
    RETURN = "return", pgettext_lazy("ticket verb", "Return with a reason")
    ARBITRATE = "arbitrate", pgettext_lazy("ticket verb", "Decide who handles it")
    TRANSFER = "transfer", pgettext_lazy("ticket verb", "Pass on")
    RECATEGORISE = "recategorise", pgettext_lazy("ticket verb", "Change the category")
    RECORD_FINDING = "record_finding", pgettext_lazy("ticket verb", "Record a finding")
    CALL_CONTRACTOR = "call_contractor", pgettext_lazy("ticket verb", "Call a contractor")
    RECORD_ARRIVAL = "record_arrival", pgettext_lazy("ticket verb", "Contractor arrived")
    FINISH_CONTRACTOR = "finish_contractor", pgettext_lazy("ticket verb", "Contractor finished")
    ASK_RESIDENT = "ask_resident", pgettext_lazy("ticket verb", "Ask the resident")
    ANSWER = "answer", pgettext_lazy("ticket verb", "Answer")
    HOLD = "hold", pgettext_lazy("ticket verb", "Put on hold")
    RESUME = "resume", pgettext_lazy("ticket verb", "Go on")
    NOTE = "note", pgettext_lazy("ticket verb", "Note for colleagues")
    RESOLVE = "resolve", pgettext_lazy("ticket verb", "Done: write the result")
    RESOLVE_ON_SPOT = "resolve_on_spot", pgettext_lazy("ticket verb", "Settled on the spot")
    RECORD_CALL = "record_call", pgettext_lazy("ticket verb", "Record a call-back")
    CONFIRM = "confirm", pgettext_lazy("ticket verb", "Solved")
    DISPUTE = "dispute", pgettext_lazy("ticket verb", "Not solved")
    EXPIRE = "expire", pgettext_lazy("ticket verb", "Closed without an answer")
    REOPEN = "reopen", pgettext_lazy("ticket verb", "Reopen")
    TELL_RESIDENT = "tell_resident", pgettext_lazy("ticket verb", "Tell the resident")
    URGE = "urge", pgettext_lazy("ticket verb", "Urge")
    ASK_EXTENSION = "ask_extension", pgettext_lazy("ticket verb", "Ask for more time")
    GRANT_EXTENSION = "grant_extension", pgettext_lazy("ticket verb", "Grant more time")
    REFUSE_EXTENSION = "refuse_extension", pgettext_lazy("ticket verb", "Refuse more time")
    CHANGE_POLICY = "change_policy", pgettext_lazy("ticket verb", "New time limits applied")
    ORDER = "order", pgettext_lazy("ticket verb", "Supervision order")
    ANSWER_ORDER = "answer_order", pgettext_lazy("ticket verb", "Answer the order")
    CLOSE_ORDER = "close_order", pgettext_lazy("ticket verb", "Close the order")
    PROPOSE = "propose", pgettext_lazy("ticket verb", "Proposed for the secretaries' day")
    RELEASE = "release", pgettext_lazy("ticket verb", "Release words to the public")
    ATTACH = "attach", pgettext_lazy("ticket verb", "Photo added")


class Source(models.TextChoices):
    """By which door a ticket came in."""

    WEB = "web", pgettext_lazy("ticket source", "Web page")
    QR = "qr", pgettext_lazy("ticket source", "Poster scanned")
    PHONE = "phone", pgettext_lazy("ticket source", "Telephone")
    COUNTER = "counter", pgettext_lazy("ticket source", "Counter")
    GRID = "grid", pgettext_lazy("ticket source", "Grid worker")
    API = "api", pgettext_lazy("ticket source", "Interface")
    MEETING = "meeting", pgettext_lazy("ticket source", "Decided in a meeting")


class Kind(models.TextChoices):
    """What the resident wants (诉求类型 of the hotline standards)."""

    HELP = "help", pgettext_lazy("ticket kind", "Help")
    QUESTION = "question", pgettext_lazy("ticket kind", "Question")
    COMPLAINT = "complaint", pgettext_lazy("ticket kind", "Complaint")
    TIP_OFF = "tip_off", pgettext_lazy("ticket kind", "Tip-off")
    SUGGESTION = "suggestion", pgettext_lazy("ticket kind", "Suggestion")
    PRAISE = "praise", pgettext_lazy("ticket kind", "Praise")


class Priority(models.TextChoices):
    URGENT = "urgent", pgettext_lazy("priority", "Urgent")
    HIGH = "high", pgettext_lazy("priority", "High")
    NORMAL = "normal", pgettext_lazy("priority", "Normal")
    LOW = "low", pgettext_lazy("priority", "Low")


class ClockMode(models.TextChoices):
    """Wall time for utilities and emergencies, the working calendar for the rest."""

    WALL = "wall", _("Round the clock")
    BUSINESS = "business", _("Working hours")


class LimitUnit(models.TextChoices):
    SECONDS = "seconds", _("Seconds")
    WORKING_DAYS = "working_days", _("Working days")


class Stage(models.TextChoices):
    """Which promise a clock keeps (sla.md, stages)."""

    ACCEPT = "accept", pgettext_lazy("clock stage", "Accept")
    CONTACT = "contact", pgettext_lazy("clock stage", "First contact")
    RESOLVE = "resolve", pgettext_lazy("clock stage", "Resolve")
    CONFIRM = "confirm", pgettext_lazy("clock stage", "Resident's word")
    # Never silent: no word to the resident for so long, and the holder must write.
    WORD = "word", pgettext_lazy("clock stage", "Keep the resident informed")


class ClockState(models.TextChoices):
    RUNNING = "running", pgettext_lazy("clock state", "Running")
    PAUSED = "paused", pgettext_lazy("clock state", "Paused")
    MET = "met", pgettext_lazy("clock state", "Kept")
    MISSED = "missed", pgettext_lazy("clock state", "Missed")
    CANCELLED = "cancelled", pgettext_lazy("clock state", "Cancelled")
    NOT_APPLICABLE = "na", pgettext_lazy("clock state", "No longer promised")


class Delivery(models.TextChoices):
    """What became of an escalation (sla.md, after downtime)."""

    PENDING = "pending", pgettext_lazy("escalation", "to be told")
    TOLD = "told", pgettext_lazy("escalation", "told")
    SUPERSEDED = "superseded", pgettext_lazy("escalation", "overtaken by a higher level")
    VOID = "void", pgettext_lazy("escalation", "no longer true")
    EXCUSED = "excused", pgettext_lazy("escalation", "excused by an extension")


class OrderGround(models.TextChoices):
    """Why a supervision order (督办单) is issued (domain notes, supervision practice)."""

    INSTRUCTION = "instruction", pgettext_lazy("ground of an order", "A secretary's instruction")
    LATE = "late", pgettext_lazy("ground of an order", "Late beyond the last step")
    REPEATED = "repeated", pgettext_lazy("ground of an order", "The same fault a third time")
    UNSATISFIED = "unsatisfied", pgettext_lazy("ground of an order", "Redone and still not solved")


class OrderState(models.TextChoices):
    OPEN = "open", pgettext_lazy("order", "Waiting for an answer")
    ANSWERED = "answered", pgettext_lazy("order", "Answered")
    CLOSED = "closed", pgettext_lazy("order", "Closed")


# Levels of a promise. Up to 100 they are shares of the limit used up, except the yellow card, one
# working day before the end (domain notes, supervision practice); after it the steps of the
# ladders.
HALF, MOST, YELLOW_CARD, LATE = 50, 80, 90, 100
STEPS = (110, 120, 130)
BEYOND_THE_LADDER = STEPS[-1]


class Part(models.TextChoices):
    """An organisation's part in a ticket: one leads, others help (主办、会办)."""

    LEAD = "lead", pgettext_lazy("part", "Lead")
    CO = "co", pgettext_lazy("part", "Co-handler")


class Outcome(models.TextChoices):
    """How a closed ticket ended, in the resident's word and not the office's."""

    SOLVED = "solved", pgettext_lazy("outcome", "The resident says solved")
    UNSOLVED = "unsolved", pgettext_lazy("outcome", "The resident says not solved")
    UNANSWERED = "unanswered", pgettext_lazy("outcome", "The resident did not answer")


class HoldReason(models.TextChoices):
    PARTS = "parts", pgettext_lazy("hold reason", "Waiting for parts or material")
    WEATHER = "weather", pgettext_lazy("hold reason", "Weather does not allow work")
    RESIDENT = "resident", pgettext_lazy("hold reason", "Waiting for the resident")
    THIRD_PARTY = "third_party", pgettext_lazy("hold reason", "Waiting for another unit")


class PersonKind(models.TextChoices):
    """Whose contact a row keeps."""

    RESIDENT = "resident", pgettext_lazy("person on a ticket", "Resident")
    HELPER = "helper", pgettext_lazy("person on a ticket", "Filed on behalf by")
    SUPPORTER = "supporter", pgettext_lazy("person on a ticket", "Me too")
