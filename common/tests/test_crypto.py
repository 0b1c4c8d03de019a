import pytest
from django.core.exceptions import ImproperlyConfigured

from common import crypto

KEYS = {name: name.encode() * 16 for name in ("k1", "k2")}


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_KEYS = {"k1": KEYS["k1"]}
    settings.FIELD_KEY_CURRENT = "k1"
    settings.INDEX_KEY = "i" * 40


@pytest.mark.parametrize("text", ["王小明", "+8613800001111", "😀 " * 2000, "a"])
def test_seal_opens_only_for_the_row_it_is_bound_to(text):
    token = crypto.seal(text, bound_to="reporter:1:phone")
    assert crypto.unseal(token, bound_to="reporter:1:phone") == text
    assert token.isascii()
    with pytest.raises(crypto.BrokenSeal):
        crypto.unseal(token, bound_to="reporter:2:phone")


def test_seal_twice_gives_two_values():
    assert crypto.seal("a", bound_to="x") != crypto.seal("a", bound_to="x")


def test_empty_stays_empty():
    assert crypto.seal("", bound_to="x") == crypto.unseal("", bound_to="x") == ""


@pytest.mark.parametrize("token", ["x", "k1.", "k1.%%", "k1.AAAA", "../etc.AAAA", "k1." + "A" * 60])
def test_rubbish_is_a_broken_seal(token):
    with pytest.raises(crypto.BrokenSeal):
        crypto.unseal(token, bound_to="x")


def test_every_changed_letter_is_noticed():
    token = crypto.seal("secret", bound_to="x")
    for place in range(3, len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(crypto.SealError):
            crypto.unseal(token[:place] + other + token[place + 1 :], bound_to="x")


def test_rotation(settings):
    old = crypto.seal("secret", bound_to="x")
    settings.FIELD_KEYS = KEYS
    settings.FIELD_KEY_CURRENT = "k2"
    new = crypto.reseal(old, bound_to="x")
    assert (crypto.is_current(old), crypto.is_current(new)) == (False, True)
    assert crypto.reseal(new, bound_to="x") == new
    settings.FIELD_KEYS = {"k2": KEYS["k2"]}
    assert crypto.unseal(new, bound_to="x") == "secret"
    with pytest.raises(crypto.UnknownKey):
        crypto.unseal(old, bound_to="x")


def test_key_id_cannot_be_relabelled(settings):
    settings.FIELD_KEYS = {"k1": KEYS["k1"], "k2": KEYS["k1"]}
    token = crypto.seal("secret", bound_to="x")
    with pytest.raises(crypto.BrokenSeal):
        crypto.unseal("k2" + token[2:], bound_to="x")


def test_short_keys_are_refused(settings):
    settings.FIELD_KEYS = {"k1": b"short"}
    with pytest.raises(ImproperlyConfigured):
        crypto.seal("a", bound_to="x")
    settings.INDEX_KEY = "short"
    with pytest.raises(ImproperlyConfigured):
        crypto.blind_index("a", purpose="phone")


def test_blind_index_depends_on_text_purpose_and_key(settings):
    first = crypto.blind_index("+8613800001111", purpose="phone")
    assert len(first) == 64
    assert first == crypto.blind_index("+8613800001111", purpose="phone")
    others = {
        crypto.blind_index("+8613800001112", purpose="phone"),
        crypto.blind_index("+8613800001111", purpose="rate"),
    }
    settings.INDEX_KEY = "j" * 40
    others.add(crypto.blind_index("+8613800001111", purpose="phone"))
    assert len(others | {first}) == 4


def test_tracking_digest_forgives_how_a_code_is_typed():
    assert crypto.tracking_digest("abcd-efgh jk") == crypto.tracking_digest("ABCDEFGHJK")
    assert not crypto.digests_equal(crypto.tracking_digest("A"), crypto.tracking_digest("B"))
