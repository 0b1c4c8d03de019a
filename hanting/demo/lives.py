"""Lives of invented tickets, told by the same `Story` that a real one's verbs write.

Everything follows from one seed, so that two machines show the same district.
"""

import random
from datetime import timedelta

from django.utils import timezone

from common import crypto
from common.models import Version
from grids.choices import GridKind, GridLevel
from grids.models import Grid
from hanting.demo import matters
from tickets import codes, workflow
from tickets.catalogue import leaves
from tickets.choices import LATE, HoldReason, Kind, PersonKind, Source, Stage, Status, Verb
from tickets.models import LEVEL_COLUMNS, Person, Ticket
from tickets.policies import limit_of, limits_of
from tickets.workflow.bulk import Planted, plant
from tickets.workflow.escalations import Ladders
from tickets.workflow.filing import co_handlers, first_line, reason_of
from tickets.workflow.residents import limits_again
from tickets.workflow.story import Story
from tickets.workflow.sweep import climb

DAYS = 400
BATCH = 250
NAMES = "王李张刘陈杨赵黄周吴"
GIVEN = ["阿姨", "大爷", "女士", "先生", "师傅"]


class NotYet(Exception):
    """The next step of this life lies in the future."""


class District:
    """What every life needs to know: places, categories, and who takes what where."""

    def __init__(self, at):
        self.at = at
        self.grids = {
            grid.pk: grid for grid in Grid.objects.listed().defer("outline").order_by("path")
        }
        parents = {grid.parent_id for grid in self.grids.values()}
        ends = [grid for grid in self.grids.values() if grid.level >= GridLevel.VILLAGE]
        # Most people live in the sub-areas; a village without any is a place of its own.
        self.places = [
            grid for grid in ends if grid.pk not in parents and grid.kind == GridKind.BASE
        ]
        self.place_weights = [
            grid.households or (120 if grid.level == GridLevel.VILLAGE else 60)
            for grid in self.places
        ]
        self.categories = leaves()
        self._weights, self._routes, self._co, self._told = {}, {}, {}, {}
        self._ladders = Ladders(at)

    def columns(self, grid):
        """Return the ticket's level columns for a grid."""
        found = {}
        while grid is not None:
            found[LEVEL_COLUMNS[grid.level]] = grid.pk
            grid = self.grids.get(grid.parent_id)
        return found

    def village_of(self, grid):
        return grid if grid.level == GridLevel.VILLAGE else self.grids[grid.parent_id]

    def weights(self, month, is_estate):
        key = (month, is_estate)
        if key not in self._weights:
            self._weights[key] = [
                matters.weight(category, month, is_estate) for category in self.categories
            ]
        return self._weights[key]

    def route(self, facts, grid, *, immediate):
        """Return (route, co-handlers) by the real routing, asked once for each place that takes it.

        The demonstration's contacts all stand at streets, so who took a matter from one village
        takes it from every village below the same place.
        """
        what = (facts.handler, facts.department_id) if immediate else "community first"
        around = self._around(grid)
        for place in around:
            if (what, place.pk) in self._routes:
                found = self._routes[what, place.pk]
                break
        else:
            # By the day: who happens to be on duty at the hour of seeding took no other life.
            day = timezone.localdate(self.at)
            found = workflow.route_for(facts, grid, day, immediate=immediate)
            taker = next(each for each in around if each.level <= max(found.grid.level, 2))
            self._routes[what, taker.pk] = found
        return found, self._helpers(facts, grid) if immediate else []

    def _around(self, grid):
        """Return the village or estate, community, street and district around a place."""
        places = [self.village_of(grid)]
        while places[-1].parent_id in self.grids:
            places.append(self.grids[places[-1].parent_id])
        return places

    def _helpers(self, facts, grid):
        key = (facts.id, self.village_of(grid).pk if facts.property_helps else None)
        if key not in self._co:
            self._co[key] = co_handlers(facts, grid, self.at)
        return self._co[key]

    def told(self, ticket, stage, level):
        """Return the ids of those who hear that a ticket has reached a level."""
        key = (ticket.community_id, ticket.organisation_id, ticket.holder_id, stage, level)
        if key not in self._told:
            people = workflow.addressees_of(
                ticket, self.at, stage=stage, level=level, ladders=self._ladders
            )
            self._told[key] = [each.pk for each in people]
        return self._told[key]


class Life:
    """One ticket from its filing to the present."""

    def __init__(self, district, chance, taken):
        self.district, self.chance = district, chance
        self.at = self._birth()
        grid = chance.choices(district.places, district.place_weights)[0]
        is_estate = district.village_of(grid).form == "estate"
        weights = district.weights(self.at.month, is_estate)
        self.facts = chance.choices(district.categories, weights)[0]
        self.taken, self.helpers = district.route(self.facts, grid, immediate=True)
        self.first, _none = district.route(self.facts, grid, immediate=self.facts.is_immediate)
        self.ticket = self._ticket(grid, taken)
        self.story = Story(self.ticket)
        self.escalations = []

    def _birth(self):
        """More matters of late, by day rather than by night."""
        age = self.chance.random() ** 1.6 * DAYS
        hour = self.chance.choices(range(24), [1, 1, 1, 1, 1, 2, 5] + [9] * 12 + [7, 7, 5, 3, 2])[0]
        born = self.district.at - timedelta(days=age)
        born = born.replace(hour=(hour - 8) % 24, minute=self.chance.randrange(60), microsecond=0)
        return min(born, self.district.at - timedelta(minutes=3))

    def _ticket(self, grid, taken):
        reference = codes.new_reference()
        while reference in taken:
            reference = codes.new_reference()
        taken.add(reference)
        text = matters.sentence(self.chance, self.facts, str(self.district.village_of(grid)))
        ticket = Ticket(
            reference=reference,
            tracking_digest=crypto.tracking_digest(codes.new_tracking_code()),
            title=first_line(text),
            description=text,
            kind=self.chance.choice([Kind.HELP] * 5 + [Kind.QUESTION, Kind.COMPLAINT]),
            source=self.chance.choices(
                [Source.QR, Source.WEB, Source.PHONE, Source.COUNTER, Source.GRID],
                [35, 25, 20, 8, 12],
            )[0],
            grid=grid,
            submitted_at=self.at,
            holder=self.first.holder,
            priority=self.facts.priority,
            category_id=self.facts.id,
            held_since=self.at,
            last_event_at=self.at,
        )
        for column, pk in self.district.columns(grid).items():
            setattr(ticket, column, pk)
        return ticket

    # --- telling

    def step(self, verb, to=None, *, after=None, by=None, actor="lead", data=None, **state):
        """Append the next event `after` seconds later; raise NotYet when that is in the future."""
        at = self.at + timedelta(seconds=int(after or 0))
        self._grow_late(at)
        if at > self.district.at:
            raise NotYet
        self.at = at
        self.story.append(verb, at, by_id=by, actor=actor, to=to, data=data or {}, **state)

    def _grow_late(self, until):
        """Let the sweep find what runs out before the next step; the demonstration keeps breaches.

        Reminders before the day are told and forgotten.
        """
        until = min(until, self.district.at)
        for clock in self.story.running():
            if clock.stage == Stage.CONFIRM:
                continue
            for row in climb(clock, until):
                if row.level < LATE:
                    continue
                row.noticed_at = row.crossed_at + timedelta(seconds=self.chance.randrange(15))
                told = self.district.told(self.ticket, clock.stage, row.level)
                self.escalations.append((row, told))

    def live(self):
        """Tell the life up to the present; return it ready to be stored."""
        try:
            self._submit()
            if self._reach_somebody():
                self._work()
                self._end()
        except NotYet:
            pass
        return Planted(self.story, [self._person()], self.escalations)

    def _submit(self):
        facts = self.facts
        self.step(
            Verb.SUBMIT,
            Status.SUBMITTED,
            actor="resident",
            data={
                "category": facts.id,
                "priority": facts.priority,
                "confidential": facts.is_restricted,
                "limits": limits_of(facts),
                "reason": reason_of(self.first),
                "immediate": facts.is_immediate,
            },
        )

    def _reach_somebody(self):
        """Accept and hand over, or settle on the spot; False when the matter is at its end."""
        if self.facts.is_immediate:
            self.step(Verb.ACCEPT, Status.ACCEPTED, actor="system", data={"immediate": True})
            self._dispatch(after=0, by=None, actor="system")
            return True
        secretary = self.first.holder.pk
        pace = self.chance.expovariate(1 / 5400)
        self.step(
            Verb.ACCEPT, Status.ACCEPTED, after=300 + pace, by=secretary, actor="holder",
            holder_id=secretary,
        )  # fmt: skip
        fate = self.chance.random()
        if fate < 0.03:
            self.step(
                Verb.REJECT, Status.REJECTED, after=3600, by=secretary, actor="secretary",
                data={"note": "不属于受理范围，请向有管辖权的单位反映。"},
            )  # fmt: skip
            return False
        if fate < 0.40 or self.taken.organisation is None:
            self._resolve(Verb.RESOLVE_ON_SPOT, after=self.chance.expovariate(1 / 20_000))
            self._end()
            return False
        self._dispatch(after=self.chance.expovariate(1 / 4000), by=secretary, actor="ground")
        return True

    def _dispatch(self, *, after, by, actor):
        organisation = self.taken.organisation
        self.step(
            Verb.DISPATCH,
            Status.DISPATCHED,
            after=after,
            by=by,
            actor=actor,
            holder_id=self.taken.holder.pk,
            organisation_id=organisation.pk if organisation else None,
            data={"co": self.helpers, "note": "", "reason": reason_of(self.taken)},
        )

    def _work(self):
        chance, holder = self.chance, self.taken.holder.pk
        if chance.random() < 0.04 and self.taken.organisation:
            self.step(
                Verb.RETURN, Status.RETURNED, after=3000, by=holder, actor="holder",
                holder_id=self.first.holder.pk, organisation_id=None,
                data={"note": chance.choice(matters.RETURN_REASONS), "suggested": None},
            )  # fmt: skip
            self._dispatch(after=5400, by=self.first.holder.pk, actor="dispatcher")
        pace = chance.lognormvariate(0, 0.8)
        self.step(Verb.ACKNOWLEDGE, Status.IN_PROGRESS, after=900 * pace, by=holder,
                  actor="holder", holder_id=holder, data={"note": ""})  # fmt: skip
        if chance.random() < 0.8:
            word = {"note": chance.choice(matters.WORDS), "by_phone": True}
            self.step(Verb.TELL_RESIDENT, after=600 * pace, by=holder, actor="holder", data=word)
        if chance.random() < 0.5:
            note = {"note": chance.choice(matters.FINDINGS)}
            self.step(Verb.RECORD_FINDING, after=2400 * pace, by=holder, actor="holder", data=note)
        if self._mode() == "wall" and chance.random() < 0.35:
            note = {"note": chance.choice(matters.CONTRACTORS)}
            self.step(Verb.CALL_CONTRACTOR, after=600, by=holder, actor="holder", data=note)
            self.step(Verb.RECORD_ARRIVAL, after=2700 * pace, by=holder, actor="holder",
                      data={"note": ""})  # fmt: skip
        self._wait(holder)
        share = self._share_of_the_time()
        self._resolve(Verb.RESOLVE, after=share, by=holder)

    def _wait(self, holder):
        fate = self.chance.random()
        if fate < 0.06:
            until = self.at + timedelta(days=4)
            data = {"reason": HoldReason.PARTS.value, "until": until.isoformat(), "note": ""}
            self.step(Verb.HOLD, Status.ON_HOLD, after=600, by=holder, actor="holder", data=data)
            self.step(Verb.RESUME, Status.IN_PROGRESS, after=self.chance.randint(1, 70) * 3600,
                      by=holder, actor="holder", data={"note": ""})  # fmt: skip
        elif fate < 0.10:
            until = self.at + timedelta(days=5)
            data = {"reason": HoldReason.RESIDENT.value, "until": until.isoformat(),
                    "note": self.chance.choice(matters.QUESTIONS)}  # fmt: skip
            self.step(Verb.ASK_RESIDENT, Status.ON_HOLD, after=600, by=holder, actor="holder",
                      data=data)  # fmt: skip
            said = {"note": self.chance.choice(matters.ANSWERS)}
            self.step(Verb.ANSWER, Status.IN_PROGRESS, after=self.chance.randint(1, 30) * 3600,
                      actor="resident", data=said)  # fmt: skip

    def _share_of_the_time(self):
        """Return seconds of work: mostly well inside the promise, sometimes beyond it."""
        left = max((self.ticket.due_at - self.at).total_seconds(), 3600)
        if self.chance.random() < 0.12:
            return left * self.chance.uniform(1.02, 1.9)
        return left * min(0.97, self.chance.lognormvariate(-1.0, 0.8))

    def _resolve(self, verb, *, after, by=None):
        holder = by or self.ticket.holder_id
        data = {
            "note": self.chance.choice(matters.RESULTS),
            "limit": limit_of(Stage.CONFIRM, self.facts),
        }
        self.step(verb, Status.RESOLVED, after=after, by=holder, actor="holder",
                  holder_id=holder, data=data)  # fmt: skip

    def _end(self):
        """The resident's word: solved, not solved, or none within the days."""
        chance = self.chance
        wait = chance.expovariate(1 / 60_000) + 600
        fate = chance.random()
        if fate < 0.62:
            self._confirm(wait)
        elif fate < 0.71:
            self._dispute(wait)
            self._confirm(wait)
        else:
            until = self.story.clock(Stage.CONFIRM).due_at - self.at
            self.step(Verb.EXPIRE, Status.CLOSED, after=until.total_seconds(), actor="system")

    def _confirm(self, wait):
        satisfied = self.chance.choices([True, False, None], [80, 12, 8])[0]
        self.step(Verb.CONFIRM, Status.CLOSED, after=wait, actor="resident",
                  data={"satisfied": satisfied, "note": ""})  # fmt: skip

    def _dispute(self, wait):
        data = {
            "note": self.chance.choice(matters.DISPUTES),
            "satisfied": False,
            "limits": limits_again(self.story, self.at + timedelta(seconds=wait)),
            "co": self.story.co_handlers(),
        }
        self.step(Verb.DISPUTE, Status.IN_PROGRESS, after=wait, actor="resident",
                  cycle=self.ticket.cycle + 1, data=data)  # fmt: skip
        self._resolve(Verb.RESOLVE, after=self.chance.randint(1, 40) * 900)

    def _mode(self):
        return self.story.clock(Stage.RESOLVE).mode

    def _person(self):
        person = Person(ticket=self.ticket, kind=PersonKind.RESIDENT)
        person.is_anonymous = self.chance.random() < 0.2
        if not person.is_anonymous:
            number = self.chance.randrange(10_000)
            name = self.chance.choice(NAMES) + self.chance.choice(GIVEN)
            person.seal(name=name, phone=f"+861000000{number:04d}")
        return person


def seed_tickets(number, *, seed=1, at=None, say=lambda count: None):
    """Tell and store `number` lives; return how many landed on somebody below the street."""
    district = District(at or workflow.now())
    chance = random.Random(seed)
    taken, below = set(Ticket.objects.values_list("reference", flat=True)), 0
    for start in range(0, number, BATCH):
        lives = [Life(district, chance, taken) for _ in range(min(BATCH, number - start))]
        plant([life.live() for life in lives])
        below += sum(life.first.is_below_street for life in lives)
        say(start + len(lives))
    Version.objects.bump("tickets")
    return below
