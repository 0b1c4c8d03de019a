"""Remarks about the portal itself: written by anybody, answered by few, shown when released."""

import pytest
from django.test import Client
from django.urls import reverse

from common import crypto
from tickets.models import PortalRemark

pytestmark = pytest.mark.django_db


def write(client, **said):
    return client.post(reverse("tickets:portal_remark"), {"text": "字太小了"} | said)


def test_a_remark_is_kept_with_its_phone_sealed(client):
    answer = write(client, phone="13800012345", page="/report/")
    assert answer.url == reverse("tickets:portal_remark")
    remark = PortalRemark.objects.get()
    assert (remark.text, remark.page) == ("字太小了", "/report/")
    assert "13800012345" not in remark.sealed_phone
    assert crypto.unseal(remark.sealed_phone, bound_to=f"remark:{remark.seal_id}") == (
        "+8613800012345"
    )


@pytest.mark.parametrize(
    "said", [{"text": ""}, {"text": "字" * 2001}, {"phone": "12"}, {"text": "\0"}]
)
def test_bad_input_is_a_sentence_and_stays_on_the_page(client, said):
    page = write(client, **said)
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert PortalRemark.objects.count() == 0


def test_the_sixth_in_an_hour_gets_the_riddle(client):
    for _number in range(5):
        write(client)
    assert 'name="pow_challenge"' in write(client).content.decode()
    assert PortalRemark.objects.count() == 5


def test_only_dispatchers_supervisors_and_admins_answer(client, cast):
    write(client)
    remark = PortalRemark.objects.get()
    pages = [
        reverse("tickets:remarks"),
        reverse("tickets:remark_answer", args=[remark.pk]),
    ]
    for user, status in (
        (cast.dispatcher, 200),
        (cast.supervisor, 200),
        (cast.admin, 200),
        (cast.worker, 404),
        (cast.specialist, 404),
        (cast.outsider, 404),
    ):
        staff = Client()
        staff.force_login(user)
        assert [staff.get(page).status_code for page in pages] == [status, status]
    assert Client().get(pages[0]).status_code == 302


def test_an_answer_is_public_only_when_released(client, cast):
    write(client)
    remark = PortalRemark.objects.get()
    staff = Client()
    staff.force_login(cast.dispatcher)
    address = reverse("tickets:remark_answer", args=[remark.pk])
    staff.post(address, {"answer": "已经改大"})
    public = reverse("tickets:portal_remark")
    assert "已经改大" not in Client().get(public).content.decode()
    staff.post(address, {"answer": "已经改大", "is_released": "on"})
    assert "已经改大" in Client().get(public).content.decode()
    remark.refresh_from_db()
    assert (remark.answered_by, remark.answered_at is not None) == (cast.dispatcher, True)


def test_words_with_a_phone_number_are_not_released(client, cast):
    write(client, text="打我电话13800012345")
    remark = PortalRemark.objects.get()
    staff = Client()
    staff.force_login(cast.dispatcher)
    address = reverse("tickets:remark_answer", args=[remark.pk])
    page = staff.post(address, {"answer": "好", "is_released": "on"})
    assert 'role="alert"' in page.content.decode()
    remark.refresh_from_db()
    assert (remark.is_released, remark.answer) == (False, "")
