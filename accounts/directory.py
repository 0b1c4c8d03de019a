"""Names of all organisations from memory, so that lists and forms need no join."""

from typing import NamedTuple

from django.utils.translation import get_language

from accounts.models import Organisation
from common.maps import NameMap


class OrganisationEntry(NamedTuple):
    """What a list or a form shows of an organisation."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    phone: str
    is_active: bool

    @property
    def label(self):
        """The name in the language of the page."""
        return self.name_en if get_language() == "en" and self.name_en else self.name


def _load():
    rows = Organisation.objects.order_by("code").values_list(*OrganisationEntry._fields)
    return {row[0]: OrganisationEntry._make(row) for row in rows}


ORGANISATIONS = NameMap("organisations", _load)


def get(organisation_id):
    """Return the OrganisationEntry of this id, None for an unknown one."""
    return ORGANISATIONS.get(organisation_id)


def name(organisation_id):
    """Return the name in the language of the page, "" for no or an unknown organisation."""
    entry = ORGANISATIONS.get(organisation_id)
    return entry.label if entry else ""


def active():
    """Return the entries of organisations that work, in the order of their codes."""
    return [entry for entry in ORGANISATIONS.all().values() if entry.is_active]
