"""Worlds built once and put back for every further test, row by row.

A builder goes through the verbs of the portal: that makes its world true, and slow. What it has
stored the first time is kept here and copied into the empty database of the next test.
"""

import pickle
from datetime import time
from functools import cache

from django.db import connection, transaction

# Filled by Django itself.
NOT_OURS = {"auth_permission", "django_content_type"}
# SQLite takes 32,766 values in one statement.
MOST_VALUES = 30_000

_worlds = {}


def remembered(build):
    """Return what `build()` returns, a copy nobody else holds, with the same rows in the database.

    Only a world that begins with an empty database is remembered; any other one is built. Keys are
    those of the first time: PostgreSQL never gives a number twice, even after a rollback, and
    SQLite counts on from the highest. What the builder would do on commit is not done again.
    """
    if not _is_empty():
        return build()
    if build not in _worlds:
        result = build()
        _worlds[build] = (_rows(), pickle.dumps(result))
        return result
    rows, result = _worlds[build]
    with transaction.atomic():
        for table, (names, values) in rows.items():
            _insert(table, names, values)
    return pickle.loads(result)


@cache
def _tables():
    return sorted(set(connection.introspection.django_table_names()) - NOT_OURS)


def _is_empty():
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT 1 FROM {each}" for each in _tables()))
        return cursor.fetchone() is None


def _rows():
    """Return {table: (names of its columns, its rows)} of every table that has some."""
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f"SELECT * FROM {table}")
            values = cursor.fetchall()
            if values:
                found[table] = ([column[0] for column in cursor.description], values)
    return found


def _insert(table, names, rows):
    columns = ", ".join(f'"{name}"' for name in names)
    one = f"({', '.join(['%s'] * len(names))})"
    at_once = MOST_VALUES // len(names)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {', '.join([one] * len(some))}",
                [_storable(value) for row in some for value in row],
            )


def _storable(value):
    """Return a value as a bare cursor takes it: SQLite's reads times and will not write them."""
    return value.isoformat() if isinstance(value, time) else value
