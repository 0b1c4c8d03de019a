"""Reporting a matter, page by page: words, place, photos, similar matters, contact."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from common.errors import AlreadyDone, RuleViolation
from common.limits import client_address, network_of, take
from common.uploads import CONTENT_TYPE, MAX_PHOTOS, check_count, clean_photo
from grids import directory
from grids.choices import GridLevel
from grids.models import Grid
from grids.reports import children_of, locate, nearest, search
from tickets import similar
from tickets.drafts import Draft
from tickets.forms.resident import (
    ContactForm,
    JoinForm,
    PhotosForm,
    PlaceForm,
    PositionForm,
    WhatForm,
    tidy_reference,
)
from tickets.models import Ticket
from tickets.suggest import suggest
from tickets.views.intake import join_once
from tickets.views.steps import again, both, form_for, missing_step, onward, page

PHOTOS_AN_HOUR = 60


@login_not_required
@never_cache
@both
def what(request):
    """Ask what happened, in the resident's own words."""
    draft = Draft.of(request.session)
    if request.method == "GET" and "place" in request.GET:
        return arrive(request, draft)
    if request.method == "POST":
        form = WhatForm(request.POST)
        if not form.is_valid():
            return again(request, draft, "what")
        draft.description = form.cleaned_data["description"]
        draft.title = form.cleaned_data["title"]
        to = "tickets:report_photos" if draft.grid_id else "tickets:report_where"
        return onward(request, draft, "what", to)
    form = form_for(draft, "what", WhatForm, description=draft.description, title=draft.title)
    if request.user.is_authenticated:
        # The phone of a member of staff passes through many hands: the browser keeps no words.
        del form.fields["description"].widget.attrs["data-draft"]
    return page(request, draft, "what", form=form)


def arrive(request, draft):
    """Take the place of a poster or of a grid's page into the draft; an old one is said plainly."""
    code = request.GET["place"].strip().upper()[:15].replace("\0", "")
    grid = Grid.objects.listed().only("id").filter(code=code).first()
    if grid is None:
        messages.info(
            request, _("This place has been reorganised. You can choose it on the next page.")
        )
    else:
        draft.grid_id = grid.pk
        draft.via = "qr" if request.GET.get("via") == "qr" else ""
        draft.save(request.session)
    return redirect("tickets:report")


@login_not_required
@never_cache
@both
def where(request):
    """Ask where: by name, initials, code, from a list, or by the phone's position."""
    draft = Draft.of(request.session)
    if not draft.description:
        return redirect("tickets:report")
    if request.method == "POST" and "lat" in request.POST:
        return take_position(request, draft)
    if request.method == "POST":
        form = PlaceForm(request.POST)
        if not form.is_valid():
            return again(request, draft, "where")
        if form.cleaned_data["place"].pk != draft.grid_id:
            draft.grid_id, draft.saw_similar = form.cleaned_data["place"].pk, False
        draft.address = form.cleaned_data["address"]
        return onward(request, draft, "where", "tickets:report_photos")
    chosen = directory.get(draft.grid_id)
    form = form_for(
        draft, "where", PlaceForm, place=chosen.code if chosen else "", address=draft.address
    )
    return page(request, draft, "where", form=form, **places_to_choose(request, draft, chosen))


def places_to_choose(request, draft, chosen):
    """Return what the page offers: found by name, below a place, near the phone, or the chosen."""
    asked, inside = request.GET.get("q", ""), request.GET.get("in", "")[:15].replace("\0", "")
    found, above = [], None
    if asked.strip():
        found = search(asked)
    elif inside:
        above = Grid.objects.listed().defer("outline").filter(code=inside).first()
        found = children_of(above) if above else []
    elif draft.latitude is not None:
        found = around(draft.latitude, draft.longitude)
    entries = [directory.get(grid.pk) for grid in found]
    names = directory.paths_of([entry.id for entry in entries if entry])
    if chosen and not found:
        entries, names = [chosen], directory.paths_of([chosen.id])
    offered = [(entry, names[entry.id]) for entry in entries if entry]
    return {
        "asked": asked,
        "above": above,
        "offered": offered,
        "streets": [] if above else _streets(),
        "is_near": bool(found) and not asked.strip() and not inside,
        "position_error": draft.tried.get("position", {}).get("error", ""),
        "community_level": GridLevel.COMMUNITY,
    }


def _streets():
    entries = directory.GRIDS.all().values()
    return [each for each in entries if each.level == GridLevel.STREET and each.is_listed]


def around(latitude, longitude):
    """Return the places near a point, and the smallest one whose outline holds it."""
    grids = [near.grid for near in nearest(latitude, longitude)]
    inside = locate(latitude, longitude)
    if inside and inside.level >= GridLevel.COMMUNITY and inside not in grids:
        grids.append(inside)
    return grids


def take_position(request, draft):
    """Keep the phone's position, or say that it lies outside the district."""
    form = PositionForm(request.POST)
    draft.accept("position")
    draft.latitude = draft.longitude = None
    if not form.is_valid():
        error = _("The position could not be read. Please look for the name instead.")
        draft.tried["position"] = {"error": error}
    else:
        point = form.cleaned_data["lat"], form.cleaned_data["lon"]
        if locate(*point) is None and not nearest(*point):
            error = _("You seem to be outside the district. Please look for the name instead.")
            draft.tried["position"] = {"error": error}
        else:
            draft.latitude, draft.longitude = point
            if not around(*point):
                error = _("No village or estate is known just there. Please look for the name.")
                draft.tried["position"] = {"error": error}
    draft.save(request.session)
    return redirect("tickets:report_where")


@login_not_required
@never_cache
@both
def photos(request):
    """Take up to nine photos, one by one if need be; going on without any is as easy."""
    draft = Draft.of(request.session)
    step = missing_step(draft)
    if step:
        return redirect(step)
    if request.method != "POST":
        form = PhotosForm.with_errors(draft.tried.get("photos", {}).get("errors"))
        left = range(min(3, MAX_PHOTOS - len(draft.photos)))
        return page(request, draft, "photos", form=form, pickers=left, most=MAX_PHOTOS)
    draft.accept("photos")
    if request.POST.get("drop", "").isdigit():
        draft.drop_photo(int(request.POST["drop"][:3]))
        draft.save(request.session)
        return redirect(request.get_full_path())
    errors = take_photos(request, draft)
    if errors:
        draft.tried["photos"] = {"errors": errors}
    draft.save(request.session)
    if errors or request.POST.get("action") == "add":
        return redirect(request.get_full_path())
    to = "tickets:report_contact" if draft.saw_similar else "tickets:report_similar"
    return onward(request, draft, "photos", to)


def take_photos(request, draft):
    """Clean and keep the photos of a request; return what was wrong with the others."""
    files = request.FILES.getlist("photos")
    try:
        check_count(files, already=len(draft.photos))
    except RuleViolation as refusal:
        return [str(refusal.message)]
    errors = []
    address = network_of(client_address(request))
    for number, file in enumerate(files, 1):
        try:
            if not take("draft-photo", address, limit=PHOTOS_AN_HOUR, window_s=3600).ok:
                raise RuleViolation(
                    _("Too many photos have come from your network. Please go on without.")
                )
            draft.add_photo(clean_photo(file))
        except RuleViolation as refusal:
            errors.append(_("Photo %(number)d: %(why)s") % {"number": number, "why": refusal})
    return errors


@login_not_required
@never_cache
@require_GET
def draft_photo(request, number):
    """Show a small picture of a photo in the visitor's own draft."""
    draft = Draft.of(request.session)
    if number >= len(draft.photos):
        raise Http404
    path = draft.folder / f"small-{draft.photos[number]['name']}"
    if not path.exists():
        raise Http404
    return FileResponse(path.open("rb"), content_type=CONTENT_TYPE)


@login_not_required
@never_cache
@both
def similar_matters(request):
    """Show at most three open matters near by that look alike; joining asks nothing more."""
    draft = Draft.of(request.session)
    step = missing_step(draft)
    if step:
        return redirect(step)
    if request.method == "POST":
        if request.POST.get("join"):
            return join(request, draft)
        draft.saw_similar = True
        return onward(request, draft, "similar", "tickets:report_contact")
    best = suggest(draft.description, draft.title, limit=1)
    found = similar.find(
        description=draft.description,
        title=draft.title,
        grid_id=draft.grid_id,
        category_id=best[0].category.id if best else None,
    )
    if not found:
        return redirect("tickets:report_contact")
    tried = draft.tried.get("similar", {})
    return page(request, draft, "similar", found=found, form=JoinForm(tried or None))


def join(request, draft):
    """Say "me too" to one of the matters shown, once for this draft."""
    reference = tidy_reference(request.POST["join"])
    ticket = Ticket.objects.open().filter(reference=reference, is_confidential=False).first()
    try:
        if ticket is None:
            raise RuleViolation(_("This matter has just been closed. Please go on with yours."))
        join_once(request, draft, ticket)
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        if refusal.code == "phone":
            return again(request, draft, "similar")
        messages.error(request, refusal.message)
        draft.saw_similar = True
        return onward(request, draft, "similar", "tickets:report_contact")
    draft.clear(request.session)
    return redirect("tickets:joined", reference)


@login_not_required
@never_cache
@both
def contact(request):
    """Ask how to reach the person, and for whom this is written; nothing here is required."""
    draft = Draft.of(request.session)
    step = missing_step(draft)
    if step:
        return redirect(step)
    if request.method == "POST":
        form = ContactForm(request.POST)
        if not form.is_valid():
            return again(request, draft, "contact")
        draft.contact = form.cleaned_data
        return onward(request, draft, "contact", "tickets:report_check")
    known = draft.contact
    if known is None:
        is_known = request.user.is_authenticated and request.user.phone_verified
        known = {"phone": request.user.phone or "" if is_known else ""}
    form = form_for(draft, "contact", ContactForm, **known)
    return page(request, draft, "contact", form=form)


@login_not_required
@require_POST
def clear(request):
    """Throw the draft away, photos included."""
    Draft.of(request.session).clear(request.session)
    messages.success(request, _("The draft is deleted."))
    return redirect("home")
