"""Passwords that anybody in the district would guess first."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CONTEXT_WORDS = (
    "hanting", "weifang", "shandong", "wangge", "grid",
    "寒亭", "潍坊", "山东", "网格", "社区", "街道",
)  # fmt: skip
# So much must be left when the words everybody knows are taken out.
OWN_LENGTH = 8


class ContextWordValidator:
    """Refuses a password that is little more than the district's, the town's or the portal's name.

    A long sentence may hold such a word: it is the rest that counts.
    """

    def validate(self, password, user=None):
        rest = password.casefold()
        for word in CONTEXT_WORDS:
            rest = rest.replace(word, "")
        if rest != password.casefold() and len(rest) < OWN_LENGTH:
            raise ValidationError(
                _(
                    "This password is built from the name of the place or the portal, which "
                    "anybody would try first. Please choose another one."
                ),
                code="password_context_word",
            )

    def get_help_text(self):
        return _("Do not build your password from the name of the place or the portal.")
