"""The portal's front door: pages that belong to no single app."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseServerError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hanting.context import PREFERENCES, YEAR_S, appearance
from hanting.recent import recently_solved


@login_not_required
@require_safe
def home(request):
    return render(request, "hanting/home.html", {"recent": recently_solved()})


@login_not_required
@require_safe
def phone(request):
    return render(request, "hanting/phone.html", {"footer": settings.PORTAL_FOOTER})


@login_not_required
@require_safe
def privacy(request):
    return render(request, "hanting/privacy.html")


@login_not_required
@require_safe
def accessibility(request):
    return render(request, "hanting/accessibility.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    """Keep how a person likes to read in cookies, and go back to the page they came from."""
    if request.method != "POST":
        return render(request, "hanting/preferences.html")
    response = redirect(way_back(request))
    known = {name: [value for value, _label in pairs] for name, pairs in PREFERENCES.items()}
    known["language"] = list(dict(settings.LANGUAGES))
    for name, values in known.items():
        value = request.POST.get(name, "")
        if value in values:
            keep(response, settings.LANGUAGE_COOKIE_NAME if name == "language" else name, value)
    if request.POST.get("say") == "yes":
        with translation.override(request.POST.get("language") or None):
            messages.success(request, _("Your choice is kept on this device."))
    return response


def way_back(request):
    """Return the page named by the form if it is one of ours, else the first page."""
    asked = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else reverse("home")


def keep(response, name, value):
    response.set_cookie(
        name,
        value,
        max_age=YEAR_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def server_error(request):
    """Say sorry without asking the database, which may be what broke."""
    known = {"portal": appearance(request)}
    return HttpResponseServerError(render_to_string("500.html", known))
