"""What the tickets' admins share."""

from django.contrib import admin
from django.contrib.admin.utils import display_for_value

EMPTY = "—"


class LookOnly:
    """Rows that only the workflow writes: nothing is added, changed or deleted here."""

    show_full_result_count = False

    class Media:
        css = {"all": ["css/admin-tables.css"]}

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class SheetsByRight:
    """Spreadsheets in for who may add and change, out for who may look (the package lets all)."""

    def has_import_permission(self, request):
        return all(
            request.user.has_perm(f"{self.opts.app_label}.{right}_{self.opts.model_name}")
            for right in ("add", "change")
        )

    def has_export_permission(self, request):
        return self.has_view_permission(request)


def shown(name, label):
    """Return a column that shows a field, in its words where it has some, under this label."""

    @admin.display(description=label, ordering=name)
    def column(row):
        words = getattr(row, f"get_{name}_display", None)
        return plain(words() if words else getattr(row, name))

    return column


def plain(value):
    """Put a value as the admin's own columns do: dates by the calendar, nothing as a dash."""
    return EMPTY if value in (None, "") else display_for_value(value, EMPTY)
