"""Words typed when the session ended come back to the person who typed them, and to nobody else."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import QueryDict
from django.test import RequestFactory

from accounts import unsent
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db
TYPED = "note=长长的话&co=1&co=2&csrfmiddlewaretoken=x&seen=3&key=abc"


def request_of(user, path, session, method="get"):
    request = getattr(RequestFactory(), method)(path)
    request.user, request.session = user, session
    return request


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def session(user):
    session = SessionStore()
    unsent.keep(session, user_id=user.pk, path="/a/", data=QueryDict(TYPED))
    return session


def test_same_person_finds_the_words_once(user, session):
    found = unsent.take(request_of(user, "/a/", session))
    assert found == {"note": "长长的话", "co": ["1", "2"]}
    assert unsent.take(request_of(user, "/a/", session)) == {}


def test_another_page_leaves_them_alone(user, session):
    assert unsent.take(request_of(user, "/b/", session)) == {}
    assert unsent.take(request_of(user, "/a/", session))["note"] == "长长的话"


def test_somebody_else_finds_nothing_and_they_are_gone(user, session):
    assert unsent.take(request_of(make_user(), "/a/", session)) == {}
    assert unsent.take(request_of(user, "/a/", session)) == {}


def test_words_are_sealed_in_the_session(session):
    assert "长长的话" not in str(dict(session.items()))


def test_a_flood_is_not_kept(user):
    session = SessionStore()
    data = QueryDict(mutable=True)
    data["note"] = "长" * unsent.MOST_CHARACTERS
    unsent.keep(session, user_id=user.pk, path="/a/", data=data)
    assert unsent.take(request_of(user, "/a/", session)) == {}
