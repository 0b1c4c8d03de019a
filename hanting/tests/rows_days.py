"""Who gets what from the addresses of residents' reception days.

The world's day is public and not opened yet; the ordinary matter is booked for it.
"""

from hanting.tests.answers import (
    GROUND,
    HIDDEN,
    LEADING,
    NO_POST,
    ONWARD,
    PUBLIC,
    STAFF_ONLY,
    UNWANTED,
    Row,
    answers,
    only,
)

DAY = {"pk": "day.pk"}
BOOKING = {"pk": "booking.pk"}
MINE = {"pk": "day.pk", "reference": "matters.ordinary.reference"}
# A day is seen by those who work in its place or for a place around it.
CLERKS = (*GROUND, *LEADING)
AROUND = (*CLERKS, "admin")
PLANNERS = ("secretary", "street_secretary", "street_dispatcher", "dispatcher")
PLANNING = (*PLANNERS, "district_secretary", "supervisor", "neighbour_secretary")
# A step that is not theirs, or not possible now, leads back with a sentence.
BACK = only(*AROUND, answer="onward")
TAP = only(*CLERKS, answer="onward")

ROWS = [
    Row("receptions:days", PUBLIC, UNWANTED),
    Row("receptions:days", PUBLIC, UNWANTED, ask={"q": "吉祥"}, about="of a place"),
    Row("receptions:day", PUBLIC, UNWANTED, DAY),
    Row("receptions:find", PUBLIC, PUBLIC, send={"reference": "@matters.ordinary.reference"}),
    Row("receptions:book", PUBLIC, ONWARD, DAY, send={"words": "路灯坏了。"}),
    Row("receptions:book_who", ONWARD, ONWARD, DAY),
    Row("receptions:book_check", ONWARD, ONWARD, DAY),
    Row("receptions:booking", ONWARD, ONWARD, MINE, about="without the code"),
    Row("receptions:booking_cancel", UNWANTED, ONWARD, MINE, about="without the code"),
    Row("receptions:booking_accept", UNWANTED, ONWARD, MINE, about="without the code"),
    Row(
        "receptions:community_calendar",
        PUBLIC,
        UNWANTED,
        {"code": "cast.community.code"},
        is_data=True,
    ),
    Row("receptions:staff_calendar", HIDDEN, UNWANTED, {"token": "nobodys_token"}, is_data=True),
    Row("receptions:manage", STAFF_ONLY, NO_POST),
    Row("receptions:plan", only(*PLANNING), only(*PLANNING)),
    Row("receptions:manage_day", only(*AROUND), NO_POST, DAY),
    Row(
        "receptions:change",
        BACK | dict.fromkeys(PLANNERS, "page"),
        BACK | dict.fromkeys(PLANNERS, "page"),
        DAY,
    ),
    # Published already, called off without a reason, called without a department.
    Row("receptions:publish", NO_POST, BACK, DAY),
    Row("receptions:cancel", NO_POST, only(*AROUND), DAY),
    Row("receptions:call", NO_POST, only(*AROUND), DAY),
    Row("receptions:open", NO_POST, BACK, DAY),
    Row("receptions:close", NO_POST, BACK, DAY),
    Row("receptions:replan", NO_POST, BACK, DAY),
    Row("receptions:board", only(*CLERKS), NO_POST, DAY),
    Row("receptions:take_down", only(*CLERKS), only(*CLERKS), DAY),
    Row("receptions:day_list", only(*CLERKS), NO_POST, DAY),
    Row("receptions:cards", only(*AROUND), NO_POST, DAY),
    Row("receptions:folder", only(*CLERKS), NO_POST, BOOKING),
    Row("receptions:record", only(*CLERKS), NO_POST, BOOKING),
    Row("receptions:slip", only(*CLERKS), NO_POST, BOOKING),
    Row(
        "receptions:hear",
        TAP | dict.fromkeys(PLANNERS, "page"),
        TAP | dict.fromkeys(PLANNERS, "page"),
        BOOKING,
    ),
    Row("receptions:check_in", NO_POST, TAP, BOOKING),
    Row("receptions:absent", NO_POST, TAP, BOOKING),
    Row("receptions:cancel_booking", NO_POST, TAP, BOOKING),
    Row("receptions:merge", only(*CLERKS), only(*CLERKS), BOOKING),
]
ROWS += [
    Row("receptions_api:days", PUBLIC, UNWANTED, is_data=True),
    Row("receptions_api:book", UNWANTED, answers("bad"), DAY, sends_json=True, is_data=True),
    Row(
        "receptions_api:my_booking",
        UNWANTED,
        HIDDEN,
        send={"reference": "@matters.ordinary.reference", "tracking_code": "AAAA-BBBB-CC"},
        sends_json=True,
        is_data=True,
    ),
]
