"""The refusals that a user reads: every rule of the portal is broken with one of these."""


class RuleViolation(Exception):
    """Say in the user's language why something cannot be done.

    `message` is fit to be shown as it stands (and may be lazily translated), `code` is a stable
    word for programs and tests, `field` names the form or API field that the sentence belongs to.
    """

    code = "rule"

    def __init__(self, message, *, code=None, field=None):
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field

    def __str__(self):
        return str(self.message)


class AlreadyDone(RuleViolation):
    """Somebody was faster: nothing is wrong, the page shows it as news and not as an error."""

    code = "already_done"


class NotAllowed(RuleViolation):
    """The object is in reach but this person may not do this to it."""

    code = "not_allowed"


class StalePage(RuleViolation):
    """The page was opened before the last change, so its form would answer an older state."""

    code = "stale_page"
