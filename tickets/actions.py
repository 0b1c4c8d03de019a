"""Which step of a ticket comes first on a page, and how steps are told in its history."""

from django.utils.translation import pgettext_lazy

from tickets.choices import Verb

# What moves the matter on, most pressing first; the first one allowed is the page's main action.
MAIN = (
    Verb.ARBITRATE,
    Verb.DISPATCH,
    Verb.ACKNOWLEDGE,
    Verb.RESOLVE,
    Verb.RESUME,
    Verb.ANSWER,
    Verb.RECORD_CALL,
    Verb.ACCEPT,
)
# Nothing to type: the button itself does it.
ONE_TAP = frozenset({Verb.ACCEPT, Verb.ACKNOWLEDGE, Verb.RESUME})

HAPPENED = {
    Verb.SUBMIT: pgettext_lazy("ticket history", "Reported"),
    Verb.ACCEPT: pgettext_lazy("ticket history", "Accepted"),
    Verb.REJECT: pgettext_lazy("ticket history", "Not accepted"),
    Verb.WITHDRAW: pgettext_lazy("ticket history", "Taken back by the resident"),
    Verb.MERGE: pgettext_lazy("ticket history", "Joined to another matter"),
    Verb.JOIN: pgettext_lazy("ticket history", "Somebody else has it too"),
    Verb.DISPATCH: pgettext_lazy("ticket history", "Handed over"),
    Verb.ACKNOWLEDGE: pgettext_lazy("ticket history", "Taken on"),
    Verb.RETURN: pgettext_lazy("ticket history", "Returned"),
    Verb.ARBITRATE: pgettext_lazy("ticket history", "Decided who handles it"),
    Verb.TRANSFER: pgettext_lazy("ticket history", "Passed on"),
    Verb.RECATEGORISE: pgettext_lazy("ticket history", "Category changed"),
    Verb.RECORD_FINDING: pgettext_lazy("ticket history", "Found on the spot"),
    Verb.CALL_CONTRACTOR: pgettext_lazy("ticket history", "Contractor called"),
    Verb.RECORD_ARRIVAL: pgettext_lazy("ticket history", "Contractor arrived"),
    Verb.FINISH_CONTRACTOR: pgettext_lazy("ticket history", "Contractor finished"),
    Verb.ASK_RESIDENT: pgettext_lazy("ticket history", "Asked the resident"),
    Verb.ANSWER: pgettext_lazy("ticket history", "The resident answered"),
    Verb.HOLD: pgettext_lazy("ticket history", "Put on hold"),
    Verb.RESUME: pgettext_lazy("ticket history", "Went on"),
    Verb.NOTE: pgettext_lazy("ticket history", "Note between colleagues"),
    Verb.RESOLVE: pgettext_lazy("ticket history", "Done"),
    Verb.RESOLVE_ON_SPOT: pgettext_lazy("ticket history", "Settled on the spot"),
    Verb.RECORD_CALL: pgettext_lazy("ticket history", "Called back"),
    Verb.CONFIRM: pgettext_lazy("ticket history", "The resident says solved"),
    Verb.DISPUTE: pgettext_lazy("ticket history", "The resident says not solved"),
    Verb.EXPIRE: pgettext_lazy("ticket history", "Closed without an answer"),
    Verb.REOPEN: pgettext_lazy("ticket history", "Reopened"),
    Verb.TELL_RESIDENT: pgettext_lazy("ticket history", "Told the resident"),
    Verb.URGE: pgettext_lazy("ticket history", "The resident asks to hurry"),
    Verb.ASK_EXTENSION: pgettext_lazy("ticket history", "More time asked for"),
    Verb.GRANT_EXTENSION: pgettext_lazy("ticket history", "More time granted"),
    Verb.REFUSE_EXTENSION: pgettext_lazy("ticket history", "More time refused"),
    Verb.CHANGE_POLICY: pgettext_lazy("ticket history", "New time limits applied"),
    Verb.ORDER: pgettext_lazy("ticket history", "Supervision order"),
    Verb.ANSWER_ORDER: pgettext_lazy("ticket history", "Order answered"),
    Verb.CLOSE_ORDER: pgettext_lazy("ticket history", "Order closed"),
    Verb.PROPOSE: pgettext_lazy("ticket history", "Proposed for the secretaries' day"),
    Verb.RELEASE: pgettext_lazy("ticket history", "Words released to the public"),
    Verb.ATTACH: pgettext_lazy("ticket history", "Photo added"),
}


def main_of(verbs):
    """Return the main one of the verbs somebody may use now, None when none moves it on."""
    return next((verb for verb in MAIN if verb in verbs), None)
