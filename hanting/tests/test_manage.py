"""The command line finds out whether this Python can run the portal."""

from importlib.metadata import version

import manage


def test_this_python_is_ready():
    assert manage.is_ready(manage.REQUIREMENTS)


def test_another_version_a_missing_package_and_an_extra_are_noticed(tmp_path):
    listed = tmp_path / "requirements.txt"
    there = version("Django")
    listed.write_text(f"# a reason\nDjango=={there}\ncelery[redis]=={version('celery')}\n")
    assert manage.is_ready(listed)
    listed.write_text("Django==0.1\n")
    assert not manage.is_ready(listed)
    listed.write_text(f"Django=={there}\nno-such-package-at-all==1.0\n")
    assert not manage.is_ready(listed)
