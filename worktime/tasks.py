"""Background work of the calendar: a yearly reminder that a person must confirm the next year."""

import logging

from celery import shared_task

from worktime import reports

logger = logging.getLogger(__name__)


@shared_task(name="worktime.warn_provisional_year")
def warn_provisional_year():
    """Log the years that are still provisional or missing, and return them; daily."""
    years = reports.provisional_years()
    for year in years:
        logger.warning("working calendar: %s is provisional or missing", year)
    return years
