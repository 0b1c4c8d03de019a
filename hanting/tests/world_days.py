"""A public reception day in the small district, with one booking of the ordinary matter."""

from receptions.tests.factories_days import publish
from receptions.workflow import bookings
from tickets.workflow import Contact


def add(world):
    """Add `day` and `booking` to the world; the speaker is the matter's own reporter."""
    world.day = publish(world.cast)
    person = world.matters.ordinary.people.get()
    speaker = Contact(name=person.name, phone=person.phone)
    booked = bookings.book(
        world.day, ticket=world.matters.ordinary, people=[speaker], source="web", by=None
    )
    world.booking = booked.booking
    world.nobodys_token = "1-0"
