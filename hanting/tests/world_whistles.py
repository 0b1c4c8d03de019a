"""A whistle about the ordinary matter, with words of its own that only some may read."""

from datetime import timedelta

from receptions.choices import WhistleKind
from receptions.workflow import summonses, whistles
from tickets.workflow import now


def add(world):
    """Blow about the first community's matter and let the power company score what came of it."""
    cast, matters = world.cast, world.matters
    at = now() - timedelta(hours=1)
    whistle = whistles.write(
        matters.ordinary,
        by=cast.secretary,
        kind=WhistleKind.TOUGH,
        ground="管线分属三家，社区协调不动。",
        facts="变压器房门锁坏了。",
        organisations=[cast.power, cast.housing],
        at=at,
    )
    world.whistle = whistles.blow(whistle, by=cast.secretary, at=at)
    world.power_called = world.whistle.summonses.get(organisation=cast.power)
    world.housing_called = world.whistle.summonses.get(organisation=cast.housing)
    world.month = f"{at:%Y-%m}"
    # What an address names where the world has no such attribute.
    world.close = "close"
    summonses.acknowledge(world.power_called, by=cast.specialist, at=at)
    matters.ordinary.refresh_from_db()
