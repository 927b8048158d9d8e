"""The built-in layered layout: Sugiyama's method, iterative throughout, and the same on every machine.

Ranks are longest paths, sources pulled towards their first consumer. Long edges pass through invisible items, shared
by all edges of one source; labels are items too, on ranks of their own, so nothing lies on anything. The order within
a rank comes from barycentre sweeps (the best is kept), the places from isotonic regression towards the neighbours.
Every module call is laid out by itself and is one item of its surroundings, joined to them by ports on its border.

Coordinates are (breadth, flow) until the very end, so that one code serves both directions.

Sources: K. Sugiyama et al. (1981); the crossing count is by an accumulator tree (Barth, Jünger, Mutzel 2004).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field

from .curves import Point, smooth

_GAP = 26.0  # between items of a rank
_RANK_GAP = 36.0  # between ranks without labels
_LABEL_GAP = 16.0  # before and after a rank of labels
_PAD, _TITLE = 13.0, 25.0  # inside a cluster
_SWAY = 22.0  # how far a label may follow its link
_MOST_BENDS = 20_000  # invisible items, and
_MOST_STOPS = 60_000  # passages of links through them; beyond that, the longest links are drawn straight


@dataclass
class Plan:
    """What is to be placed: sizes of cards, links between them, and the clusters they stand in.

    links: (source, target, size of the label or None); cards are in topological order. group_of: per card, its
    cluster or -1. groups: per cluster, (its parent or -1, width of its title); parents come first.
    """

    sizes: list[Point]
    links: list[tuple[int, int, Point | None]]
    group_of: list[int]
    groups: list[tuple[int, float]]
    horizontal: bool = False


@dataclass
class Placement:
    """Where everything is: corners of cards, points of links, label places."""

    corners: list[Point]
    routes: list[list[Point]]  # to be joined smoothly, along the flow
    labels: list[Point | None]  # centres
    boxes: list[tuple[float, float, float, float]]  # of clusters: x, y, width, height
    width: float
    height: float
    horizontal: bool
    splines: bool = False  # whether routes are Bézier control points (three per piece), as dot gives them


@dataclass(slots=True, eq=False)
class _Item:
    """Something with a place in a rank: a card, a cluster, a port, a label or a bend."""

    before: float  # breadth on either side of the anchor
    after: float
    thick: float
    order: int
    card: int = -1
    group: int = -1
    label: int = -1
    bend: bool = False
    side: int = 0  # a port: -1 where edges enter, +1 where they leave
    rank: int = 0
    at: float = 0.0
    flow: float = 0.0  # centre
    ins: list[tuple[_Item, float]] = field(default_factory=list)  # neighbours, with the offset between anchors
    outs: list[tuple[_Item, float]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Hop:
    """The part of links that lies in one level: from an item (at a port of it) to another."""

    source: _Item
    source_port: int
    target: _Item
    target_port: int
    label: int
    chain: list[_Item] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)


class _Level:
    """The inside of one cluster, or of the whole drawing (group -1)."""

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.hops: dict[tuple[int, ...], _Hop] = {}
        self.item_of_card: dict[int, _Item] = {}
        self.item_of_group: dict[int, _Item] = {}
        self.ports: dict[tuple[int, int], _Item] = {}  # (side, card that the edge comes from)
        self.box = (0.0, 0.0, 0.0, 0.0)  # breadth from, to; flow from, to
        self.origin = (0.0, 0.0)

    def add(self, item: _Item) -> _Item:
        self.items.append(item)
        return item

    def port(self, side: int, card: int) -> _Item:
        found = self.ports.get((side, card))
        if found is None:
            found = self.ports[side, card] = self.add(_Item(1, 1, 0, card if side < 0 else 10**9, side=side))
        return found


def layered(plan: Plan) -> Placement:
    """Place everything.

    >>> placement = layered(Plan([(90, 60), (90, 60)], [(0, 1, None)], [-1, -1], []))
    >>> placement.corners, placement.height
    ([(0.0, 0.0), (0.0, 96.0)], 156.0)
    """
    return _Layout(plan).placed()


class _Layout:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.levels = {group: _Level() for group in range(-1, len(plan.groups))}
        self.journeys: list[list[tuple[int, _Hop]]] = []
        self.bends_left, self.stops_left = _MOST_BENDS, _MOST_STOPS

    def placed(self) -> Placement:
        """The whole: levels from the inside out, then their origins from the outside in."""
        plan = self.plan
        last = [-1] * len(plan.groups)
        for card, group in enumerate(plan.group_of):
            size = plan.sizes[card]
            breadth, thick = (size[1], size[0]) if plan.horizontal else size
            level = self.levels[group]
            level.item_of_card[card] = level.add(_Item(breadth / 2, breadth / 2, thick, card, card=card))
            while group >= 0:
                last[group] = max(last[group], card)
                group = plan.groups[group][0]
        for group, (parent, _) in enumerate(plan.groups):
            item = _Item(0, 0, 0, last[group], group=group)
            self.levels[parent].item_of_group[group] = self.levels[parent].add(item)
        self._divide_links()
        for group in range(len(plan.groups) - 1, -2, -1):
            self._place(group)
        for group, (parent, _) in enumerate(plan.groups):
            outer, inner = self.levels[parent], self.levels[group]
            item = outer.item_of_group[group]
            middle = (inner.box[0] + inner.box[1]) / 2
            inner.origin = (
                outer.origin[0] + item.at - middle,
                outer.origin[1] + item.flow - item.thick / 2 - inner.box[2],
            )
        return self._collected()

    # ------------------------------------------------------------ links become hops

    def _ancestors(self, group: int) -> list[int]:
        found = []
        while group >= 0:
            found.append(group)
            group = self.plan.groups[group][0]
        return [*found, -1]

    def _divide_links(self) -> None:
        for number, (source, target, size) in enumerate(self.plan.links):
            leaving = self._ancestors(self.plan.group_of[source])
            entering = self._ancestors(self.plan.group_of[target])
            while len(leaving) > 1 and len(entering) > 1 and leaving[-2] == entering[-2]:
                leaving.pop()
                entering.pop()
            common = leaving[-1]
            journey: list[tuple[int, _Hop]] = []
            item, port = self.levels[leaving[0]].item_of_card[source], -1
            for group, outer in zip(leaving, leaving[1:], strict=False):
                level = self.levels[group]
                journey.append((group, self._hop(level, item, port, level.port(1, source), -1, -1)))
                item, port = self.levels[outer].item_of_group[group], source
            label = number if size is not None else -1
            for outer, group in zip(entering[:0:-1], entering[-2::-1], strict=False):
                level = self.levels[outer]
                journey.append((outer, self._hop(level, item, port, level.item_of_group[group], source, -1)))
                item, port = self.levels[group].port(-1, source), -1
            group = entering[0] if len(entering) > 1 else common
            level = self.levels[group]
            journey.append((group, self._hop(level, item, port, level.item_of_card[target], -1, label)))
            self.journeys.append(journey)

    def _hop(self, level: _Level, source: _Item, port: int, target: _Item, target_port: int, label: int) -> _Hop:
        key = (id(source), port, id(target), target_port, label)
        if key not in level.hops:
            level.hops[key] = _Hop(source, port, target, target_port, label)
        return level.hops[key]

    def _offset(self, item: _Item, port: int, side: int) -> float:
        """Where on an item a hop ends, relative to its anchor: at a port of a cluster."""
        if item.group < 0 or port < 0:
            return 0.0
        inner = self.levels[item.group]
        return inner.ports[side, port].at - (inner.box[0] + inner.box[1]) / 2

    # ------------------------------------------------------------ one level

    def _place(self, group: int) -> None:
        level = self.levels[group]
        for inner, item in level.item_of_group.items():
            box = self.levels[inner].box
            item.before = item.after = (box[1] - box[0]) / 2
            item.thick = box[3] - box[2]
        hops = list(level.hops.values())
        _rank(level, hops)
        ranks = self._with_bends(level, hops)
        _order(ranks)
        _spread(ranks)
        if any(item.label >= 0 for rank in ranks for item in rank):
            self._choose_sides(ranks)
            _spread(ranks)
        _flow(ranks)
        self._bound(level, group, ranks)
        self._route(hops, level)

    def _with_bends(self, level: _Level, hops: list[_Hop]) -> list[list[_Item]]:
        """The ranks, with labels and bends where links pass."""
        labelled = {2 * hop.target.rank - 1 for hop in hops if hop.label >= 0}
        shared: dict[tuple[int, int, int], _Item] = {}
        for item in level.items:
            item.rank *= 2
        extra: list[_Item] = []
        for hop in sorted(hops, key=lambda hop: hop.target.rank - hop.source.rank):
            first, last = hop.source.rank + 1, hop.target.rank - 1
            if first > last + 1:  # against the flow (it takes odd programs to have that)
                continue
            stops = [rank for rank in range(first, last + 1) if rank % 2 == 0 or rank in labelled]
            if hop.label >= 0:
                stops = stops[:-1]
            if len(stops) > min(self.bends_left, self.stops_left):
                stops = []
            self.stops_left -= len(stops)
            chain: list[_Item] = []
            for rank in stops:
                key = (id(hop.source), hop.source_port, rank)
                bend = shared.get(key)
                if bend is None:
                    self.bends_left -= 1
                    bend = shared[key] = _Item(3, 3, 0, hop.source.order, bend=True, rank=rank)
                    extra.append(bend)
                chain.append(bend)
            if hop.label >= 0:
                size = self.plan.links[hop.label][2]
                assert size is not None
                if self.plan.horizontal:
                    label = _Item(size[1] + 6, 5, size[0], hop.source.order, label=hop.label, rank=last)
                else:
                    label = _Item(size[0] / 2, size[0] / 2, size[1], hop.source.order, label=hop.label, rank=last)
                extra.append(label)
                chain.append(label)
            hop.chain = chain
            walk = [hop.source, *chain, hop.target]
            for i, (one, two) in enumerate(zip(walk, walk[1:], strict=False)):
                shift = self._offset(hop.source, hop.source_port, 1) if i == 0 else 0.0
                if i == len(walk) - 2:
                    shift -= self._offset(hop.target, hop.target_port, -1)
                if all(known is not two for known, _ in one.outs) or not one.bend:
                    one.outs.append((two, shift))
                    two.ins.append((one, -shift))
        ranks: dict[int, list[_Item]] = {}
        for item in sorted([*level.items, *extra], key=lambda item: item.order):
            ranks.setdefault(item.rank, []).append(item)
        return [ranks[rank] for rank in sorted(ranks)]

    def _choose_sides(self, ranks: list[list[_Item]]) -> None:
        """A label stands beside its link, on the outer side; above it where the flow is horizontal."""
        if self.plan.horizontal:
            return
        for rank in ranks:
            for item in rank:
                if item.label >= 0:
                    wide = item.before + item.after
                    source, target = item.ins[0][0], item.outs[0][0]
                    lean = target.at - source.at if abs(target.at - source.at) > 1 else target.at - item.at - 1
                    item.before, item.after = (wide + 12, 6.0) if lean > 0 else (6.0, wide + 12)

    def _bound(self, level: _Level, group: int, ranks: list[list[_Item]]) -> None:
        inside = [item for rank in ranks for item in rank if item.side == 0]
        low = min((item.at - item.before for item in inside), default=0.0)
        high = max((item.at + item.after for item in inside), default=0.0)
        start = min((item.flow - item.thick / 2 for item in inside), default=0.0)
        end = max((item.flow + item.thick / 2 for item in inside), default=0.0)
        if group >= 0:
            low, high, start, end = low - _PAD, high + _PAD, start - _PAD, end + _PAD
            need = self.plan.groups[group][1] + 2 * _PAD
            if self.plan.horizontal:
                low -= _TITLE - _PAD / 2
                end = max(end, start + need)
            else:
                start -= _TITLE - _PAD / 2
                high = max(high, low + need)
        level.box = (low, high, start, end)
        for item in level.ports.values():
            item.flow = start if item.side < 0 else end
            item.at = min(max(item.at, low + 12), high - 12)

    def _route(self, hops: list[_Hop], level: _Level) -> None:
        """The points of each hop; several at one side of a card are spread along it."""
        outgoing: dict[int, dict[int, float]] = {}
        incoming: dict[int, dict[int, float]] = {}
        items: dict[int, _Item] = {}
        for i, hop in enumerate(hops):
            walk = [hop.source, *hop.chain, hop.target]
            if hop.source.card >= 0:
                key = id(walk[1]) if walk[1].bend else -1 - i
                aim = walk[1].at + (self._offset(hop.target, hop.target_port, -1) if not hop.chain else 0.0)
                outgoing.setdefault(id(hop.source), {})[key] = aim
                items[id(hop.source)] = hop.source
            if hop.target.card >= 0:
                aim = walk[-2].at + (self._offset(hop.source, hop.source_port, 1) if not hop.chain else 0.0)
                incoming.setdefault(id(hop.target), {})[i] = aim
                items[id(hop.target)] = hop.target
        leaves = {item: _spread_out(items[item], aims) for item, aims in outgoing.items()}
        enters = {item: _spread_out(items[item], aims) for item, aims in incoming.items()}
        for i, hop in enumerate(hops):
            walk = [hop.source, *hop.chain, hop.target]
            start, end = hop.source, hop.target
            if start.card >= 0:
                first = leaves[id(start)][id(walk[1]) if walk[1].bend else -1 - i]
            else:
                first = start.at + self._offset(start, hop.source_port, 1)
            final = enters[id(end)][i] if end.card >= 0 else end.at + self._offset(end, hop.target_port, -1)
            hop.points = [(first, start.flow + start.thick / 2)]
            for item in hop.chain:
                if len(hop.chain) == 1 and abs(2 * item.at - first - final) < 60:
                    continue  # near enough: the label follows the link
                if item.label >= 0 or item.thick < 1:
                    hop.points.append((item.at, item.flow))
                else:
                    hop.points += [(item.at, item.flow - item.thick / 2), (item.at, item.flow + item.thick / 2)]
            hop.points.append((final, end.flow - end.thick / 2))

    # ------------------------------------------------------------ the answer

    def _collected(self) -> Placement:
        plan, root = self.plan, self.levels[-1]
        low, start = root.box[0], root.box[2]

        def turned(level: _Level, breadth: float, flow: float) -> Point:
            u, v = breadth + level.origin[0] - low, flow + level.origin[1] - start
            return (v, u) if plan.horizontal else (u, v)

        corners: list[Point] = [(0.0, 0.0)] * len(plan.sizes)
        labels: list[Point | None] = [None] * len(plan.links)
        for level in self.levels.values():
            for card, item in level.item_of_card.items():
                corners[card] = turned(level, item.at - item.before, item.flow - item.thick / 2)
            for hop in level.hops.values():
                for item in hop.chain:
                    if item.label >= 0:
                        labels[item.label] = turned(level, _beside(item, hop, plan.horizontal), item.flow)
        routes = [
            [turned(self.levels[group], *point) for group, hop in journey for point in hop.points]
            for journey in self.journeys
        ]
        boxes = []
        for group in range(len(plan.groups)):
            level = self.levels[group]
            (x, y), (x2, y2) = turned(level, level.box[0], level.box[2]), turned(level, level.box[1], level.box[3])
            boxes.append((x, y, x2 - x, y2 - y))
        breadth, flow = root.box[1] - low, root.box[3] - start
        width, height = (flow, breadth) if plan.horizontal else (breadth, flow)
        placement = Placement(corners, routes, labels, boxes, width, height, plan.horizontal)
        _make_room(placement, plan)
        return placement


def _make_room(placement: Placement, plan: Plan) -> None:
    """Widen the picture where a label that follows its link leaves it."""
    extents = [
        (place[0] - size[0] / 2, place[0] + size[0] / 2, place[1] - size[1] / 2)
        for place, (_, _, size) in zip(placement.labels, plan.links, strict=True)
        if place is not None and size is not None
    ]
    left = max(0.0, -min((e[0] for e in extents), default=0.0))
    up = max(0.0, -min((e[2] for e in extents), default=0.0))
    placement.width = left + max([placement.width, *(e[1] for e in extents)])
    placement.height += up
    if left or up:
        placement.corners = [(x + left, y + up) for x, y in placement.corners]
        placement.routes = [[(x + left, y + up) for x, y in route] for route in placement.routes]
        placement.labels = [place and (place[0] + left, place[1] + up) for place in placement.labels]
        placement.boxes = [(x + left, y + up, w, h) for x, y, w, h in placement.boxes]


def _beside(item: _Item, hop: _Hop, horizontal: bool) -> float:
    """Where along the breadth a label's centre stands: clear of its link over the whole of its extent."""
    passed = []
    for piece in smooth(hop.points, False):
        for step in range(13):
            t = step / 12
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            u, v = (sum(w * p[axis] for w, p in zip(weights, piece, strict=True)) for axis in (0, 1))
            if abs(v - item.flow) <= item.thick / 2:
                passed.append(u)
    room = 4.0
    if item.before >= item.after:
        limit = min([item.at, *passed]) if len(hop.chain) == 1 else item.at
        return (
            max(limit, item.at - _SWAY)
            - room
            - (item.before - (0 if horizontal else 8) - room) / 2
            + (3 if horizontal else 0)
        )
    limit = max([item.at, *passed]) if len(hop.chain) == 1 else item.at
    return min(limit, item.at + _SWAY) + room + (item.after - (0 if horizontal else 8) - room) / 2


# ---------------------------------------------------------------- the steps of one level


def _rank(level: _Level, hops: list[_Hop]) -> None:
    """Longest paths; then sources move up to their first consumer."""
    outs: dict[int, list[_Item]] = {}
    fed: set[int] = set()
    for hop in hops:
        if hop.source.order < hop.target.order or hop.source.side < 0:
            outs.setdefault(id(hop.source), []).append(hop.target)
            fed.add(id(hop.target))
    entered = 1 if any(item.side < 0 for item in level.items) else 0
    items = sorted(level.items, key=lambda item: (item.side, item.order))
    for item in items:
        item.rank = 0 if item.side < 0 else entered
    for item in items:
        for target in outs.get(id(item), ()):
            target.rank = max(target.rank, item.rank + 1)
    for item in reversed(items):
        if id(item) not in fed and item.side == 0 and id(item) in outs:
            item.rank = max(entered, min(target.rank for target in outs[id(item)]) - 1)
    last = max((item.rank for item in items if item.side <= 0), default=0)
    for item in items:
        if item.side > 0:
            item.rank = last + 1


def _order(ranks: list[list[_Item]]) -> None:
    """Barycentre sweeps; the order with the fewest crossings is kept."""
    place: dict[int, float] = {}

    def settle(rank: list[_Item]) -> None:
        for i, item in enumerate(rank):
            place[id(item)] = i - (len(rank) - 1) / 2

    for rank in ranks:
        settle(rank)
    fewest, best = _crossings(ranks, place), [list(rank) for rank in ranks]
    for sweep in range(8):
        if not fewest:
            break
        down = sweep % 2 == 0
        for rank in ranks if down else reversed(ranks):
            wish = {}
            for item in rank:
                near = item.ins if down else item.outs
                wish[id(item)] = sum(place[id(other)] for other, _ in near) / len(near) if near else place[id(item)]
            rank.sort(key=lambda item: wish[id(item)])
            settle(rank)
        crossings = _crossings(ranks, place)
        if crossings < fewest:
            fewest, best = crossings, [list(rank) for rank in ranks]
    ranks[:] = best


def _crossings(ranks: list[list[_Item]], place: dict[int, float]) -> int:
    total = 0
    for rank in ranks:
        seen: list[float] = []
        for item in rank:
            ends = sorted(place[id(target)] for target, _ in item.outs)
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                seen.insert(bisect_right(seen, end), end)
    return total


def _spread(ranks: list[list[_Item]]) -> None:
    """Places within the ranks: every item near the mean of its neighbours, none nearer than allowed to the next."""
    for rank in ranks:
        at = 0.0
        for item in rank:
            item.at = at + item.before
            at += item.before + item.after + _GAP
        middle = (at - _GAP) / 2
        for item in rank:
            item.at -= middle
    for sweep in range(12):
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            wishes, weights = [], []
            for item in rank:
                near = [*item.ins, *item.outs] if sweep >= 8 else item.ins if sweep % 2 == 0 else item.outs
                if not near:
                    wishes.append(item.at)
                    weights.append(0.1)
                    continue
                heavy = [8.0 if _passing(item) and _passing(other) else 1.0 for other, _ in near]
                wish = sum(w * (other.at - shift) for w, (other, shift) in zip(heavy, near, strict=True))
                wishes.append(wish / sum(heavy))
                weights.append(sum(heavy))
            _settle(rank, wishes, weights)
    _straighten(ranks)


def _straighten(ranks: list[list[_Item]]) -> None:
    """Put the bends of a long link in line, as far as their neighbours leave room."""
    index = {id(item): (i, j) for i, rank in enumerate(ranks) for j, item in enumerate(rank)}
    for rank in ranks:
        for start in rank:
            if not start.bend or any(before.bend for before, _ in start.ins):
                continue
            item: _Item | None = start
            line: list[_Item] = []
            low, high = -math.inf, math.inf
            while item is not None:
                i, j = index[id(item)]
                near = ranks[i]
                least = near[j - 1].at + _distance(near[j - 1], item) if j else -math.inf
                most = near[j + 1].at - _distance(item, near[j + 1]) if j + 1 < len(near) else math.inf
                if line and max(low, least) > min(high, most):
                    _align(line, low, high)
                    line, low, high = [], -math.inf, math.inf
                line.append(item)
                low, high = max(low, least), min(high, most)
                item = next((after for after, _ in item.outs if after.bend), None)
            _align(line, low, high)


def _align(line: list[_Item], low: float, high: float) -> None:
    if low <= high:
        wish = sorted(item.at for item in line)[len(line) // 2]
        for item in line:
            item.at = min(max(wish, low), high)


def _distance(one: _Item, two: _Item) -> float:
    """What the anchors of two neighbours in a rank need between them."""
    gap = 10.0 if one.bend and two.bend else 16.0 if one.bend or two.bend else _GAP
    return one.after + two.before + gap


def _passing(item: _Item) -> bool:
    return item.bend or item.side != 0


def _settle(rank: list[_Item], wishes: list[float], weights: list[float]) -> None:
    """Isotonic regression (pool adjacent violators) under the distances that the items need."""
    needed = 0.0
    blocks: list[list[float]] = []  # [sum of weight × wish, weight, items]
    offsets: list[float] = []
    for i, item in enumerate(rank):
        if i:
            needed += _distance(rank[i - 1], item)
        offsets.append(needed)
        blocks.append([weights[i] * (wishes[i] - needed), weights[i], 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            top = blocks.pop()
            blocks[-1] = [one + two for one, two in zip(blocks[-1], top, strict=True)]
    i = 0
    for total, weight, count in blocks:
        for _ in range(int(count)):
            rank[i].at = total / weight + offsets[i]
            i += 1


def _flow(ranks: list[list[_Item]]) -> None:
    """Places along the flow: ranks as thick as their thickest item."""
    at = 0.0
    for i, rank in enumerate(ranks):
        if i:
            odd = rank[0].rank % 2 == 1 or ranks[i - 1][0].rank % 2 == 1
            at += _LABEL_GAP if odd else _RANK_GAP
        thick = max(item.thick for item in rank)
        for item in rank:
            item.flow = at + thick / 2
            if item.bend:
                item.thick = thick
        at += thick


def _spread_out(item: _Item, aims: dict[int, float]) -> dict[int, float]:
    """Where on a card's side its hops end, in the order of what they lead to."""
    step = min(34.0, (item.before + item.after - 24) / len(aims)) if len(aims) > 1 else 0.0
    ordered = sorted(aims, key=lambda key: aims[key])
    middle = (len(ordered) - 1) / 2
    return {key: item.at + (i - middle) * step for i, key in enumerate(ordered)}
