"""The admin site: stock Django admin behind the portal's own sign-in."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    site_title = site_header = _("Hanting grid portal: administration")
    index_title = _("Reference data, people and history")

    def login(self, request, extra_context=None):
        return secure_admin_login(super().login)(request, extra_context)
