"""Signing in: name and password for staff, a code to the phone for residents."""

from allauth.account.forms import (
    ChangePasswordForm,
    ConfirmLoginCodeForm,
    LoginForm,
    ReauthenticateForm,
    RequestLoginCodeForm,
)
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import workflow
from accounts.models import Leave, Posting
from common.errors import RuleViolation
from common.limits import client_address, network_of, take
from common.text import narrow

# A hall with one Wi-Fi asks for many codes from one address; a phone needs few.
CODES_A_DAY, CODES_A_MINUTE, CODES_FROM_ADDRESS = 5, 3, 120
MINUTE_S, DAY_S = 60, 86_400
# What a phone needs to offer the code from the message and the keyboard with digits.
CODE_ATTRS = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "maxlength": "12",
    "autocapitalize": "off",
    "spellcheck": "false",
}


class SignInForm(LoginForm):
    """User name or phone, and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or phone")
        self.fields["login"].widget.attrs = {
            "autocomplete": "username",
            "autocapitalize": "off",
            "spellcheck": "false",
        }
        self.fields["login"].error_messages["required"] = _("Please type your user name or phone.")
        _plain_password(self.fields["password"], _("Password"))
        self.fields["password"].error_messages["required"] = _("Please type your password.")

    def clean_login(self):
        return narrow(super().clean_login())


class PhoneCodeForm(RequestLoginCodeForm):
    """Ask for a code; a phone that nobody used before gets an account that only codes open.

    Known and unknown phones get the same answer and the same message.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone"].error_messages["required"] = _("Please type your mobile number.")

    def clean_phone(self):
        phone = self.cleaned_data["phone"]
        if not phone.startswith("+86"):
            raise ValidationError(_("A code can only be sent to a mobile phone."))
        address = network_of(client_address(context.request))
        if not (
            take("sms-address", address, limit=CODES_FROM_ADDRESS, window_s=MINUTE_S).ok
            and take("sms-minute", phone, limit=CODES_A_MINUTE, window_s=MINUTE_S).ok
        ):
            raise ValidationError(_("Codes are on their way already. Please wait a minute."))
        if not take("sms-day", phone, limit=CODES_A_DAY, window_s=DAY_S).ok:
            raise ValidationError(
                _("This phone has had all its codes for today. Please try again tomorrow.")
            )
        self._user = workflow.resident_for(phone)
        return phone


class CodeForm(ConfirmLoginCodeForm):
    """The six digits from the message, in half or full width, with or without a space."""

    code = forms.CharField(
        label=gettext_lazy("Code from the message"),
        widget=forms.TextInput(attrs=CODE_ATTRS),
        error_messages={"required": gettext_lazy("Please type the six digits.")},
    )

    def clean_code(self):
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return super().clean_code()


class PasswordAgainForm(ReauthenticateForm):
    """The password once more, before something that matters."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain_password(self.fields["password"], _("Password"))


class NewPasswordForm(ChangePasswordForm):
    """The old password and twice the new one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain_password(self.fields["oldpassword"], _("Current password"))
        _plain_password(self.fields["password2"], _("New password once more"))
        _plain_password(self.fields["password1"], _("New password"))
        self.fields["password1"].help_text = _(
            "At least 8 characters, better 15: a short sentence of your own is best."
        )


class SecondStepForm(AuthenticateForm):
    """The code of the authenticator app, or one of the recovery codes."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain_code(self.fields["code"])

    def clean_code(self):
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return super().clean_code()


class SecondStepAgainForm(ReauthenticateByCodeForm):
    """The code of the authenticator app once more, before something that matters."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain_code(self.fields["code"])


class EnrolForm(ActivateTOTPForm):
    """The first code of a freshly set up authenticator app."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _plain_code(self.fields["code"])

    def clean_code(self):
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return super().clean_code()


class PostingForm(forms.ModelForm):
    """A posting in the admin; what the workflow would refuse is a sentence here."""

    class Meta:
        model = Posting
        fields = ["user", "role", "grid", "organisation", "valid_from", "valid_to"]

    def clean(self):
        data = super().clean()
        if not self.errors and not self.instance.pk:
            same = {name: data[name] for name in ("user", "role", "grid", "organisation")}
            if Posting.objects.filter(**same).current(data["valid_from"]).exists():
                raise ValidationError(_("This person has this role here already."))
        return data


class LeaveForm(forms.ModelForm):
    """Leave in the admin, with the rules of `workflow.grant_leave`."""

    class Meta:
        model = Leave
        fields = ["first_day", "last_day", "substitute"]

    def clean(self):
        data = super().clean()
        if not self.errors and self.instance.posting_id:
            try:
                workflow.check_leave(
                    self.instance.posting,
                    data["first_day"],
                    data["last_day"],
                    data.get("substitute"),
                    leave=self.instance,
                )
            except RuleViolation as refusal:
                self.add_error(refusal.field, refusal.message)
        return data


def _digits(typed):
    return "".join(narrow(typed).split())


def _plain_code(field):
    field.label = _("Code from the app")
    field.widget.attrs = dict(CODE_ATTRS)


def _plain_password(field, label):
    # A placeholder vanishes when typing begins; the label above the box stays.
    field.label = label
    field.help_text = ""
    field.widget.attrs.pop("placeholder", None)
