"""The outbox: writing notices, delivering what is due, sending again what was given up."""

from notices.workflow.alarms import warn_of_budget
from notices.workflow.delivering import (
    HEARTBEAT,
    LEASE,
    MAX_ATTEMPTS,
    NO_PHONE,
    deliver_all,
    deliver_due,
)
from notices.workflow.resending import RESENT_AT_ONCE, Resent, has_way, resend
from notices.workflow.writing import (
    Message,
    enqueue,
    enqueue_many,
    mark_read,
    nudge,
    supersede,
    void,
)

__all__ = [
    "HEARTBEAT", "LEASE", "MAX_ATTEMPTS", "NO_PHONE", "RESENT_AT_ONCE", "Message", "Resent",
    "deliver_all", "deliver_due", "enqueue", "enqueue_many", "has_way", "mark_read", "nudge",
    "resend", "supersede", "void", "warn_of_budget",
]  # fmt: skip
