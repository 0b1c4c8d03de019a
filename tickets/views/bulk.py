"""One step for many matters: choose them, look first, do it, and read how each of them went.

What was typed waits in the session until it is done, so that every page can be gone back to.
"""

import json
import secrets
from collections import defaultdict

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory as organisations
from accounts import unsent
from common import crypto
from tickets import several
from tickets.drafts import KEPT_CHARACTERS
from tickets.forms.bulk import FORMS, KEY, picks_in
from tickets.views.scope import staff_only

EXAMPLES = 3
LABELS = {
    "pass_on": pgettext_lazy("many matters", "Pass on"),
    "tell": pgettext_lazy("many matters", "Tell the residents"),
}
TYPED = ("references", "organisation", "holder", "template", "note")
# Where the session keeps what was typed, and how the last step went.
DRAFT, RESULT = "bulk", "bulk_result"


# --- Choosing ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def bulk(request):
    """Ask for the matters and the step; when all of it is there, lead on to the look at it."""
    if request.method != "POST":
        return form_page(request, *begun(request))
    what, is_asking = known(request.POST.get("what")), "refresh" in request.POST
    form = FORMS[what](request.POST)
    if not is_asking and not form.is_valid():
        return form_page(request, what, form)
    keep(request, DRAFT, {"what": what, "typed": typed_in(request)})
    # The session knows which step it was.
    return redirect("tickets:bulk" if is_asking else "tickets:bulk_look")


def typed_in(request):
    """Return what was typed, at most so much of it as anybody types by hand."""
    found = {name: request.POST.get(name, "")[:KEPT_CHARACTERS] for name in TYPED}
    return {name: text for name, text in found.items() if text}


def begun(request):
    """Return (step, form) for what the address asks for, with what was typed before."""
    draft = kept(request, DRAFT)
    before = unsent.take(request)
    what = known(request.GET.get("what") or before.get("what") or draft.get("what"))
    typed = draft.get("typed", {})
    if draft.get("what") != what:
        typed = {"references": typed.get("references", "")}
    picked = request.GET.getlist("pick")
    if picked:
        typed = typed | {"references": "\n".join(picked[: several.MOST + 1])}
    return what, FORMS[what](initial=typed | before)


def known(what):
    """Return the word of a step; an unknown one is the first of them."""
    return what if what in FORMS else next(iter(FORMS))


def form_page(request, what, form):
    """Ask for the matters and for what the step needs."""
    context = {
        "form": form,
        "what": what,
        "ways": [(each, label, each == what) for each, label in LABELS.items()],
        "picked": request.GET.getlist("pick")[: several.MOST],
        "sentences": getattr(form, "templates", {}).values(),
    }
    return render(request, "tickets/staff/bulk.html", context)


def keep(request, slot, said):
    sealed = crypto.seal(json.dumps(said, ensure_ascii=False), bound_to=f"session:{slot}")
    request.session[slot] = sealed


def kept(request, slot):
    """Return what the session keeps in a slot, {} for nothing."""
    sealed = request.session.get(slot)
    return json.loads(crypto.unseal(sealed, bound_to=f"session:{slot}")) if sealed else {}


# --- Looking first -------------------------------------------------------------------------


@require_safe
@staff_only
@never_cache
def bulk_look(request):
    """Show how many are allowed, which not and why, and three of them as they will be."""
    draft = kept(request, DRAFT)
    what = known(draft.get("what"))
    form = FORMS[what](draft.get("typed", {}))
    if not form.is_valid():
        return redirect("tickets:bulk")
    action = form.action()
    verdicts = several.judged(action, form.cleaned_data["references"], request.user)
    allowed = [each for each in verdicts if not each.refusal]
    tickets = [each.ticket for each in allowed]
    context = {
        "what": what,
        "label": LABELS[what],
        "to": receiver(action) if what == "pass_on" else "",
        "allowed": allowed,
        "refused": by_reason((each.refusal, each) for each in verdicts if each.refusal),
        "refused_count": len(verdicts) - len(allowed),
        "examples": [(each, example(action, each.ticket)) for each in allowed[:EXAMPLES]],
        "silent": several.without_phone(tickets) if what == "tell" else 0,
        "typed": [(name, text) for name, text in draft["typed"].items() if name != "references"],
        "key": secrets.token_urlsafe(16),
    }
    return render(request, "tickets/staff/bulk_look.html", context)


def example(action, ticket):
    """Return what the residents will read, or who has the matter now."""
    if isinstance(action, several.Tell):
        return action.message(ticket)
    return " · ".join(
        filter(None, [organisations.name(ticket.organisation_id), str(ticket.holder)])
    )


def receiver(action):
    """Return to whom matters are passed on."""
    return " · ".join(
        filter(None, [organisations.name(action.organisation.pk), str(action.holder or "")])
    )


def by_reason(pairs):
    """Return [(reason, […])] of (reason, matter) pairs, the most frequent reason first."""
    found = defaultdict(list)
    for reason, each in pairs:
        found[reason].append(each)
    return sorted(found.items(), key=lambda pair: -len(pair[1]))


# --- Doing it ------------------------------------------------------------------------------


@require_POST
@staff_only
@never_cache
def bulk_do(request):
    """Do the step to the matters that the look allowed, each of them once."""
    what, key = known(request.POST.get("what")), request.POST.get("key", "")
    picks = picks_in(request.POST.getlist("pick"))
    if picks is None or not KEY.fullmatch(key):
        messages.info(request, _("That page was incomplete. Please begin once more."))
        return redirect("tickets:bulk")
    typed = typed_in(request) | {"references": "\n".join(reference for reference, _seen in picks)}
    form = FORMS[what](typed)
    if not form.is_valid():
        # Somebody or some sentence is gone since the look.
        return form_page(request, what, form)
    outcomes = several.done(
        form.action(), picks, request.user, key=key, body=[what, *sorted(typed.items())]
    )
    request.session.pop(DRAFT, None)
    keep(request, RESULT, {"what": what, "outcomes": outcomes})
    return redirect("tickets:bulk_done")


@require_safe
@staff_only
@never_cache
def bulk_done(request):
    """Say how the last step went for each of its matters."""
    result = kept(request, RESULT)
    if not result:
        return redirect("tickets:bulk")
    outcomes = result["outcomes"]
    still = several.within_reach(list(outcomes), request.user)
    rows = {each: several.Verdict(each, still.get(each), why) for each, why in outcomes.items()}
    refused = [each for each in rows.values() if each.refusal]
    context = {
        "what": result["what"],
        "label": LABELS[result["what"]],
        "done": [each for each in rows.values() if not each.refusal],
        "refused": by_reason((each.refusal, each) for each in refused),
        "again": [each.reference for each in refused],
    }
    return render(request, "tickets/staff/bulk_done.html", context)
