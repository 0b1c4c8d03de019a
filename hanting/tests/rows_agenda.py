"""Who gets what from the addresses of secretaries' reception days and commitments."""

from hanting.tests.answers import (
    ANONYMOUS,
    LEADING,
    NO_POST,
    RESIDENT,
    STAFF_ONLY,
    Row,
    answers,
    only,
    readers,
    reference,
)

# Secretaries of all three levels, those who dispatch, those who watch.
TABLE = (*LEADING, "neighbour_secretary", "admin")
ITEM, TIP_OFF = {"pk": "agenda.ordinary.pk"}, {"pk": "agenda.tip_off.pk"}
DAY, PROMISE = {"pk": "agenda.day.pk"}, {"pk": "agenda.promise.pk"}
DONE, DROP = {"verb": "agenda.done"}, {"verb": "agenda.drop"}
WRITERS = only("secretary", "neighbour_secretary")
PROPOSERS = only(*LEADING, "admin")

ROWS = [
    Row("agenda:list", only(*TABLE), NO_POST),
    Row("agenda:list", only(*TABLE), NO_POST, ask={"ground": "secretary"}, about="filtered"),
    Row("agenda:opinion", WRITERS, WRITERS),
    Row("agenda:propose", PROPOSERS, PROPOSERS, reference()),
    Row("agenda:day", only(*TABLE), NO_POST, DAY),
    Row("agenda:day_print", only(*TABLE), NO_POST, DAY),
    Row("agenda:minutes", only(*TABLE), NO_POST, DAY),
    Row("agenda:record", only(*TABLE), NO_POST),
    Row("agenda:commitments", STAFF_ONLY, NO_POST),
    Row("agenda:commitment", readers("ordinary"), NO_POST, PROMISE),
    Row("agenda:commitment_verb", NO_POST, readers("ordinary", "bad"), {**PROMISE, **DONE}),
    Row("agenda:item", readers("ordinary"), NO_POST, ITEM),
    Row("agenda:item", readers("tip_off"), NO_POST, TIP_OFF, about="tip_off"),
    # Nothing chosen: the page comes back.
    Row("agenda:item_verb", NO_POST, readers("ordinary", "bad"), {**ITEM, **DROP}),
]

# --- For programs --------------------------------------------------------------------------

API = "receptions_api"
STAFF_API = answers("page", sign_in=ANONYMOUS, refused=RESIDENT)
NO_POST_API = answers("unwanted", sign_in=ANONYMOUS, refused=RESIDENT)


def api_readers(matter, answer="page"):
    return readers(matter, answer) | {"outsider": "refused"}


ROWS += [
    Row(f"{API}:items", only(*TABLE, rest="refused"), NO_POST_API, is_data=True),
    Row(f"{API}:item", api_readers("ordinary"), NO_POST_API, ITEM, is_data=True),
    Row(f"{API}:item", api_readers("tip_off"), NO_POST_API, TIP_OFF, is_data=True, about="tip_off"),
    Row(
        f"{API}:item_step",
        NO_POST_API,
        api_readers("ordinary", "bad"),
        {**ITEM, **DROP},
        sends_json=True,
        is_data=True,
    ),
    Row(f"{API}:commitments", STAFF_API, NO_POST_API, is_data=True),
    Row(f"{API}:commitment", api_readers("ordinary"), NO_POST_API, PROMISE, is_data=True),
    Row(
        f"{API}:commitment_step",
        NO_POST_API,
        api_readers("ordinary", "bad"),
        {**PROMISE, **DONE},
        sends_json=True,
        is_data=True,
    ),
]
