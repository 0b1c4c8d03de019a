"""Database triggers that keep an append-only table append-only, whoever writes to it.

They stop mistakes and ordinary SQL; the owner of the database can drop them, which is why the audit
trail is hash-chained as well. SQLite empties tables by DELETE, so test suites that flush it `lift`
the guard first.
"""

REFUSAL = "this table is append-only"

_SQLITE = """
CREATE TRIGGER {table}_keep_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{refusal}'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
_POSTGRES = """
CREATE TRIGGER {table}_keep_{verb} BEFORE {verb} ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_keep()
"""


def keep_append_only(connection, table):
    """Refuse UPDATE and DELETE on `table`; works on SQLite and PostgreSQL, twice is harmless."""
    lift(connection, table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION.format(table=table, refusal=REFUSAL))
        template = _POSTGRES if connection.vendor == "postgresql" else _SQLITE
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(template.format(table=table, verb=verb, refusal=REFUSAL))


def lift(connection, table):
    """Take the guard away: for reversed migrations and flushed test databases."""
    with connection.cursor() as cursor:
        for verb in ("UPDATE", "DELETE"):
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_keep_{verb}{on}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {table}_keep()")
