"""Agenda items and promises over the interface, by the same forms and verbs as the pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from receptions.models import Commitment
from receptions.tests.factories_agenda import make_commitment, make_day, make_item
from receptions.workflow import agenda

pytestmark = pytest.mark.django_db


def send(client, user, path, data):
    client.force_login(user)
    return client.post(f"/api/v1/{path}", data, content_type="application/json")


def get(client, user, path):
    client.force_login(user)
    return client.get(f"/api/v1/{path}")


def test_items_come_in_order_with_their_reasons(client, cast):
    item = make_item(cast)
    told = get(client, cast.district_secretary, "agenda/").json()["results"]
    assert [(each["id"], len(each["reasons"]), each["status"]) for each in told] == [
        (item.pk, 1, "proposed")
    ]
    assert told[0]["verbs"] == ["schedule", "drop"]
    assert get(client, cast.worker, "agenda/").status_code == 403
    assert get(client, cast.neighbour_secretary, f"agenda/{item.pk}/").status_code == 404


def test_a_decision_makes_promises(client, cast):
    item = make_item(cast)
    agenda.schedule(item, session=make_day(cast, starts_in=0), by=cast.dispatcher)
    due = (timezone.localdate() + timedelta(days=5)).isoformat()
    data = {"decision": "定了", "text_1": "换", "lead_1": cast.power.pk, "due_on_1": due}
    answer = send(client, cast.dispatcher, f"agenda/{item.pk}/decide/", data)
    assert (answer.status_code, answer.json()["status"]) == (200, "decided")
    row = Commitment.objects.get()
    told = get(client, cast.specialist, f"commitments/{row.pk}/").json()
    assert (told["owner"], told["lead"], told["due_on"], told["verbs"]) == (
        "specialist",
        "power",
        due,
        ["report_done"],
    )


def test_a_bad_decision_names_its_fields(client, cast):
    item = make_item(cast)
    agenda.schedule(item, session=make_day(cast, starts_in=0), by=cast.dispatcher)
    answer = send(client, cast.dispatcher, f"agenda/{item.pk}/decide/", {"text_1": "换"})
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"decision", "lead_1", "due_on_1"}
    assert send(client, cast.dispatcher, f"agenda/{item.pk}/eat/", {}).status_code == 404


def test_a_promise_goes_its_way(client, cast):
    row = make_commitment(cast)
    path = f"commitments/{row.pk}/"
    done = send(client, cast.specialist, f"{path}report-done/", {"result": "好了"})
    assert done.json()["status"] == "done"
    kept = {"reached": "yes", "kept": "yes"}
    assert send(client, cast.specialist, f"{path}call-back/", kept).status_code == 403
    answer = send(client, cast.secretary, f"{path}call-back/", kept).json()
    assert (answer["status"], answer["struck_off_by"]) == ("struck_off", "resident")
    assert get(client, cast.secretary, "commitments/").json()["results"] == []
