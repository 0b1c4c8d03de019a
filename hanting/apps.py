"""The project package as an app: its pages, commands and checks."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HantingConfig(AppConfig):
    name = "hanting"


class PortalAdminConfig(AdminConfig):
    """Django admin behind the portal's own sign-in, so that the second factor holds there too."""

    default_site = "hanting.admin.PortalAdminSite"
