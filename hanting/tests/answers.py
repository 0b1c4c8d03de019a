"""The words of the table of who gets what: roles, answers, and one address's row.

An answer is one of: page (200), sign-in (redirect to it), onward (any other redirect), hidden
(404), refused (403), unwanted (405: no such method here), bad (400 or 422), limited (429),
down (503).
"""

from dataclasses import dataclass, field

VISITORS = ("anonymous", "outsider")
GROUND = ("worker", "head", "village_head")
LEADING = (
    "secretary",
    "street_secretary",
    "street_dispatcher",
    "district_secretary",
    "dispatcher",
    "supervisor",
)
DISTRICT = ("district_secretary", "dispatcher", "supervisor")
OFFICE = ("specialist", "manager", "leader")
OTHERS = ("own_specialist", "steward")
NEIGHBOURS = ("neighbour_worker", "neighbour_secretary")
STAFF = (*GROUND, *LEADING, *OFFICE, *OTHERS, *NEIGHBOURS, "admin")
ROLES = (*VISITORS, *STAFF)

# Whose words and whose reporter a role may read, by matter (docs/architecture.md, People).
READERS = {
    "ordinary": (*GROUND, *LEADING, *OFFICE, "own_specialist", "admin"),
    "tip_off": (*LEADING, "admin"),
    "restricted": (*LEADING, "admin"),
    "neighbour": (*NEIGHBOURS, *(role for role in LEADING if role != "secretary"), "admin"),
}
REPORTER_READERS = {
    "ordinary": (*GROUND, *LEADING, "specialist"),
    "tip_off": LEADING,
    "restricted": LEADING,
    "neighbour": (*NEIGHBOURS, *(role for role in LEADING if role != "secretary")),
}


def may_read(role):
    return {matter for matter, readers in READERS.items() if role in readers}


def may_contact(role):
    return {matter for matter, readers in REPORTER_READERS.items() if role in readers}


def answers(rest, **groups):
    """Return {role: answer}: `rest` for everybody but the roles named by `answer=(roles)`.

    Answers with a hyphen are written with an underscore: sign_in=("anonymous",).
    """
    table = dict.fromkeys(ROLES, rest)
    for answer, roles in groups.items():
        table |= dict.fromkeys(roles, answer.replace("_", "-"))
    return table


ANONYMOUS = ("anonymous",)
RESIDENT = ("outsider",)
DISPATCHERS = ("street_dispatcher", "dispatcher")
DESK = tuple(role for role in LEADING if role != "supervisor")
PUBLIC = answers("page")
UNWANTED = answers("unwanted")
ONWARD = answers("onward")
HIDDEN = answers("hidden")
# Only for who has signed in, and nothing to POST.
NO_POST = answers("unwanted", sign_in=ANONYMOUS)
SIGNED_IN = answers("page", sign_in=ANONYMOUS)
STAFF_ONLY = answers("page", sign_in=ANONYMOUS, hidden=RESIDENT)
ALREADY_IN = answers("onward", page=ANONYMOUS)
NOT_FOR_ANYBODY = answers("hidden", sign_in=ANONYMOUS)


def only(*roles, answer="page", rest="hidden"):
    """Return {role: answer} for pages of a few: visitors sign in, everybody else gets `rest`."""
    return answers(rest, sign_in=ANONYMOUS) | dict.fromkeys(roles, answer)


@dataclass(frozen=True)
class Row:
    """One address: how to fill its parameters, what to ask, and what each role gets.

    `arguments` maps a parameter to a path in the world ("cast.village.code"); `ask` is the query
    of the GET and `send` the form of the POST, whose values may be such paths after an "@".
    """

    name: str
    get: dict
    post: dict
    arguments: dict = field(default_factory=dict)
    ask: dict = field(default_factory=dict)
    send: dict = field(default_factory=dict)
    about: str = ""
    # JSON, a download or an image instead of a page.
    is_data: bool = False
    # The POST carries JSON instead of a form.
    sends_json: bool = False


def readers(matter, answer="page"):
    """Return {role: answer} for an address about a matter: its readers, and nobody else."""
    return only(*READERS[matter], answer=answer)


PLACE = {"code": "cast.village.code"}
MATTERS = ("ordinary", "tip_off", "restricted", "neighbour")


def reference(matter="ordinary"):
    return {"reference": f"matters.{matter}.reference"}
