"""How the roster writes a phone number; presentation only."""

from django import template

from accounts.models import User

register = template.Library()


@register.filter
def shown_phone(number):
    """Write a stored number as people read it: 100 0000 0001, or the landline as it is."""
    return User(phone=number).shown_phone
