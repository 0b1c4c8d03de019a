"""What holds for the sessions of staff: they end, and they need the second step."""

import time

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import unsent
from accounts.reports import is_staff_member

IDLE_S = 30 * 60
WHOLE_S = 12 * 3600
# The session is written at most this often, not with every page.
NOTE_EVERY_S = 60
# Pages that somebody without the second step needs for setting it up or leaving.
OPEN_BEFORE_ENROLLING = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_authenticate",
    "mfa_reauthenticate",
}


class StaffSessionMiddleware:
    """Ends staff sessions after 30 idle minutes or 12 hours, and asks for the second step first.

    Until the second step is set up (where it is mandatory) a staff session counts for nothing
    else: pages for everybody treat the person as a visitor, all others lead to setting it up.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not is_staff_member(request.user):
            return None
        is_public = not getattr(view, "login_required", True)
        if _has_ended(request.session):
            user_id = request.user.pk
            logout(request)
            if is_public:
                return None
            if request.method == "POST":
                unsent.keep(request.session, user_id=user_id, path=request.path, data=request.POST)
            messages.info(request, _("You were signed out for safety. Please sign in again."))
            return redirect_to_login(request.get_full_path())
        if not settings.STAFF_SECOND_FACTOR or _has_second_factor(request):
            return None
        if request.resolver_match.view_name in OPEN_BEFORE_ENROLLING:
            return None
        if is_public:
            request.user = AnonymousUser()
            return None
        messages.info(request, _("Staff sign in with two steps. Please set up the second one."))
        return redirect("mfa_activate_totp")


def _has_ended(session):
    now = int(time.time())
    began = session.get("began")
    if began is None:
        session["began"] = session["seen"] = began = now
    seen = session.get("seen", began)
    if now - seen > IDLE_S or now - began > WHOLE_S:
        return True
    if now - seen > NOTE_EVERY_S:
        session["seen"] = now
    return False


def _has_second_factor(request):
    # Only an administrator can take it away, and that ends the session.
    if not request.session.get("has_second_factor"):
        if not is_mfa_enabled(request.user):
            return False
        request.session["has_second_factor"] = True
    return True
