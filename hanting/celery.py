"""The Celery application and its timetable; every task only nudges, rows are the truth."""

import os
from pathlib import Path

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init
from django.conf import settings

from hanting import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanting.settings")

app = Celery("hanting")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A run that waited longer than its interval is dropped: the next one sees the same rows.
app.conf.beat_schedule = {
    "sweep late tickets": {"task": "tickets.sweep", "schedule": 15, "options": {"expires": 14}},
    "recompute promises": {"task": "tickets.recompute", "schedule": 60, "options": {"expires": 59}},
    "forget unopened accounts": {"task": "accounts.forget_unverified", "schedule": 3600},
    "pass silence up": {"task": "receptions.climb", "schedule": 30, "options": {"expires": 29}},
    "move the waiting list": {
        "task": "receptions.run_offers",
        "schedule": 60,
        "options": {"expires": 59},
    },
    "hear whether promises were kept": {
        "task": "receptions.second_look",
        "schedule": 60,
        "options": {"expires": 59},
    },
    "fill the secretaries' agenda": {"task": "receptions.pull_agenda", "schedule": 600},
    "call departments early": {"task": "receptions.call_early", "schedule": crontab(minute=5)},
    "close whistles": {"task": "receptions.close_whistles", "schedule": crontab(minute=10)},
    "deliver notices": {"task": "notices.deliver", "schedule": 10, "options": {"expires": 9}},
    "warn of a provisional year": {
        "task": "worktime.warn_provisional_year",
        "schedule": crontab(hour=9, minute=0),
    },
    "forget stored answers": {
        "task": "common.purge",
        "schedule": crontab(minute=40),
    },
    "delete old drafts": {"task": "tickets.purge_drafts", "schedule": crontab(hour=3, minute=30)},
    "note the audit trail's head": {
        "task": "common.note_audit_head",
        "schedule": crontab(hour=0, minute=20),
    },
}


def make_queue_folders():
    """Make the folders of the filesystem broker, which does not make them itself."""
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if name in options:
            Path(options[name]).mkdir(parents=True, exist_ok=True)


@worker_process_init.connect
def tie_to_worker(**kwargs):
    """Let no prefork child outlive a worker that was killed."""
    lifeline.die_with(os.getppid())
