"""The page about oneself, the password, and signing out."""

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.reports import is_staff_member, reach


@require_GET
@never_cache
def me(request):
    """Show who is signed in, what work that gives, and the ways to change or leave."""
    context = {
        "reach": reach(request.user),
        "is_staff_member": is_staff_member(request.user),
        "second_factor_is_mandatory": settings.STAFF_SECOND_FACTOR,
        "matters_url": _optional_url("tickets:mine"),
    }
    return render(request, "accounts/me.html", context)


def change_password(request):
    """Change the password; who signs in by code alone has none to change."""
    if not request.user.has_usable_password():
        raise Http404
    return allauth_views.password_change(request)


@login_not_required
def sign_out(request):
    """Sign out by POST, also half-way in; what the browser kept of the pages goes with it."""
    response = allauth_views.logout(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache"'
    return response


def _optional_url(name):
    # The page of one's matters stands in an app above this one.
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
