"""How far the calendar can be trusted, for pages that have no view of ours."""

from django import template
from django.utils import timezone

from worktime import reports

register = template.Library()


@register.simple_tag
def calendar_state():
    """Return the year it is, `coverage`, and the `provisional_years` that need a person now."""
    return {
        "year": timezone.localdate().year,
        "coverage": reports.coverage(),
        "provisional_years": reports.provisional_years(),
    }
