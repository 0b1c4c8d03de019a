"""The portal: settings, start-up and the pages that span apps."""

from hanting.celery import app as celery_app

__all__ = ["celery_app"]
