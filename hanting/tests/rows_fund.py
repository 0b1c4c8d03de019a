"""Who gets what from the addresses of the fund for serving the people and duty rosters."""

from hanting.tests.answers import (
    ANONYMOUS,
    NO_POST,
    PUBLIC,
    RESIDENT,
    STAFF_ONLY,
    UNWANTED,
    Row,
    answers,
    only,
)

DECIDERS = ("street_secretary", "district_secretary", "supervisor")
# The neighbour's secretary has a fund of her own and sees nothing of this one.
NEAR = ("secretary", *DECIDERS, "admin")
FUND_PEOPLE = (*NEAR, "neighbour_secretary")
YEAR = {"year": "fund_year"}
WAITING, ADVANCED = {"pk": "fund_waiting.pk"}, {"pk": "fund_advanced.pk"}
STAFF_API = answers("page", sign_in=ANONYMOUS, refused=RESIDENT)
STAFF_API_NO_POST = answers("unwanted", sign_in=ANONYMOUS, refused=RESIDENT)


def step(pk, verb):
    return {**pk, "verb": verb}


ROWS = [
    Row("specialists:duty", STAFF_ONLY, NO_POST),
    Row("fund:home", only(*FUND_PEOPLE), NO_POST),
    Row("fund:open", NO_POST, only(*FUND_PEOPLE, answer="onward")),
    # The neighbour's fund is not open, so there is nothing to ask.
    Row("fund:ask", only("secretary"), only("secretary")),
    Row("fund:published", PUBLIC, UNWANTED, YEAR),
    Row("fund:published_csv", PUBLIC, UNWANTED, YEAR, is_data=True),
    Row("fund:publish", NO_POST, only(*FUND_PEOPLE, answer="onward"), YEAR),
    Row("fund:detail", only(*NEAR), NO_POST, WAITING, about="waiting"),
    Row("fund:detail", only(*NEAR), NO_POST, ADVANCED, about="advanced"),
    # Whoever asked, and an administrator without a post, may not decide.
    Row(
        "fund:step",
        NO_POST,
        only(*DECIDERS, answer="onward") | {"secretary": "refused", "admin": "refused"},
        step(WAITING, "advance"),
    ),
    Row("receptions_api:fund_figures", PUBLIC, UNWANTED, YEAR, is_data=True),
    Row("receptions_api:fund_requests", STAFF_API, STAFF_API_NO_POST, is_data=True),
    Row("receptions_api:duty", STAFF_API, STAFF_API_NO_POST, is_data=True),
]
