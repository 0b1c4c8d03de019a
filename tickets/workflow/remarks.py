"""Remarks about the portal: answering one."""

from django.utils.translation import gettext as _

from common.errors import RuleViolation
from common.text import has_personal_numbers


def answer_remark(remark, *, by, answer, is_released, at):
    """Store the answer of `by`; released words must hold no number of a person."""
    if is_released and has_personal_numbers(f"{remark.text}\n{answer}"):
        raise RuleViolation(
            _("There is a phone or identity number in it: it cannot be shown to everybody."),
            field="is_released",
        )
    remark.answer, remark.is_released = answer, is_released
    remark.answered_by, remark.answered_at = by, at
    remark.save(update_fields=["answer", "is_released", "answered_by", "answered_at"])
    return remark
