"""The alarm that does not trust the queue: by command, and by a watch that goes on looking."""

import logging
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings as given
from django.core.management import call_command
from django.db import OperationalError, connection

from common.models import Heartbeat
from hanting import alarm
from hanting.tests.test_health import beat, leave_waiting, settle
from notices import workflow
from notices.tests import backends

pytestmark = pytest.mark.django_db
PHONES = ["100-0000-0001", "+86 100 0000 0002"]


@pytest.fixture
def all_is_well():
    beat(10)
    settle(100)


@pytest.fixture
def texts(settings):
    """What the provider took, with two alarm phones."""
    settings.SMS_BACKEND = "notices.tests.backends.Recording"
    settings.ALARM_PHONES = PHONES
    backends.sent.clear()
    return backends.sent


def last_sweep():
    return Heartbeat.objects.get(name="sweep").beat_at


def refuse(execute, sql, params, many, context):
    raise OperationalError("the server closed the connection")


def run():
    """Return the command's exit code."""
    try:
        call_command("alarm")
    except SystemExit as end:
        return end.code
    return 0


def figures(text):
    """Return the text with every number of seconds, which a slow machine adds to, as N."""
    return re.sub(r"\d+ s\b", "N s", text)


# --- By command ----------------------------------------------------------------------------


def test_command_is_silent_when_all_is_well(all_is_well, capsys):
    assert run() == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (lambda: beat(200), "the sweep is N s behind"),
        (Heartbeat.objects.all().delete, "the sweep has never run"),
        (lambda: leave_waiting(301), "a notice has been due for N s"),
    ],
)
def test_command_fails_with_one_line(all_is_well, capsys, trouble, sentence):
    trouble()
    assert run() == 1
    out, err = capsys.readouterr()
    assert (out, figures(err)) == ("", f"{sentence}\n")


def test_command_names_a_short_calendar_and_everything_else_in_one_line(capsys):
    beat(10)
    settle(89)
    assert run() == 1
    assert capsys.readouterr().err == "the working calendar is settled for 89 days\n"
    beat(200)
    assert run() == 1
    line = "the sweep is N s behind; the working calendar is settled for 89 days\n"
    assert figures(capsys.readouterr().err) == line


def test_command_says_that_the_database_is_gone(all_is_well, capsys):
    with connection.execute_wrapper(refuse):
        assert run() == 1
    assert capsys.readouterr().err == "the database does not answer\n"


# --- By a watch ----------------------------------------------------------------------------


def lines(caplog):
    """Return what the watch wrote, and assert that all of it is an error."""
    records = [record for record in caplog.records if record.name == "hanting.alarm"]
    assert {record.levelno for record in records} <= {logging.ERROR}
    return [record.getMessage() for record in records]


def test_watch_tells_once_when_it_begins_and_once_when_it_ends(all_is_well, texts, caplog):
    eye, now = alarm.Watch(grace_s=0), last_sweep() + timedelta(seconds=10)
    eye.look(now)
    assert lines(caplog) == []
    for minute in (4, 5, 6):
        eye.look(now + timedelta(minutes=minute))
    assert lines(caplog) == ["alarm: the sweep is 250 s behind"]
    Heartbeat.objects.beat("sweep", at=now + timedelta(minutes=7))
    eye.look(now + timedelta(minutes=7))
    eye.look(now + timedelta(minutes=8))
    assert lines(caplog)[1:] == ["alarm ends: sweep_late, after 180 s"]
    assert [phone for phone, _text, _key in texts] == ["+8610000000001", "+8610000000002"] * 2
    assert len({key for _phone, _text, key in texts}) == 4
    begins, ends = texts[0][1], texts[2][1]
    assert begins and ends and begins != ends


def test_watch_tells_each_trouble_by_itself(all_is_well, texts, caplog):
    eye, now = alarm.Watch(grace_s=0), last_sweep() + timedelta(seconds=10)
    leave_waiting(400, at=now)
    eye.look(now)
    assert lines(caplog) == ["alarm: a notice has been due for 400 s"]
    eye.look(now + timedelta(seconds=200))
    assert lines(caplog)[1:] == ["alarm: the sweep is 210 s behind"]
    workflow.void("k")
    eye.look(now + timedelta(seconds=230))
    assert lines(caplog)[2:] == ["alarm ends: outbox_stuck, after 230 s"]


def test_watch_of_a_silent_database_forgets_nothing(all_is_well, texts, caplog):
    """Nobody knows about the sweep meanwhile: that is no reason to call it mended."""
    eye, now = alarm.Watch(grace_s=0), last_sweep() + timedelta(seconds=10)
    eye.look(now + timedelta(minutes=4))
    with connection.execute_wrapper(refuse):
        eye.look(now + timedelta(minutes=5))
        eye.look(now + timedelta(minutes=6))
    eye.look(now + timedelta(minutes=7))
    assert [line.split(",")[0] for line in lines(caplog)] == [
        "alarm: the sweep is 250 s behind",
        "alarm: the database does not answer",
        "alarm ends: database_gone",
    ]


def test_watch_wakes_nobody_for_the_calendar(texts, caplog):
    beat(1)
    alarm.Watch(grace_s=0).look()
    assert (lines(caplog), texts) == ([], [])


def test_watch_forgives_what_is_old_at_a_start(texts, caplog):
    beat(36_000)
    alarm.Watch().look()
    assert (lines(caplog), texts) == ([], [])
    alarm.Watch(grace_s=0).look(last_sweep() + timedelta(hours=10))
    assert lines(caplog) == ["alarm: the sweep is 36000 s behind"]


def test_phone_that_fails_keeps_nobody_waiting(settings, caplog):
    settings.SMS_BACKEND = "notices.tests.backends.Dead"
    settings.ALARM_PHONES = ["call me", *PHONES]
    alarm.send("Hanting grid portal: messages go out again.", key="k")
    assert lines(caplog) == [
        "ALARM_PHONES: entry 1 is no phone number",
        *["an alarm was not sent: ConnectionError"] * 2,
    ]
    assert "0000" not in caplog.text


def test_nobody_is_texted_unless_named(texts, settings):
    settings.ALARM_PHONES = []
    beat(400)
    alarm.Watch(grace_s=0).look()
    assert texts == []


@pytest.mark.django_db(transaction=True)
def test_watch_goes_on_after_an_error(all_is_well, texts, monkeypatch, caplog):
    """The first look fails, the second finds the sweep late, the rest after it ends the test."""
    rests, asked = [], []

    def fail_first(execute, sql, params, many, context):
        asked.append(sql)
        if len(asked) == 1:
            raise RuntimeError("the disk is full")
        return execute(sql, params, many, context)

    def rest(seconds):
        rests.append(seconds)
        if len(rests) == 2:
            raise KeyboardInterrupt

    beat(200)
    monkeypatch.setattr(alarm.time, "sleep", rest)
    with connection.execute_wrapper(fail_first), pytest.raises(KeyboardInterrupt):
        alarm.watch(alarm.Watch(grace_s=0))
    assert rests == [30, 30]
    said = [figures(line) for line in lines(caplog)]
    assert said == ["the alarm could not look", "alarm: the sweep is N s behind"]


@pytest.mark.processes
def test_watch_as_a_process_ends_at_once_when_told(tmp_path):
    env = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    env |= {"HANTING_VAR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "alarm", "--watch"], cwd=given.BASE_DIR, env=env
    )
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == -signal.SIGTERM
