"""Words that were on their way when a staff session ended: kept until the same person is back."""

import json

from common import crypto

SLOT = "unsent"
MOST_CHARACTERS = 50_000
# What belongs to the page that is gone, not to the person who typed.
NOT_TYPED = {"csrfmiddlewaretoken", "seen", "key"}


def keep(session, *, user_id, path, data):
    """Seal what `user_id` sent to `path` into the session that comes after theirs."""
    typed = {name: data.getlist(name) for name in data if name not in NOT_TYPED}
    kept = json.dumps({"by": user_id, "path": path, "typed": typed}, ensure_ascii=False)
    if len(kept) <= MOST_CHARACTERS:
        session[SLOT] = crypto.seal(kept, bound_to=f"session:{SLOT}")


def take(request):
    """Return {field: value} typed on this page before signing in again, {} if there is nothing.

    A field sent several times gives a list. What somebody else typed on this device is forgotten.
    """
    if request.method != "GET" or SLOT not in request.session:
        return {}
    kept = json.loads(crypto.unseal(request.session[SLOT], bound_to=f"session:{SLOT}"))
    if kept["by"] == request.user.pk and kept["path"] != request.path:
        return {}
    del request.session[SLOT]
    if kept["by"] != request.user.pk:
        return {}
    return {name: each[0] if len(each) == 1 else each for name, each in kept["typed"].items()}
