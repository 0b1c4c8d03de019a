from django import forms

from common.forms import PhoneField, TidyCharField


class Report(forms.Form):
    text = TidyCharField(limit=10)
    place = TidyCharField(limit=10, one_line=True, required=False)
    phone = PhoneField(required=False)


def test_clean_text_comes_out_tidy():
    form = Report(
        {"text": " 停\x00电 \r\n", "place": " 3号\n楼 ", "phone": "１３８ １２３４ ５６７８"}
    )
    assert form.is_valid()
    assert form.cleaned_data == {"text": "停电", "place": "3号 楼", "phone": "+8613812345678"}


def test_refused_text_stays_on_the_page():
    form = Report({"text": "字" * 11, "phone": "12"})
    assert form.is_valid() is False
    assert [error.code for error in form.errors.as_data()["text"]] == ["too_long"]
    assert [error.code for error in form.errors.as_data()["phone"]] == ["phone"]
    assert "字" * 11 in str(form["text"])
    assert 'value="12"' in str(form["phone"])


def test_only_unseen_characters_are_empty():
    form = Report({"text": "\x00\u200b "})
    assert [error.code for error in form.errors.as_data()["text"]] == ["required"]


def test_optional_fields_may_be_empty():
    form = Report({"text": "停电"})
    assert form.is_valid()
    assert (form.cleaned_data["place"], form.cleaned_data["phone"]) == ("", "")
