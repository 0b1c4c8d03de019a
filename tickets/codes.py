"""References that can be read out on the phone, and tracking codes that cannot be guessed."""

import secrets

REFERENCE_LENGTH = 10
# 31 letters and digits without those that look alike: 10 of them are about 50 bits.
TRACKING_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
TRACKING_LENGTH = 10


def _check_digit(digits):
    """Return the Luhn digit, which finds one wrong digit and most swapped neighbours."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def new_reference():
    """Return ten digits, the last one a check digit; uniqueness is the database's business."""
    body = str(secrets.randbelow(9) + 1) + "".join(
        str(secrets.randbelow(10)) for _ in range(REFERENCE_LENGTH - 2)
    )
    return body + _check_digit(body)


def is_reference(text):
    """Whether the text is a well-formed reference, so that a slip of the finger is told apart."""
    return (
        len(text) == REFERENCE_LENGTH
        and text.isascii()
        and text.isdigit()
        and _check_digit(text[:-1]) == text[-1]
    )


def new_tracking_code():
    """Return the resident's secret; shown once, kept only as a keyed digest."""
    return "".join(secrets.choice(TRACKING_ALPHABET) for _ in range(TRACKING_LENGTH))
