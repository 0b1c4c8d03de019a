"""Who gets what from the addresses of whistles and roll-calls.

The world's whistle is blown about the ordinary matter: the power company is coming, housing has
not answered.
"""

from hanting.tests.answers import (
    ANONYMOUS,
    GROUND,
    LEADING,
    NO_POST,
    OFFICE,
    RESIDENT,
    STAFF_ONLY,
    Row,
    answers,
    only,
    readers,
)
from hanting.tests.answers import reference as matter

HERE = (*GROUND, "secretary")
AT_HAND = (*HERE, "street_secretary", "street_dispatcher", "dispatcher")
WHISTLE = {"number": "whistle.number"}
POWER = {"pk": "power_called.pk"}
READ = readers("ordinary")
ONWARD = readers("ordinary", "onward")


def few(*roles, answer="page", rest="onward"):
    """Return what readers of the whistle get: `answer` for a few of them, `rest` for the others."""
    return readers("ordinary", rest) | dict.fromkeys(roles, answer)


ROWS = [
    Row("whistles:list", STAFF_ONLY, NO_POST),
    Row("whistles:list", STAFF_ONLY, NO_POST, ask={"state": "open", "mine": "on"}, about="mine"),
    Row("whistles:rate", STAFF_ONLY, NO_POST),
    Row(
        "whistles:rate_matters",
        only(*GROUND, *LEADING, "admin"),
        NO_POST,
        {"code": "cast.community.code", "month": "month"},
    ),
    Row("whistles:new", only("secretary"), only("secretary"), matter("tip_off"), about="tip-off"),
    # One is open about it.
    Row("whistles:new", only(*HERE, answer="onward"), only(*HERE, answer="onward"), matter()),
    Row("whistles:detail", READ, NO_POST, WHISTLE),
    Row("whistles:change", ONWARD, ONWARD, WHISTLE, about="blown already"),
    Row("whistles:blow", ONWARD, ONWARD, WHISTLE, about="blown already"),
    Row("whistles:ask_approval", ONWARD, readers("ordinary", "conflict"), WHISTLE),
    Row("whistles:call", few(*AT_HAND), READ, WHISTLE),
    Row("whistles:resolve", few(*AT_HAND), READ, WHISTLE),
    Row(
        "whistles:resolve",
        few(*AT_HAND),
        few(*AT_HAND, answer="onward", rest="refused"),
        WHISTLE,
        send={"minutes": "锁换好了"},
        about="with minutes",
    ),
    Row("whistles:hand_over", few(*AT_HAND), READ, WHISTLE),
    Row("whistles:commit", few(*AT_HAND), READ, WHISTLE),
    Row("whistles:reject", ONWARD, READ, WHISTLE),
    Row("whistles:withdraw", few("secretary"), READ, WHISTLE),
    Row("whistles:close", ONWARD, readers("ordinary", "conflict"), WHISTLE),
    Row("whistles:summons_acknowledge", ONWARD, ONWARD, POWER),
    Row(
        "whistles:summons_arrive",
        few(*OFFICE, *HERE),
        few(*OFFICE, *HERE, answer="onward", rest="refused"),
        POWER,
    ),
    Row("whistles:summons_decline", few(*OFFICE), READ, POWER),
    Row(
        "whistles:summons_release",
        few(*HERE),
        few(*HERE, answer="onward", rest="refused"),
        POWER,
    ),
    Row("whistles:summons_score", ONWARD, READ, POWER),
]

# --- The interface for other programs -------------------------------------------------------

NOBODYS = answers("hidden", sign_in=ANONYMOUS, refused=RESIDENT)
API_NO_POST = answers("unwanted", sign_in=ANONYMOUS, refused=RESIDENT)
API = {"sends_json": True, "is_data": True}


def api_readers(answer="page"):
    return readers("ordinary", answer) | {"outsider": "refused"}


ROWS += [
    Row(
        "receptions_api:whistles",
        answers("page", sign_in=ANONYMOUS, refused=RESIDENT),
        NOBODYS,
        about="about no matter",
        **API,
    ),
    Row("receptions_api:whistle", api_readers(), API_NO_POST, WHISTLE, **API),
    Row(
        "receptions_api:whistle_step",
        API_NO_POST,
        api_readers("bad"),
        {**WHISTLE, "verb": "close"},
        about="not met yet",
        **API,
    ),
    Row(
        "receptions_api:summons_step",
        API_NO_POST,
        api_readers("conflict"),
        {**POWER, "verb": "acknowledge"},
        about="answered already",
        **API,
    ),
]
