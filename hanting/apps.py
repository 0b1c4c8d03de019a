"""The project package as an app: its pages, commands and checks."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HantingConfig(AppConfig):
    name = "hanting"

    def ready(self):
        from hanting import checks  # noqa: F401  registers the checks
        from hanting.celery import make_queue_folders

        make_queue_folders()


class PortalAdminConfig(AdminConfig):
    """Django admin behind the portal's own sign-in, so that the second factor holds there too."""

    default_site = "hanting.admin.PortalAdminSite"
