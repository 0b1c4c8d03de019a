"""A member of staff with a few of the admin's rights and no others."""

from django.contrib.auth.models import Permission

from accounts.tests.factories import make_user


def staff_with(*rights):
    """Return somebody who may sign in to the admin and holds these rights of the tickets app."""
    user = make_user(is_staff=True)
    found = Permission.objects.filter(content_type__app_label="tickets", codename__in=rights)
    user.user_permissions.set(found)
    assert found.count() == len(rights)
    return user
