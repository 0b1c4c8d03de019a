"""A believable duty roster of the utilities, with invented people and numbers."""

from datetime import time, timedelta

from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation, Posting
from specialists.models import DutyShift
from specialists.workflow import add_shift

# The night of the working days, and the whole days of the weekend, by turns of three people.
WEEK = (
    ("13", time(17, 30), time(8, 30)),
    ("245", time(17, 30), time(8, 30)),
    ("67", time(8, 30), time(8, 30)),
)
# 100 0001 XXXX is no mobile number in China.
NIGHT_PHONE = "+8610000{:06d}"


def plant(at):
    """Give each utility a roster that began a month ago; heat keeps none, so a hole shows."""
    day = at.date() - timedelta(days=30)
    utilities = Organisation.objects.active().filter(kind=OrganisationKind.UTILITY)
    for number, each in enumerate(utilities.exclude(code="heat").order_by("code")):
        if DutyShift.objects.filter(posting__organisation=each).exists():
            continue
        people = Posting.objects.current().filter(organisation=each)
        people = people.with_role(Role.SPECIALIST).order_by("pk")[: len(WEEK)]
        for turn, (posting, shift) in enumerate(zip(people, WEEK, strict=False)):
            weekdays, starts_at, ends_at = shift
            add_shift(
                posting,
                by="demonstration",
                weekdays=weekdays,
                starts_at=starts_at,
                ends_at=ends_at,
                valid_from=day,
                phone=NIGHT_PHONE.format(900 + number * 10 + turn),
                is_demonstration=True,
            )
