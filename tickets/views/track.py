"""Following a matter with reference and tracking code, and having the last word on it.

A wrong reference and a wrong code get the same answer in the same time: a digest is reckoned and
compared either way.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import directory as organisations
from common import crypto
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.limits import WAIT_S, client_address, network_of, riddle_after, take, verify
from common.uploads import CONTENT_TYPE, check_count, clean_photo
from tickets import drafts, progress, workflow
from tickets.catalogue import categories
from tickets.choices import PersonKind, Status, Verb
from tickets.forms.resident import (
    AnswerForm,
    CodeForm,
    ConfirmForm,
    PhotosForm,
    ReasonForm,
    TrackForm,
    UrgeForm,
    WithdrawForm,
    tidy_reference,
)
from tickets.models import Attachment, Person, Ticket
from tickets.promised import promise_of
from tickets.views.steps import both, typed
from tickets.workflow.parties import must_not_judge, parties
from tickets.workflow.residents import REOPEN_DAYS, REOPENINGS

TRIES_A_REFERENCE, REFERENCE_WINDOW_S = 10, 600
TRIES_AN_ADDRESS, HOUR_S = 60, 3_600
# Compared with when no matter has the reference; no code has this digest.
NOBODY = "0" * 64


# --- Getting in ----------------------------------------------------------------------------


@login_not_required
@never_cache
@both
def track(request):
    """Ask for reference and tracking code."""
    form = TrackForm(typed(request))
    if request.method == "POST" and form.is_valid():
        return enter(request, form, form.cleaned_data["reference"], "track")
    return render(request, "tickets/track/track.html", {"form": form})


def enter(request, form, reference, page):
    """Open the matter if the code is right; say the same about a wrong code and no such matter."""
    riddle = slow_down(request, reference)
    if riddle:
        return render(request, f"tickets/track/{page}.html", {"form": form} | riddle)
    ticket = Ticket.objects.filter(reference=reference).first()
    digest = crypto.tracking_digest(form.cleaned_data["code"])
    if not crypto.digests_equal(ticket.tracking_digest if ticket else NOBODY, digest):
        form.add_error(None, _("Reference and tracking code do not fit together. Please check."))
        return render(request, f"tickets/track/{page}.html", {"form": form, "reference": reference})
    drafts.remember_code(request.session, reference, digest)
    return redirect("tickets:progress", reference)


def slow_down(request, reference):
    """Count a try; over the limit return what the page needs for the riddle, else None."""
    address = network_of(client_address(request))
    counts = [
        take("track-ref", reference, limit=TRIES_A_REFERENCE, window_s=REFERENCE_WINDOW_S),
        take("track-address", address, limit=TRIES_AN_ADDRESS, window_s=HOUR_S),
    ]
    if all(each.ok for each in counts):
        return None
    riddle = request.POST.get("pow_challenge", "")
    decision = verify(riddle, request.POST.get("pow_nonce", ""), identity=address)
    if decision.ok:
        return None
    return {
        "challenge": riddle_after(decision, riddle),
        "wait_s": decision.retry_after_s or WAIT_S,
        "reference": reference,
    }


def ticket_of(request, reference):
    """Return the matter if this session gave its code or this account filed it, else None."""
    found = Ticket.objects.select_related("holder", "organisation", "merged_into")
    ticket = found.filter(reference=reference).first()
    digest = drafts.remembered_digest(request.session, reference)
    if ticket and crypto.digests_equal(ticket.tracking_digest, digest):
        return ticket
    if ticket and request.user.is_authenticated:
        mine = own_people(request.user).filter(ticket=ticket, kind=PersonKind.RESIDENT)
        return ticket if mine.exists() else None
    return None


def own_people(user):
    """Return the rows of this person on matters: by account, or by a phone they have proven."""
    own = Q(user=user)
    if user.phone and user.phone_verified:
        own |= Q(phone_index=crypto.blind_index(user.phone, purpose="phone"))
    return Person.objects.filter(own)


# --- Reading -------------------------------------------------------------------------------


@login_not_required
@never_cache
@both
def progress_page(request, reference):
    """Show how the matter stands; without the code only ask for it."""
    reference = tidy_reference(reference)
    ticket = ticket_of(request, reference)
    if ticket is None:
        form = CodeForm(typed(request))
        if request.method == "POST" and form.is_valid():
            return enter(request, form, reference, "code")
        return render(request, "tickets/track/code.html", {"form": form, "reference": reference})
    if request.method == "POST":
        return redirect("tickets:progress", reference)
    return render(request, "tickets/track/progress.html", told(ticket))


def told(ticket):
    """Return what the page tells of a matter; a joined one tells how the main matter stands."""
    main = ticket.merged_into if ticket.status == Status.MERGED else ticket
    is_others = main.pk != ticket.pk
    events = list(main.events.in_order())
    clocks = list(main.clocks.filter(cycle=main.cycle))
    at = timezone.now()
    promise = promise_of(main, clocks, events, at, is_others=is_others)
    if is_others:
        events = [event for event in events if event.verb not in progress.OTHERS_WORDS]
    is_asked = main.waiting_for == "resident"
    return {
        "ticket": ticket,
        "main": main,
        "organisation": organisations.name(main.organisation_id),
        "category": categories[main.category_id],
        "present": progress.present(ticket),
        "main_present": progress.present(main) if is_others else "",
        "promise": promise,
        "happenings": progress.history(events, is_others=is_others),
        "question": progress.open_question(events) if is_asked else "",
        "waits_until": progress.waiting_until(events) if main.status == Status.ON_HOLD else None,
        "photos": ticket.attachments.order_by("pk"),
        "answer_form": AnswerForm(),
        "is_late": main.is_late(at),
        "may_reopen": may_reopen(ticket, at),
        "urged_at": progress.urged_today(ticket, at) if ticket.is_open else None,
        "may_urge": may_urge(ticket, at),
        "people": progress.people(main),
    }


def may_reopen(ticket, at):
    """Whether the page offers to open a closed matter again; the workflow decides."""
    if ticket.status != Status.CLOSED or ticket.reopen_count >= REOPENINGS:
        return False
    return (at - ticket.closed_at).days < REOPEN_DAYS


def may_urge(ticket, at):
    """Whether the page offers to ask for hurry: an open matter, once a day."""
    is_possible = workflow.available(ticket, workflow.RESIDENT, among=(Verb.URGE,))
    return bool(is_possible) and progress.urged_today(ticket, at) is None


@login_not_required
@never_cache
@require_GET
def progress_photo(request, reference, number):
    """Show a photo to whoever gave the matter's code."""
    ticket = own_ticket(request, reference)
    if ticket is None:
        raise Http404
    return photo_answer(get_object_or_404(ticket.attachments, pk=number))


@login_not_required
@require_GET
def released_photo(request, number):
    """Show a photo that a named person has released to everybody."""
    found = Attachment.objects.filter(is_released=True, ticket__is_confidential=False)
    return photo_answer(get_object_or_404(found, pk=number))


def photo_answer(attachment):
    """Send the small picture; the type is ours, never the visitor's."""
    return FileResponse(attachment.thumbnail.open("rb"), content_type=CONTENT_TYPE)


@never_cache
@require_GET
def mine(request):
    """List the matters of the person signed in, newest first, and those they joined."""
    rows = own_people(request.user).exclude(kind=PersonKind.HELPER)
    kinds = dict(rows.order_by("-pk").values_list("ticket_id", "kind")[:200])
    tickets = Ticket.objects.filter(pk__in=kinds).select_related("village", "community")
    matters = [
        (ticket, categories[ticket.category_id], kinds[ticket.pk] == PersonKind.RESIDENT)
        for ticket in tickets.newest_first()
    ]
    return render(request, "tickets/track/mine.html", {"matters": matters})


# --- The resident's word -------------------------------------------------------------------


def own_ticket(request, reference):
    """Return the matter, or None: then the page of the code comes first."""
    return ticket_of(request, tidy_reference(reference))


def say(request, ticket, verb, done, **said):
    """Do a resident's verb and say how it went; whoever did the work has no say here."""
    user = request.user
    try:
        if user.is_authenticated and must_not_judge(ticket, user, parties(ticket, user)):
            raise NotAllowed(_("Whoever did the work or filed it for somebody cannot do this."))
        verb(ticket, by=workflow.RESIDENT, **said)
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("tickets:progress", ticket.reference)


def word_page(request, reference, form_class, page, send):
    """Ask for a few words and send them; `send(ticket, said)` does the verb."""
    ticket = own_ticket(request, reference)
    if ticket is None:
        return redirect("tickets:progress", reference)
    form = form_class(typed(request))
    if request.method == "POST" and form.is_valid():
        return send(ticket, form.cleaned_data)
    return render(request, f"tickets/track/{page}.html", {"form": form, "ticket": ticket})


@login_not_required
@never_cache
@both
def confirm(request, reference):
    """Say that it is solved, and whether one is satisfied."""

    def send(ticket, said):
        return say(request, ticket, workflow.confirm, _("Thank you. It is closed now."), **said)

    return word_page(request, reference, ConfirmForm, "confirm", send)


@login_not_required
@never_cache
@both
def dispute(request, reference):
    """Say that it is not solved: it goes on."""

    def send(ticket, said):
        done = _("We have noted that it is not solved. The matter goes on.")
        return say(request, ticket, workflow.dispute, done, **said)

    return word_page(request, reference, ReasonForm, "dispute", send)


@login_not_required
@never_cache
@both
def reopen(request, reference):
    """Open a closed matter again."""

    def send(ticket, said):
        return say(request, ticket, workflow.reopen, _("It is open again."), **said)

    return word_page(request, reference, ReasonForm, "reopen", send)


@login_not_required
@never_cache
@both
def urge(request, reference):
    """Ask to hurry, with a word or without, once a day."""
    ticket = own_ticket(request, reference)
    if ticket and request.method != "POST" and not may_urge(ticket, timezone.now()):
        # The page of the matter says since when they know.
        return redirect("tickets:progress", ticket.reference)

    def send(ticket, said):
        done = _("The person in charge and the supervisor have been told.")
        return say(request, ticket, workflow.urge, done, **said)

    return word_page(request, reference, UrgeForm, "urge", send)


@login_not_required
@never_cache
@both
def withdraw(request, reference):
    """Take a matter back."""

    def send(ticket, said):
        return say(request, ticket, workflow.withdraw, _("You have taken it back."), **said)

    return word_page(request, reference, WithdrawForm, "withdraw", send)


@login_not_required
@never_cache
@both
def answer(request, reference):
    """Answer a question; the page of the matter holds the same form."""

    def send(ticket, said):
        done = _("Thank you. Your answer is with the person in charge.")
        return say(request, ticket, workflow.answer, done, **said)

    return word_page(request, reference, AnswerForm, "answer", send)


@login_not_required
@never_cache
@both
def add_photos(request, reference):
    """Add photos to an own matter."""
    ticket = own_ticket(request, reference)
    if ticket is None:
        return redirect("tickets:progress", reference)
    if request.method != "POST":
        return render(
            request, "tickets/track/photos.html", {"ticket": ticket, "form": PhotosForm()}
        )
    try:
        files = request.FILES.getlist("photos")
        check_count(files, already=ticket.attachments.count())
        photos = [clean_photo(file) for file in files]
    except RuleViolation as refusal:
        form = PhotosForm.with_errors([refusal.message])
        return render(request, "tickets/track/photos.html", {"ticket": ticket, "form": form})
    if not photos:
        return redirect("tickets:progress", reference)
    return say(request, ticket, workflow.attach, _("Your photos are added."), photos=photos)


@login_not_required
@require_POST
def forget(request, reference):
    """Close the matter on this device: whoever holds the phone next needs the code again."""
    drafts.forget_code(request.session, tidy_reference(reference))
    return redirect("tickets:track")
