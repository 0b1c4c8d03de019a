"""Everything that this app asks of one person now, for the one list of the day."""

from datetime import UTC, datetime

from receptions.views import agenda_today, days_today, fund_today, whistles_today

PARTS = (whistles_today, days_today, agenda_today, fund_today)
NEVER = datetime.max.replace(tzinfo=UTC)


def todos(user, at):
    """Return the ToDo lines of one person, what is late first, then by the nearest time."""
    found = [todo for part in PARTS for todo in part.todos(user, at)]
    return sorted(found, key=lambda todo: (not todo.is_late, todo.due_at or NEVER, todo.title))
