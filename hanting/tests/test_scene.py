"""The demonstration's own sentences are such as the admin would take."""

import pytest

from hanting.demo.scene import SENTENCES
from tickets.models import ReplyTemplate
from tickets.replies import check_template


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence[0])
def test_sentences_of_the_demonstration_can_be_filled_in(sentence):
    name, verb, text = sentence
    check_template(text)
    ReplyTemplate(name=name, verb=verb, text=text).clean_fields()


def test_sentences_of_the_demonstration_have_names_of_their_own():
    assert len({name for name, _verb, _text in SENTENCES}) == len(SENTENCES)
