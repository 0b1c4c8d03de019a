"""What people type: cleaning, phone numbers in every habit of writing, masking, spreadsheet cells.

Every pattern here is linear (bounded repeats, no nesting over the same letters), because text
arrives from strangers; see the security notes on patterns that never end.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

from common.errors import RuleViolation

MASK_CAP = 7000
HOME_AREA_CODE = "0536"

# Full-width ASCII (U+FF01 to U+FF5E) and the ideographic space, one character for one.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－ー"), "-")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Direction overrides can make a name read as another; zero-width fillers defeat search. The joiner
# U+200D and the variation selectors stay, emoji are built with them.
_UNSEEN = set(
    map(
        chr,
        [0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF]
        + list(range(0x202A, 0x202F))
        + list(range(0x2066, 0x206A)),
    )
)


def tidy(text: str, limit: int, *, one_line: bool = False) -> str:
    """Clean what a person typed; keep Chinese, emoji and line breaks.

    Takes out NUL, control and direction characters, half pairs and non-characters, makes line
    ends `\\n`, composes (NFC), trims. Raises RuleViolation ("too_long") above `limit` characters:
    text is never cut behind the writer's back.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = unicodedata.normalize("NFC", "".join(filter(_is_wanted, text)))
    if one_line:
        text = " ".join(text.split())
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if len(text) > limit:
        raise RuleViolation(
            _("Please keep this to %(limit)d characters; there are %(count)d now.")
            % {"limit": limit, "count": len(text)},
            code="too_long",
        )
    return text


def _is_wanted(char):
    if char in "\n\t":
        return True
    if char in _UNSEEN or ord(char) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(char) not in ("Cc", "Cs")


def narrow(text: str) -> str:
    """Turn full-width digits, letters and signs into half-width ones, keeping the length."""
    return text.translate(_NARROW)


def normalise_phone(text: str, *, service: bool = False) -> str:
    """Return "+86" and eleven digits for a mobile, or the digits with area code for a landline.

    Accepts spaces, dashes, brackets, full-width digits, +86/0086; a seven-digit number gets the
    home area code. Demonstration numbers (100 0000 XXXX) pass as mobiles. With `service` also
    public service numbers (three to six digits, 400/800 numbers). Raises RuleViolation
    ("phone") in plain words.
    """
    typed = narrow(text.strip()).translate(_DASHES)
    body = re.sub(r"[\s().\-]+", "", typed[:60])
    national = re.sub(r"^(?:\+|00)86", "", body)
    abroad = national != body
    if not national.isascii() or not national.isdigit():
        raise RuleViolation(_phone_hint(), code="phone")
    if re.fullmatch(r"(?:86)?(?:1[3-9]\d{9}|1000000\d{4})", national):
        return "+86" + national[-11:]
    if abroad and not national.startswith("0"):
        national = "0" + national
    if re.fullmatch(r"[0-9]\d{6}", national) and not national.startswith(("1", "0")):
        return HOME_AREA_CODE + national
    if re.fullmatch(r"0[1-9]\d{8,10}", national):
        return national
    if service and not abroad and re.fullmatch(r"[19]\d{2,5}|[48]00\d{7}", national):
        return national
    raise RuleViolation(_phone_hint(), code="phone")


def _phone_hint():
    return _(
        "This phone number does not look right. "
        "A mobile has 11 digits, a landline its area code first."
    )


def mask_name(name: str) -> str:
    """王小明 -> 王**; at most two stars, so that the length tells little."""
    name = name.strip()
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2) if name else ""


def mask_phone(phone: str) -> str:
    """138****5678 for a mobile, 0536****234 for a landline, however it is written."""
    digits = re.sub(r"\D", "", narrow(phone))
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) < 7:
        return "*" * len(digits)
    if digits.startswith("0"):
        return digits[:4] + "****" + digits[-3:]
    return digits[:3] + "****" + digits[-4:]


_E_MAIL = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
_IDENTITY = r"(?<!\d)[1-9]\d{5}[ -]?(?:18|19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[\dXx](?!\d)"
_OLD_IDENTITY = r"(?<!\d)[1-9]\d{14}(?!\d)"
_BANK_CARD = r"(?<!\d)(?:62|4\d|5[1-5])\d\d(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)"
_MOBILE = r"(?<!\d)(?:(?:\+|00)?86[ -]?)?(?:1[3-9]\d[ -]?\d{4}|100[ -]?0000)[ -]?\d{4}(?!\d)"
_LANDLINE = r"(?<!\d)\(?0[1-9]\d{1,2}\)?[ -]?\d{3,4}[ -]?\d{4}(?!\d)"
_LOCAL = r"(?:电话|座机|Tel|tel|TEL)(?:是|:| ){0,3}\d{3,4}-?\d{4}(?!\d)"
_PLATE = (
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z]"
    r"[ ·•.-]?[A-HJ-NP-Za-hj-np-z0-9]{4,5}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9])"
)
_PERSONAL = re.compile(
    "|".join((_E_MAIL, _IDENTITY, _OLD_IDENTITY, _BANK_CARD, _MOBILE, _LANDLINE, _LOCAL, _PLATE))
)


def mask_text(text: str) -> str:
    """Star phone, identity and card numbers, e-mail addresses and plates inside free text.

    Full-width digits are found too. Only the first 7,000 characters come back: what was not
    looked at is not shown.
    """
    text = text[:MASK_CAP]
    parts, last = [], 0
    for found in _PERSONAL.finditer(narrow(text).translate(_DASHES)):
        parts += [text[last : found.start()], _stars(text[found.start() : found.end()])]
        last = found.end()
    return "".join(parts) + text[last:]


def has_personal_numbers(text: str) -> bool:
    """Whether `mask_text` would change anything; for asking before words are released."""
    return mask_text(text) != text[:MASK_CAP]


def _stars(found):
    if "@" in found:
        return found[0] + "***@" + "***"
    if found[0].isdigit() or found[0] in "+(（＋":
        digits = re.sub(r"\D", "", narrow(found))
        return mask_phone(digits) if len(digits) < 15 else digits[:2] + "*" * 12
    return found[:2] + "****"


def csv_safe(cell):
    """Make a cell harmless for a spreadsheet: what could start a formula gets an apostrophe.

    Numbers and dates stay as they are; full-width ＝＋－＠ count like their half-width sisters.
    """
    if not isinstance(cell, str):
        return cell
    if cell[:1] in ("\t", "\r", "\n") or narrow(cell).translate(_DASHES).lstrip()[:1] in tuple(
        "=+-@"
    ):
        return "'" + cell
    return cell
