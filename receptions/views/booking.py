"""Booking a place, page by page: the matter, who speaks, check, receipt. No account is needed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from common import crypto
from common.errors import RuleViolation
from common.workflow import once
from grids.models import Grid
from receptions.choices import BookingSource, SessionStatus
from receptions.drafts import BookingDraft
from receptions.forms.booking import MatterForm, SpeakerForm
from receptions.models import Session
from receptions.reports.days import public_days
from receptions.workflow import bookings
from tickets import drafts
from tickets.catalogue import by_code
from tickets.choices import Source
from tickets.models import Ticket
from tickets.suggest import suggest
from tickets.views.intake import UNSURE, shown_phone
from tickets.views.intake import slow_down as slow_down_filing
from tickets.views.steps import both
from tickets.views.track import NOBODY
from tickets.views.track import slow_down as slow_down_code
from tickets.workflow import Contact


def bookable(pk):
    """Return the public day, or 404; whether it still takes bookings the workflow decides."""
    return get_object_or_404(public_days(), pk=pk)


def page(request, session, draft, step, **context):
    """Render a step; every one knows the day and the draft."""
    context |= {"session": session, "draft": draft, "change": "change" in request.GET}
    return render(request, f"receptions/days/{step}.html", context)


def is_open(session):
    return session.status == SessionStatus.PUBLISHED and session.starts_at > timezone.now()


def closed(request, session):
    """Lead to the day's page, which says how it stands."""
    messages.info(request, _("This day takes no bookings any more. Please choose another."))
    return redirect("receptions:day", session.pk)


def again(request, draft, step):
    """Keep what was typed and lead back to the page, which shows what is wrong with it."""
    draft.refuse(step, request.POST)
    draft.save(request.session)
    return redirect(request.get_full_path())


def onward(request, draft, step, to):
    """Keep the draft and go on, or back to the last page when one answer was changed."""
    draft.tried.pop(step, None)
    draft.save(request.session)
    to = "book_check" if "change" in request.GET else to
    return redirect(f"receptions:{to}", draft.session_id)


def form_of(draft, step, form_class, initial, **options):
    tried = draft.tried.get(step)
    if tried is None:
        return form_class(initial=initial, **options)
    return form_class(tried, **options)


# --- The matter ----------------------------------------------------------------------------


@login_not_required
@never_cache
@both
def matter(request, pk):
    """Ask what it is about: words, or the number of a matter that was reported before."""
    session = bookable(pk)
    if not is_open(session):
        return closed(request, session)
    draft = BookingDraft.of(request.session, pk)
    if request.method != "POST":
        initial = {"words": draft.words, "place": draft.place or session.grid.code}
        form = form_of(draft, "matter", MatterForm, initial, community=session.grid)
        known = Ticket.objects.filter(pk=draft.ticket_id).first()
        return page(request, session, draft, "matter", form=form, known=known)
    form = MatterForm(request.POST, community=session.grid)
    if not form.is_valid():
        return again(request, draft, "matter")
    said = form.cleaned_data
    draft.words, draft.place, draft.ticket_id = said["words"], request.POST.get("place", ""), None
    if said["reference"]:
        return with_number(request, session, draft, form)
    return onward(request, draft, "matter", "book_who")


def with_number(request, session, draft, form):
    """Take the matter of a reference if its code is right; the same words for either mistake."""
    reference = form.cleaned_data["reference"]
    riddle = slow_down_code(request, reference)
    if riddle:
        return page(request, session, draft, "matter", form=form, **riddle)
    ticket = Ticket.objects.filter(reference=reference).first()
    digest = crypto.tracking_digest(form.cleaned_data["code"])
    if not crypto.digests_equal(ticket.tracking_digest if ticket else NOBODY, digest):
        form.add_error("code", _("Reference and tracking code do not fit together. Please check."))
        return page(request, session, draft, "matter", form=form)
    drafts.remember_code(request.session, reference, digest)
    draft.ticket_id, draft.words = ticket.pk, ""
    return onward(request, draft, "matter", "book_who")


# --- Who speaks ----------------------------------------------------------------------------


@login_not_required
@never_cache
@both
def who(request, pk):
    """Ask who comes and speaks, and for whom somebody books."""
    session = bookable(pk)
    draft = BookingDraft.of(request.session, pk)
    if not draft.has_matter:
        return redirect("receptions:book", pk)
    if request.method != "POST":
        form = form_of(draft, "who", SpeakerForm, draft.people or {})
        return page(request, session, draft, "who", form=form)
    form = SpeakerForm(request.POST)
    if not form.is_valid():
        return again(request, draft, "who")
    draft.people = form.cleaned_data
    return onward(request, draft, "who", "book_check")


# --- Check and send ------------------------------------------------------------------------


@login_not_required
@never_cache
@both
def check(request, pk):
    """Show every answer with a way to change it, and book once however often it is pressed."""
    session = bookable(pk)
    if request.method == "POST":
        done = drafts.filed_reference(request.session, request.POST.get("key", ""))
        if done:
            return redirect("receptions:booking", pk, done)
    draft = BookingDraft.of(request.session, pk)
    if not draft.has_matter:
        return redirect("receptions:book", pk)
    if not draft.people:
        return redirect("receptions:book_who", pk)
    if request.method == "POST" and request.POST.get("key") == draft.key:
        riddle = slow_down_filing(request, draft.people["phone"])
        return check_page(request, session, draft, **riddle) if riddle else send(request, draft)
    return check_page(request, session, draft)


def check_page(request, session, draft, **context):
    ticket = Ticket.objects.filter(pk=draft.ticket_id).first()
    return page(
        request,
        session,
        draft,
        "check",
        known=ticket,
        place=place_of(session, draft),
        phone=shown_phone(draft.people["phone"]),
        is_open=is_open(session),
        **context,
    )


def place_of(session, draft):
    grid = Grid.objects.listed().filter(code=draft.place).only("short_name").first()
    return grid.short_name if grid else session.grid.short_name


def send(request, draft):
    """Book, keep the receipt for this browser, forget the draft."""
    try:
        answer = once("receptions.book", draft.key, draft.key, lambda: (201, made(draft)))
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
        return redirect("receptions:book_check", draft.session_id)
    data = answer.data
    if data["code"]:
        drafts.keep_receipt(request.session, draft.key, data)
    draft.clear(request.session)
    if data["news"] == "repeat":
        messages.info(request, _("You had booked this already; nothing was booked twice."))
    elif data["news"] == "joined":
        messages.info(
            request, _("Others have booked this matter. You speak for it with them, in one place.")
        )
    return redirect("receptions:booking", draft.session_id, data["reference"])


def made(draft):
    """Book what the draft says; return {reference, code, news}."""
    session = Session.objects.select_related("grid").get(pk=draft.session_id)
    said = draft.people
    speaker = Contact(
        name=said["name"],
        phone=said["phone"],
        relation=said["relation"],
        wants_call=said["wants_call"],
    )
    what = {}
    if draft.ticket_id:
        what["ticket"] = Ticket.objects.get(pk=draft.ticket_id)
    else:
        helper = Contact(name=said["helper_name"], relation=said["relation"])
        what["filing"] = bookings.filing_for(
            session,
            words=draft.words,
            category_id=category_of(draft.words).id,
            grid=Grid.objects.listed().defer("outline").filter(code=draft.place).first(),
            speaker=speaker,
            source=Source.WEB,
            helper=None if helper.is_empty else helper,
        )
    booked = bookings.book(session, people=[speaker], source=BookingSource.WEB, by=None, **what)
    news = "repeat" if booked.is_repeat else "joined" if booked.has_joined else ""
    ticket = booked.booking.ticket
    return {"reference": ticket.reference, "code": booked.tracking_code, "news": news}


def category_of(words):
    """Return the category that the words suggest, else the one for what is unsure."""
    found = suggest(words, limit=1)
    return found[0].category if found else by_code(UNSURE)
