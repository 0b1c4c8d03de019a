"""The admin site: stock Django admin behind the portal's own sign-in."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.db.models.base import ModelBase
from django.utils.translation import gettext_lazy as _

# Tables of the libraries that nobody here works with, or that must not be edited by hand.
HIDDEN = frozenset({"account.emailaddress", "auth.group", "mfa.authenticator"})


class PortalAdminSite(AdminSite):
    """The admin with our words, our sign-in, and only our tables."""

    site_title = site_header = _("Hanting grid portal: administration")
    index_title = _("Reference data, people and history")

    def login(self, request, extra_context=None):
        return secure_admin_login(super().login)(request, extra_context)

    def register(self, model_or_iterable, admin_class=None, **options):
        several = not isinstance(model_or_iterable, ModelBase)
        for model in model_or_iterable if several else [model_or_iterable]:
            if model._meta.label_lower not in HIDDEN:
                super().register(model, admin_class, **options)
