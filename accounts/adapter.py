"""How allauth meets this portal: phones, text messages, no sign-up, sealed second factors."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.shortcuts import resolve_url
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.reports import is_staff_member
from common.crypto import seal, unseal
from common.errors import RuleViolation
from common.forms import PhoneField
from common.text import normalise_phone
from common.workflow import record

logger = logging.getLogger(__name__)
_SEALED_FOR = "accounts.second_factor"


class PortalAccountAdapter(DefaultAccountAdapter):
    """Staff sign in by name or phone and password, residents by a code to the phone."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": gettext_lazy("This account is closed."),
        "incorrect_code": gettext_lazy("This code is not right. Please look at it again."),
        "incorrect_password": gettext_lazy("The password is not right."),
        "enter_current_password": gettext_lazy("The current password is not right."),
        "phone_password_mismatch": gettext_lazy("Name or password is not right."),
        "username_password_mismatch": gettext_lazy("Name or password is not right."),
        "too_many_login_attempts": gettext_lazy(
            "There were too many tries. Please wait a few minutes and try again."
        ),
        "rate_limited": gettext_lazy("That was very fast. Please wait a moment."),
    }

    def is_open_for_signup(self, request):
        return False

    def get_login_redirect_url(self, request):
        staff = is_staff_member(request.user)
        return resolve_url(settings.LOGIN_REDIRECT_URL if staff else "accounts:me")

    def get_password_change_redirect_url(self, request):
        return resolve_url("accounts:me")

    def login(self, request, user):
        # Each sign-in moves last_login, which is no change worth a row of history.
        user.skip_history_when_saving = True
        super().login(request, user)
        del user.skip_history_when_saving
        record("sign_in", by=user, request=request)

    def authentication_failed(self, request, **credentials):
        record("sign_in_failed", request=request)

    def pre_authenticate(self, request, **credentials):
        """Count wrong passwords by name *and* address: a stranger cannot lock somebody out."""
        name = credentials.get("username") or credentials.get("phone") or ""
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed",
            key=f"{self.get_client_ip(request)}:{name.casefold()}",
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def phone_form_field(self, **options):
        return PhoneField(label=gettext_lazy("Mobile number"), **options)

    def send_verification_code_sms(self, user, phone, code, **options):
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        text = _(
            "Your sign-in code for the Hanting grid portal is %(code)s, good for %(minutes)d "
            "minutes. Tell it to nobody."
        )
        try:
            backend = import_string(settings.SMS_BACKEND)()
            backend.send(phone, text % {"code": code, "minutes": minutes})
        except Exception:
            # A provider that is down must not look like a broken page.
            logger.exception("a sign-in code was not sent")
            messages.error(
                context.request, _("The message could not be sent. Please try again later.")
            )

    def set_phone(self, user, phone, verified):
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def get_phone(self, user):
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone_verified(self, user, phone):
        if user.phone == phone and not user.phone_verified:
            self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone):
        try:
            return User.objects.filter(phone=normalise_phone(phone)).first()
        except RuleViolation:
            return None


class PortalMFAAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps sealed; staff cannot switch a mandatory one off."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy(
            "Staff sign in with two steps. If your telephone is lost, an administrator helps."
        ),
        "incorrect_code": gettext_lazy("This code is not right. Please look at it again."),
    }

    def encrypt(self, text):
        return seal(text, bound_to=_SEALED_FOR)

    def decrypt(self, encrypted_text):
        return unseal(encrypted_text, bound_to=_SEALED_FOR)

    def can_delete_authenticator(self, authenticator):
        return not (settings.STAFF_SECOND_FACTOR and is_staff_member(authenticator.user))
