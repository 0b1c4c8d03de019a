"""Names of grids, categories and organisations from memory, so that lists join less."""

import threading
import time
import weakref

from django.apps import apps
from django.conf import settings

_maps = weakref.WeakSet()


class NameMap:
    """A mapping made by `loader()` and made again when the row `version_name` in Version moves.

    The row is read at most once per `settings.NAME_MAP_SECONDS` (5) on the monotonic clock, so
    another process sees a renaming after that time at the latest. Whoever changes the data calls
    `Version.objects.bump(version_name)` in the same transaction. Safe to share between threads: the
    map is replaced as a whole, never changed in place.
    """

    def __init__(self, version_name, loader):
        self.version_name = version_name
        self._loader = loader
        self._lock = threading.Lock()
        self._state = None
        _maps.add(self)

    def all(self):
        """Return the whole mapping; do not change it."""
        state = self._state
        if state and time.monotonic() < state[2]:
            return state[1]
        with self._lock:
            return self._look_again()

    def get(self, key, default=None):
        return self.all().get(key, default)

    def __getitem__(self, key):
        return self.all()[key]

    def __contains__(self, key):
        return key in self.all()

    def clear(self):
        """Forget everything; the next look loads."""
        self._state = None

    def _look_again(self):
        state = self._state
        if state and time.monotonic() < state[2]:
            return state[1]
        # The version is read before the data: a change in between costs one more load, never a
        # stale map. It is found by name because models of higher apps import this file while the
        # registry fills.
        number = apps.get_model("common", "Version").objects.current(self.version_name)
        names = state[1] if state and state[0] == number else self._loader()
        self._state = (number, names, time.monotonic() + getattr(settings, "NAME_MAP_SECONDS", 5))
        return names


def clear_all():
    """Empty every map of this process: between tests, after a restore, in a forked worker."""
    for one in list(_maps):
        one.clear()
