"""What cannot run is left out by name, and a strict run fails for it."""

import socket

import pytest

from hanting import testing

pytest_plugins = ["pytester"]

SOURCE = """
    import pytest

    def test_plain():
        assert True

    @pytest.mark.postgres
    def test_lock():
        assert True

    @pytest.mark.redis
    def test_queue():
        assert True
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run a little project without PostgreSQL and Redis; return pytest's result."""
    monkeypatch.setenv("HANTING_TEST_DATABASE_URL", "")
    monkeypatch.setenv("HANTING_TEST_REDIS_URL", "redis://127.0.0.1:1/0")
    pytester.makeini("[pytest]\nmarkers =\n    postgres: x\n    redis: x\n")

    def start(*options, source=SOURCE):
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess(
            "-p", "hanting.testing", "-p", "no:django", "-p", "no:cacheprovider", *options
        )

    return start


def test_missing_services_are_named_and_their_tests_deselected(run):
    result = run()
    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines_random(
        [
            "Left out: 1 tests that need PostgreSQL: this run uses SQLite*",
            "Left out: 1 tests that need Redis: no Redis answers at redis://127.0.0.1:1/0.",
        ]
    )
    assert result.ret == 0


def test_strict_run_fails_for_what_is_left_out(run):
    assert run("--nothing-left-out").ret == 1


def test_strict_run_of_marks_that_were_not_asked_for_passes(run):
    assert run("--nothing-left-out", "-m", "not postgres and not redis").ret == 0


def test_strict_run_fails_for_a_skipped_test(run):
    skipped = "import pytest\ndef test_it():\n    pytest.skip('not today')"
    assert run(source=skipped).ret == 0
    assert run("--nothing-left-out", source=skipped).ret == 1


def test_answers_tells_an_open_door_from_a_closed_one():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        assert testing.answers(f"redis://127.0.0.1:{port}/0", 6379)
    assert not testing.answers(f"redis://127.0.0.1:{port}/0", 6379)
