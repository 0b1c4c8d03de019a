"""What the people around a whistle read while it is asked for and blown."""

from django.urls import reverse

from notices.workflow import Message, enqueue_many
from receptions.choices import WhistleKind
from receptions.workflow.calling import facts_of
from receptions.workflow.words import say


def tell(whistle, people, sentence, verb, at, *, but=None, words=""):
    """Write once to each of these people; `but` is whoever did it and knows."""
    out = {getattr(but, "pk", None)}
    title = say(sentence, kind=WhistleKind(whistle.kind).label, place=whistle.ticket.grid)
    enqueue_many(
        Message(
            unique_key=f"whistle:{whistle.pk}:{verb}:{at:%Y%m%d%H%M%S}:{user.pk}",
            kind="whistle",
            title=title,
            body=words or facts_of(whistle),
            to=user,
            link=reverse("whistles:detail", args=[whistle.number]),
            urgent=whistle.kind == WhistleKind.EMERGENCY,
        )
        for user in {each.pk: each for each in people if each.pk not in out}.values()
    )
