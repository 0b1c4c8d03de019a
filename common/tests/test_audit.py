import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from common import guards, workflow
from common.models import AppendOnly, AuditEntry
from common.tests.factories import run_rivals

pytestmark = pytest.mark.django_db
TABLE = "common_auditentry"


@pytest.fixture
def trail():
    """Twelve entries, and the guard out of the way of the one who tampers."""
    guards.lift(connection, TABLE)
    return [workflow.record("export", by="system", object=("ticket", i)) for i in range(12)]


def tamper(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def found(**options):
    return [(fault.number, fault.sort) for fault in workflow.verify_chain(**options)]


def test_record_keeps_who_what_and_where(rf):
    request = rf.get("/", headers={"x-request-id": "r-1\nforged"})
    entry = workflow.record(
        "unmask",
        by="clerk",
        role="specialist",
        object=("tickets.ticket", 7),
        detail={"reason": "回电13812345678", "ids": [1, 2], "part": 1.5, "none": None},
        request=request,
    )
    entry.refresh_from_db()
    assert (entry.number, entry.who, entry.role, entry.verb) == (1, "clerk", "specialist", "unmask")
    assert (entry.kind, entry.object_id, entry.address) == ("tickets.ticket", "7", "127.0.0.1")
    assert entry.request_id == "r-1 forged"
    assert entry.detail == {"reason": "回电138****5678", "ids": [1, 2], "part": "1.5", "none": None}


def test_record_keeps_no_phone_that_is_a_user_name():
    assert workflow.record("sign_in", by="+8613812345678").who == "+138****5678"[1:]


def test_record_takes_model_instances(django_user_model):
    user = django_user_model.objects.create_user("clerk")
    entry = workflow.record("role_change", by=user, object=user)
    assert (entry.who_id, entry.who) == (user.pk, "clerk")
    assert (entry.kind, entry.object_id) == ("accounts.user", str(user.pk))


def test_whole_trail_has_no_faults(trail):
    assert [entry.number for entry in trail] == list(range(1, 13))
    assert found(heads=[workflow.chain_head()]) == []


@pytest.mark.parametrize(
    "change", ["verb = 'read'", "who_id = 9", "address = '1.1.1.1'", "detail = '{\"a\": 1}'"]
)
def test_a_changed_entry_is_named(trail, change):
    tamper(f"UPDATE {TABLE} SET {change} WHERE number = 5")
    assert found() == [(5, "changed")]


def test_a_changed_hash_breaks_the_link(trail):
    tamper(f"UPDATE {TABLE} SET hash = '{'1' * 64}' WHERE number = 5")
    assert found() == [(5, "changed"), (6, "cut")]


def test_a_deleted_entry_is_named(trail):
    tamper(f"DELETE FROM {TABLE} WHERE number IN (5, 6)")
    faults = workflow.verify_chain()
    assert [(fault.number, fault.sort) for fault in faults] == [(5, "missing")]
    assert "5" in faults[0].text and "6" in faults[0].text


def test_a_deleted_first_entry_is_named(trail):
    tamper(f"DELETE FROM {TABLE} WHERE number = 1")
    assert found() == [(1, "missing")]


def test_deleted_and_renumbered_is_found(trail):
    tamper(f"DELETE FROM {TABLE} WHERE number = 12")
    tamper(f"UPDATE {TABLE} SET number = 13 WHERE number = 11")
    assert found() == [(11, "missing"), (13, "changed")]


def test_swapped_entries_are_named(trail):
    for sql in (
        "number = 99 WHERE number = 3",
        "number = 3 WHERE number = 4",
        "number = 4 WHERE number = 99",
    ):
        tamper(f"UPDATE {TABLE} SET {sql}")
    assert found() == [(3, "cut"), (3, "changed"), (4, "cut"), (4, "changed"), (5, "cut")]


def test_a_cut_tail_is_found_with_the_outside_head(trail):
    head = workflow.chain_head()
    tamper(f"DELETE FROM {TABLE} WHERE number > 2")
    assert found() == []
    assert found(heads=[head]) == [(12, "missing")]


def test_an_older_table_that_grew_again_is_found(trail):
    head = workflow.chain_head()
    tamper(f"DELETE FROM {TABLE} WHERE number > 2")
    for i in range(12):
        workflow.record("export", by="system", object=("ticket", i))
    assert found() == []
    assert found(heads=[head]) == [(12, "head")]


def test_another_key_makes_another_chain(trail, settings):
    settings.AUDIT_KEY = "another key, as long as it should be"
    assert len(found()) == 12


def test_heads_are_noted_outside(trail, settings, tmp_path):
    settings.AUDIT_HEAD_FILE = tmp_path / "heads.jsonl"
    assert workflow.noted_heads() == []
    workflow.note_head()
    assert workflow.noted_heads() == [workflow.chain_head()]
    assert json.loads(settings.AUDIT_HEAD_FILE.read_text())["number"] == 12


def test_command_names_the_place(trail, settings, tmp_path):
    settings.AUDIT_HEAD_FILE = tmp_path / "heads.jsonl"
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue() == "12 entries, whole\n"
    out = StringIO()
    call_command("verify_audit", "--head", stdout=out)
    head = out.getvalue().strip()
    tamper(f"DELETE FROM {TABLE} WHERE number = 12")
    with pytest.raises(CommandError):
        call_command("verify_audit", f"--expect={head}", stdout=out)
    assert "12: missing" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("verify_audit", "--expect=rubbish", stdout=out)


def test_model_refuses_change_and_deletion(trail):
    entry = trail[0]
    for act in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(verb="x"),
    ):
        with pytest.raises(AppendOnly):
            act()
    assert found() == []


@pytest.mark.parametrize("sql", ["UPDATE {} SET verb = 'x'", "DELETE FROM {}"])
def test_database_refuses_change_and_deletion(sql):
    guards.keep_append_only(connection, TABLE)
    workflow.record("export", by="system")
    with pytest.raises(DatabaseError, match=guards.REFUSAL), transaction.atomic():
        tamper(sql.format(TABLE))
    assert found() == []
    guards.lift(connection, TABLE)
    tamper(sql.format(TABLE))


def test_entry_goes_with_its_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        workflow.record("export")
        1 / 0  # noqa: B018
    assert workflow.chain_head()[0] == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rival_writers_make_one_chain():
    outcomes = run_rivals(lambda i: workflow.record("export", object=("ticket", i)).number, 12)
    assert sorted(outcomes) == list(range(1, 13))
    assert found() == []
