"""Time limits as an in-process map: filing and every page read them without a query."""

from common.maps import NameMap
from tickets.choices import Stage
from tickets.models import Policy

VERSION_NAME = "policies"
# The promises a matter makes when it comes in; the resident's word is waited for later.
FROM_THE_START = tuple(
    stage.value for stage in (Stage.ACCEPT, Stage.CONTACT, Stage.RESOLVE, Stage.WORD)
)


def _load():
    rows = Policy.objects.in_force()
    return {(row.stage, row.category_id, row.priority): row.limit for row in rows}


policies = NameMap(VERSION_NAME, _load)


def limit_of(stage, facts):
    """Return the limit of a stage for a category's facts, None where nothing is promised.

    The category itself counts before its top, that before every category; at each of them a
    limit for the priority before one for any.
    """
    known = policies.all()
    for category_id in (facts.id, facts.parent_id, None):
        for priority in (facts.priority, ""):
            found = known.get((stage, category_id, priority))
            if found is not None:
                return found
    return None


def limits_of(facts):
    """Return {stage: limit} of everything a new matter of this category is promised."""
    found = {stage: limit_of(stage, facts) for stage in FROM_THE_START}
    return {stage: limit for stage, limit in found.items() if limit is not None}
