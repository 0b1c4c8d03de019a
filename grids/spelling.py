"""Pinyin of place names, for people who find a village by keyboard."""

import re

_MARKS = re.compile(r"[^a-z0-9]")
_LABEL = re.compile("（[^）]*）")


def spell(name):
    """Return (pinyin, initials) of a name, e.g. ("jixiangjiayuan", "jxjy"); labels in full-width
    brackets are left out. Both fit the columns of Grid.

    The library's tables take a third of a second, so only those who change a name load them.
    """
    from pypinyin import lazy_pinyin

    syllables = [_MARKS.sub("", part.lower()) for part in lazy_pinyin(_LABEL.sub("", name))]
    initials = [part if part.isdigit() else part[:1] for part in syllables]
    return "".join(syllables)[:160], "".join(initials)[:40]
