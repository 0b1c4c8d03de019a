import json

import pytest

from notices import sms


def test_file_backend_appends_lines(settings, tmp_path):
    settings.SMS_BACKEND = "notices.sms.FileBackend"
    settings.SMS_FILE = tmp_path / "sms.jsonl"
    sms.send("+8610000000042", "第一条", key="k1")
    sms.send("+8610000000042", "two", key="k2")
    rows = [json.loads(line) for line in settings.SMS_FILE.read_text("utf-8").splitlines()]
    assert [(row["phone"], row["text"], row["key"]) for row in rows] == [
        ("+8610000000042", "第一条", "k1"),
        ("+8610000000042", "two", "k2"),
    ]
    assert settings.SMS_FILE.stat().st_mode & 0o077 == 0


def test_console_backend_prints_one_line(settings, capsys):
    settings.SMS_BACKEND = "notices.sms.ConsoleBackend"
    sms.send("+8610000000042", "a\r\nBcc: x\u2028y\x00z")
    assert capsys.readouterr().out == "SMS +8610000000042: a Bcc: x y z\n"


@pytest.mark.parametrize(("length", "kept"), [(500, 500), (501, 500), (5000, 500)])
def test_one_line_is_cut(length, kept):
    assert len(sms.one_line("字" * length)) == kept


def test_unknown_backend_is_an_error(settings):
    settings.SMS_BACKEND = "notices.sms.Nothing"
    with pytest.raises(ImportError):
        sms.send("+8610000000042", "x")
