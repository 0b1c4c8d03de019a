"""History rows of reference data, without an arrow from the lower apps up to accounts."""

from django.db import models
from simple_history.models import HistoricalRecords


def _user_of(historical_instance, **kwargs):
    return historical_instance.history_user_id


def _remember_user(historical_instance, user):
    historical_instance.history_user_id = user.pk if user else None


def reference_history(**options):
    """Return HistoricalRecords that keep the editor's id as a number instead of a foreign key.

    Grids and worktime stand below accounts; a foreign key would turn that arrow round.
    """
    return HistoricalRecords(
        history_user_id_field=models.BigIntegerField(null=True),
        history_user_getter=_user_of,
        history_user_setter=_remember_user,
        **options,
    )
