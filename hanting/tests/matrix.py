"""Who gets what from every address: the one table that a new address must be written into.

The words stand in `answers`; apps above tickets keep rows of their own beside this file.
"""

from hanting.tests import rows_agenda, rows_days, rows_fund, rows_whistles
from hanting.tests.answers import (
    ALREADY_IN,
    ANONYMOUS,
    DESK,
    DISPATCHERS,
    GROUND,
    HIDDEN,
    LEADING,
    MATTERS,
    NEIGHBOURS,
    NO_POST,
    NOT_FOR_ANYBODY,
    OFFICE,
    ONWARD,
    PLACE,
    PUBLIC,
    READERS,
    REPORTER_READERS,
    RESIDENT,
    ROLES,
    SIGNED_IN,
    STAFF,
    STAFF_ONLY,
    UNWANTED,
    Row,
    answers,
    only,
    readers,
    reference,
)

# --- Pages for everybody, and signing in ---------------------------------------------------

ROWS = [
    Row("home", PUBLIC, UNWANTED),
    Row("phone", PUBLIC, UNWANTED),
    Row("privacy", PUBLIC, UNWANTED),
    Row("accessibility", PUBLIC, UNWANTED),
    Row("preferences", PUBLIC, ONWARD),
    Row("healthz", PUBLIC, UNWANTED, is_data=True),
    Row("account_login", ALREADY_IN, ALREADY_IN),
    Row("account_request_login_code", ALREADY_IN, ALREADY_IN),
    Row(
        "account_confirm_login_code",
        answers("onward", sign_in=ANONYMOUS),
        answers("onward", sign_in=ANONYMOUS),
    ),
    Row("account_logout", answers("page", onward=ANONYMOUS), ONWARD),
    Row("account_inactive", PUBLIC, UNWANTED),
    # A resident's account has no password to ask for again.
    Row("account_reauthenticate", only(*STAFF, rest="refused"), only(*STAFF, rest="refused")),
    Row("account_change_password", only(*STAFF), only(*STAFF)),
    Row("mfa_index", SIGNED_IN, NO_POST),
    Row("mfa_authenticate", only(*ROLES[1:], answer="onward"), only(*ROLES[1:], answer="onward")),
    Row(
        "mfa_reauthenticate",
        only(*STAFF, answer="onward", rest="refused"),
        only(*STAFF, answer="onward", rest="refused"),
    ),
    # Staff give their password once more first.
    Row(
        "mfa_activate_totp",
        only(*STAFF, answer="onward", rest="page"),
        only(*STAFF, answer="onward", rest="page"),
    ),
    Row("mfa_deactivate_totp", NOT_FOR_ANYBODY, NOT_FOR_ANYBODY, about="nothing set up"),
    Row("mfa_view_recovery_codes", NOT_FOR_ANYBODY, NO_POST, about="nothing set up"),
    Row(
        "mfa_generate_recovery_codes",
        only(*STAFF, answer="onward", rest="page"),
        only(*STAFF, answer="onward", rest="page"),
    ),
    Row("accounts:me", SIGNED_IN, NO_POST),
]

# --- Places, people, messages --------------------------------------------------------------

ROWS += [
    Row("grids:who", PUBLIC, UNWANTED, ask={"q": "吉祥"}),
    Row("grids:detail", PUBLIC, UNWANTED, PLACE),
    Row("grids:poster", PUBLIC, UNWANTED, PLACE),
    Row(
        "grids:poster_replace",
        NO_POST,
        only(
            "village_head",
            "secretary",
            "street_secretary",
            "district_secretary",
            "admin",
            answer="onward",
        )
        | dict.fromkeys((*DISPATCHERS, "supervisor"), "refused"),
        PLACE,
    ),
    Row("grids:scan", PUBLIC, UNWANTED, {"token": "unknown_token"}),
    Row("specialists:directory", PUBLIC, UNWANTED),
    Row("specialists:coverage", only(*LEADING[1:], "admin"), NO_POST),
    Row("notices:list", SIGNED_IN, NO_POST),
    Row("notices:read_all", NO_POST, only(*ROLES[1:], answer="onward")),
    Row("notices:read", NO_POST, only("specialist", answer="onward"), {"pk": "notice.pk"}),
]

# --- Reporting and following, for everybody ------------------------------------------------

# Without a draft every step leads back to the first; without the code only the code is asked.
ROWS += [Row("tickets:report", PUBLIC, ONWARD, send={"description": "路灯坏了，晚上看不见路。"})]
ROWS += [
    Row(f"tickets:report_{step}", ONWARD, ONWARD)
    for step in ("where", "photos", "similar", "contact", "check")
]
ROWS += [
    Row("tickets:report_photo", HIDDEN, UNWANTED, {"number": "one"}),
    Row("tickets:report_clear", UNWANTED, ONWARD),
    Row("tickets:joined", HIDDEN, UNWANTED, reference()),
    Row("tickets:track", PUBLIC, PUBLIC, send={"reference": "@matters.ordinary.reference"}),
    Row("tickets:mine", SIGNED_IN, NO_POST),
    Row("tickets:portal_remark", PUBLIC, PUBLIC),
    Row("tickets:released_photo", HIDDEN, UNWANTED, {"number": "photo.pk"}, about="not released"),
]
for matter in ("ordinary", "tip_off"):
    ROWS += [
        Row("tickets:receipt", ONWARD, UNWANTED, reference(matter), about=matter),
        Row("tickets:progress", PUBLIC, PUBLIC, reference(matter), about=matter),
        Row("tickets:progress_forget", UNWANTED, ONWARD, reference(matter), about=matter),
        Row(
            "tickets:progress_photo",
            HIDDEN,
            UNWANTED,
            {**reference(matter), "number": "photo.pk"},
            about=matter,
        ),
    ]
    ROWS += [
        Row(f"tickets:{name}", ONWARD, ONWARD, reference(matter), about=matter)
        for name in (
            "confirm",
            "dispute",
            "progress_reopen",
            "progress_withdraw",
            "progress_answer",
            "progress_urge",
            "progress_photos",
        )
    ]

# --- The staff's side ----------------------------------------------------------------------

INTAKE = (*GROUND, *LEADING, *NEIGHBOURS)
ANSWERERS = (*DISPATCHERS, "supervisor", "admin")
QUICK = ("worker", "head", "village_head", "neighbour_worker")
# Who answers for others sees what is late; everybody else is led to their own day.
WATCHERS = (*LEADING, "manager", "leader", "neighbour_secretary", "admin")
WATCHING = only(*STAFF, answer="onward") | dict.fromkeys(WATCHERS, "page")
ROWS += [
    Row("today", STAFF_ONLY, only(*QUICK)),
    Row("tickets:list", STAFF_ONLY, NO_POST),
    Row("tickets:list", STAFF_ONLY, NO_POST, ask={"q": "暗号"}, about="searching canaries"),
    Row("tickets:callbacks", STAFF_ONLY, NO_POST),
    Row("tickets:late", WATCHING, NO_POST),
    # A decision names the matter it is about.
    Row("tickets:extensions", only(*LEADING, "neighbour_secretary"), NOT_FOR_ANYBODY),
    Row("tickets:orders", STAFF_ONLY, NO_POST),
    Row("tickets:bulk", STAFF_ONLY, STAFF_ONLY),
    Row("tickets:bulk_look", only(*STAFF, answer="onward"), NO_POST, about="nothing begun"),
    Row("tickets:bulk_do", NO_POST, only(*STAFF, answer="onward")),
    Row("tickets:bulk_done", only(*STAFF, answer="onward"), NO_POST, about="nothing done"),
    Row("tickets:simulator", only(*ANSWERERS), NO_POST),
    Row("tickets:intake", only(*INTAKE), only(*INTAKE)),
    Row("tickets:intake_receipt", NOT_FOR_ANYBODY, NO_POST, reference(), about="of another desk"),
    Row("tickets:remarks", only(*ANSWERERS), NO_POST),
    Row("tickets:remark_answer", NOT_FOR_ANYBODY, NOT_FOR_ANYBODY, {"number": "one"}),
    Row(
        "tickets:show_person",
        NO_POST,
        only(*REPORTER_READERS["ordinary"]),
        {**reference(), "pk": "person.pk"},
    ),
]
for size in ("full", "small"):
    ROWS.append(
        Row(
            "tickets:photo",
            answers("hidden") | dict.fromkeys(READERS["ordinary"], "page"),
            UNWANTED,
            {**reference(), "pk": "photo.pk", "size": size},
            is_data=True,
            about=size,
        )
    )
for matter in MATTERS:
    ROWS.append(Row("tickets:detail", readers(matter), NO_POST, reference(matter), about=matter))

# Steps on the ordinary matter, which has been handed over and not taken on yet: who may take one.
MAY = {
    "acknowledge": ("specialist",),
    "return": ("specialist",),
    "transfer": (*DESK, *OFFICE),
    "record_finding": (
        *GROUND,
        "secretary",
        "street_secretary",
        "district_secretary",
        "specialist",
        "own_specialist",
    ),
    "note": tuple(role for role in READERS["ordinary"] if role != "admin"),
    "merge": (*GROUND, *DESK, "specialist"),
    "release": DESK,
    "tell_resident": (*GROUND, *DESK, "specialist"),
    "ask_extension": ("specialist",),
    "order": ("secretary", "street_secretary", "district_secretary", "supervisor"),
}
# What a POST of these words gets from everybody else who may read the matter: the step is out of
# turn (conflict), not theirs (refused), or asks for more words first (page).
OTHERS = {
    "acknowledge": "refused",
    "transfer": "refused",
    "record_finding": "refused",
    "note": "refused",
    "tell_resident": "refused",
}
OUT_OF_TURN = (
    "accept",
    "reject",
    "call_contractor",
    "record_arrival",
    "finish_contractor",
    "ask_resident",
    "answer",
    "resume",
    "resolve",
    "resolve_on_spot",
)
UNFINISHED = ("merge", "return", "arbitrate", "recategorise", "hold", "record_call", "reopen")
SAID = {"seen": "@matters.{matter}.event_count", "note": "看过了，属实。"}


def said(matter):
    return {name: value.format(matter=matter) for name, value in SAID.items()}


def step(verb, after):
    """The row of a verb on the ordinary matter; `after` is what a POST of a note gets."""
    may = MAY.get(verb, ())
    seen = readers("ordinary", "onward") | dict.fromkeys(may, "page")
    return Row(f"tickets:{verb}", seen, after, reference(), send=said("ordinary"))


ROWS += [
    step(verb, readers("ordinary", refusal) | dict.fromkeys(MAY[verb], "onward"))
    for verb, refusal in OTHERS.items()
]
ROWS += [step(verb, readers("ordinary", "conflict")) for verb in OUT_OF_TURN]
ROWS += [step(verb, readers("ordinary")) for verb in (*UNFINISHED, "release")]
ROWS += [
    step(verb, readers("ordinary"))
    for verb in ("ask_extension", "order", "answer_order", "close_order")
]
# Nobody asks for more time here, so there is nothing to decide.
ROWS += [
    step(verb, readers("ordinary", "refused") | dict.fromkeys(LEADING, "onward"))
    for verb in ("grant_extension", "refuse_extension")
]
# Giving it to its own handler again changes nothing and is news, not an error.
ROWS += [step("dispatch", readers("ordinary", "onward"))]
# The unit complained of learns nothing from any step on the tip-off.
ROWS += [
    Row(
        "tickets:note",
        only("admin", *LEADING) | TIP_OFF_NOTE_GET,
        only("admin", *LEADING) | TIP_OFF_NOTE_POST,
        reference("tip_off"),
        send=said("tip_off"),
        about="tip_off",
    )
    for TIP_OFF_NOTE_GET, TIP_OFF_NOTE_POST in [
        ({"admin": "onward"}, {**dict.fromkeys(LEADING, "onward"), "admin": "refused"})
    ]
]

# --- The working calendar, for administrators ----------------------------------------------

# The admin's own sign-in is asked of everybody else. The frame names its language in Django's
# way (zh-hans, not zh-CN), so its own test sweeps these pages.
KEEPERS = answers("sign-in", page=("admin",))
YEAR = {"year": "year"}
ROWS += [
    Row("working_calendar", KEEPERS, KEEPERS | {"admin": "unwanted"}, YEAR, is_data=True),
    Row(
        "working_calendar_confirm",
        KEEPERS | {"admin": "unwanted"},
        KEEPERS | {"admin": "onward"},
        YEAR,
    ),
    Row("working_calendar_days", KEEPERS, KEEPERS, YEAR, is_data=True),
    Row("working_calendar_hours", KEEPERS, KEEPERS, is_data=True),
]

# --- The interface for other programs ------------------------------------------------------

STAFF_API = answers("page", sign_in=ANONYMOUS, refused=RESIDENT)
STAFF_API_NO_POST = answers("unwanted", sign_in=ANONYMOUS, refused=RESIDENT)


def api_readers(matter, answer="page"):
    return readers(matter, answer) | {"outsider": "refused"}


ROWS += [
    Row("grids", PUBLIC, UNWANTED, ask={"search": "吉祥"}, is_data=True),
    Row("api:categories", PUBLIC, UNWANTED, is_data=True),
    Row(
        "api:progress",
        UNWANTED,
        HIDDEN,
        send={"reference": "@matters.ordinary.reference", "tracking_code": "AAAA-BBBB-CC"},
        sends_json=True,
        is_data=True,
    ),
    Row(
        "api:progress_confirm",
        UNWANTED,
        HIDDEN,
        send={
            "reference": "@matters.ordinary.reference",
            "tracking_code": "AAAA-BBBB-CC",
            "solved": True,
        },
        sends_json=True,
        is_data=True,
    ),
    Row(
        "api:progress_answer",
        UNWANTED,
        HIDDEN,
        send={
            "reference": "@matters.ordinary.reference",
            "tracking_code": "AAAA-BBBB-CC",
            "note": "是的",
        },
        sends_json=True,
        is_data=True,
    ),
    Row(
        "api:progress_urge",
        UNWANTED,
        HIDDEN,
        send={"reference": "@matters.ordinary.reference", "tracking_code": "AAAA-BBBB-CC"},
        sends_json=True,
        is_data=True,
    ),
    Row("api:organisations", STAFF_API, STAFF_API_NO_POST, is_data=True),
    # One address, two doors: everybody files, staff list.
    Row("api:tickets", STAFF_API, answers("bad"), sends_json=True, is_data=True),
    Row("api_schema", PUBLIC, UNWANTED, is_data=True),
    # The documentation's page is its own maker's: no text of ours in it.
    Row("api_docs", PUBLIC, UNWANTED, is_data=True),
]
for matter in MATTERS:
    ROWS += [
        Row(
            "api:ticket",
            api_readers(matter),
            STAFF_API_NO_POST,
            reference(matter),
            is_data=True,
            about=matter,
        ),
        Row(
            "api:ticket_actions",
            api_readers(matter),
            STAFF_API_NO_POST,
            reference(matter),
            is_data=True,
            about=matter,
        ),
    ]
ROWS += [
    Row(
        "api:ticket_step",
        STAFF_API_NO_POST,
        api_readers("ordinary", "refused") | {"specialist": "page"},
        {**reference(), "verb": "acknowledge"},
        send={"seen": "@matters.ordinary.event_count"},
        sends_json=True,
        is_data=True,
    )
]

# --- Calling people together ---------------------------------------------------------------

ROWS += [*rows_whistles.ROWS, *rows_days.ROWS, *rows_agenda.ROWS, *rows_fund.ROWS]
# Addresses of Django's admin are one person's; their test walks them all.
ADMIN_NAMESPACE = "admin"
