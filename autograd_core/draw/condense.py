"""Large graphs: what is drawn once per use, collapsed, merged, folded or left out; and the notes that say so."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from .model import LEAVES, Card, Edge, kind_of
from .text import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .model import Graph

MANY, UNLABELLED, COMPACT = 150, 300, 600  # cards
_FAN_OUT = 3  # uses of a leaf that are drawn from one card


def condense(
    graph: Graph,
    *,
    depth: int | None = None,
    collapse: Sequence[str] | None = None,
    expand: Sequence[str] | None = None,
    focus: Any = None,
    max_nodes: int = 1000,
) -> Graph:
    """The same graph in fewer cards, as far as it is needed or asked for."""
    for edge in graph.edges:
        edge.tensor = edge.source
    if focus is not None:
        _focus(graph, focus)
    _copy_shared_leaves(graph)
    keep = set(expand or ())
    named = set(collapse or ())
    if named or depth is not None:
        _collapse(
            graph,
            lambda path: (
                not _called(path[-1], path, keep)
                and (_called(path[-1], path, named) or (depth is not None and len(path) > depth))
            ),
        )
    if len(graph.cards) > MANY:
        _collapse_until_few(graph, keep)
    if len(graph.cards) > MANY:
        _merge_chains(graph)
    if len(graph.cards) > MANY:
        _fold_repeats(graph)
        _fold_siblings(graph)
    graph.labelled = len(graph.cards) <= UNLABELLED
    graph.compact = len(graph.cards) > COMPACT
    if not graph.labelled:
        graph.notes.append("The lines beside the edges are left out: too many cards.")
    if len(graph.cards) > max_nodes:
        _cut(graph, max(max_nodes, 1))
    graph.renumber()
    return graph


def _called(call: Any, path: tuple[Any, ...], names: set[str]) -> bool:
    """Whether a module call goes by one of these names: its own, its dotted one or its type."""
    if not names:
        return False
    module = getattr(call, "module", None)
    return str(call) in names or ".".join(map(str, path)) in names or type(module).__name__ in names


# ---------------------------------------------------------------- the steps


def _focus(graph: Graph, focus: Any) -> None:
    """Keep a module, or a tensor and what lies within three steps of it."""
    if isinstance(focus, str):
        near = {
            id(card)
            for card in graph.cards
            if any(_called(call, card.path[: i + 1], {focus}) for i, call in enumerate(card.path)) or card.name == focus
        }
        steps = 1
    else:
        ident = id(getattr(focus, "_edge", focus))
        near = {id(card) for card in graph.cards if card.ident == ident}
        steps = 3
    if not near:
        raise ValueError(f"draw_graph: focus={focus!r} is no module or tensor of this graph")
    for _ in range(steps):
        found = {id(edge.source) for edge in graph.edges if id(edge.target) in near}
        near |= found | {id(edge.target) for edge in graph.edges if id(edge.source) in near}
    before = len(graph.cards)
    graph.cards = [card for card in graph.cards if id(card) in near]
    graph.edges = [edge for edge in graph.edges if id(edge.source) in near and id(edge.target) in near]
    if len(graph.cards) < before:
        graph.notes.append(
            f"Only the surroundings of {_shown(focus)} are drawn: {before - len(graph.cards):,} cards are hidden."
        )


def _shown(focus: Any) -> str:
    return focus if isinstance(focus, str) else "the tensor"


def _copy_shared_leaves(graph: Graph) -> None:
    """A leaf with many uses is drawn at its first, and as a small copy at every other."""
    uses = Counter(id(edge.source) for edge in graph.edges if edge.source.kind in LEAVES)
    seen: set[int] = set()
    before: dict[int, list[Card]] = {}
    copied = 0
    for edge in graph.edges:
        source = edge.source
        if uses[id(source)] <= _FAN_OUT:
            continue
        if id(source) not in seen:
            seen.add(id(source))
            continue
        copied += 1
        copy = Card(source.kind, source.name, "again", source.value, source.grad, source.shape, source.dtype)
        copy.path, copy.original = edge.target.path, source
        before.setdefault(id(edge.target), []).append(copy)
        edge.source = copy
    if copied:
        graph.cards = [one for card in graph.cards for one in (*before.get(id(card), ()), card)]
        graph.notes.append("A leaf with many uses stands at the first; dashed chips are the same one again.")


def _collapse_until_few(graph: Graph, keep: set[str]) -> None:
    deepest = max((len(card.path) for card in graph.cards), default=0)
    for level in range(deepest, 0, -1):
        if len(graph.cards) <= MANY:
            return
        _collapse(graph, lambda path, level=level: len(path) >= level and not _called(path[-1], path, keep))  # type: ignore[misc]


def _collapse(graph: Graph, chosen: Callable[[tuple[Any, ...]], bool]) -> None:
    """Replace each chosen module call (the outermost of nested ones) by one card."""
    members: dict[tuple[int, ...], list[Card]] = {}
    paths: dict[tuple[int, ...], tuple[Any, ...]] = {}
    for card in graph.cards:
        for length in range(1, len(card.path) + 1):
            path = card.path[:length]
            if chosen(path):
                key = tuple(map(id, path))
                members.setdefault(key, []).append(card)
                paths[key] = path
                break
    stands_for: dict[int, Card] = {}
    for key, cards in members.items():
        if len(cards) < 2:
            continue
        module = _module_card(paths[key], cards)
        for card in cards:
            stands_for[id(card)] = module
    if stands_for:
        _replace(graph, stands_for)
        count = sum(card.kind == "module" for card in graph.cards)
        _note(graph, "collapsed", f"{count:,} module{'s are' if count > 1 else ' is'} collapsed; see expand=, depth=.")


def _module_card(path: tuple[Any, ...], cards: list[Card]) -> Card:
    operations = sum(card.stands_for for card in cards if card.kind in ("operation", "output", "module"))
    parameters = _parameters(cards)
    norms = [p.size for p in parameters.values() if p.size is not None]
    kind = "output" if any(card.kind == "output" for card in cards) else "module"
    card = Card(kind, str(path[-1]), kind_of(path[-1]), path=path[:-1], stands_for=operations, parameters=parameters)
    card.note = _counts(card)
    if norms:
        total = float(np.sqrt(np.sum(np.square(norms))))
        card.sizes = (total, total)
    else:
        card.sizes = _range(cards)
    card.operation = card.detail + card.note
    return card


def _parameters(cards: Iterable[Card]) -> dict[int, Card]:
    """The parameters among cards, and those that the cards stand for."""
    found: dict[int, Card] = {}
    for card in cards:
        found.update(card.parameters)
        if card.kind == "parameter":
            original = card.original or card
            found[id(original)] = original
    return found


def _counts(card: Card) -> str:
    """The second row of a card that stands for several."""
    count = card.parameter_count
    operations = f"{card.stands_for:,} op{'s' if card.stands_for != 1 else ''}"
    return operations + (f"\t{count:,} params" if count else "")


def _range(cards: Iterable[Card]) -> tuple[float, float] | None:
    """Smallest and largest ‖gradient‖ of the operations among cards."""
    sizes = [
        size for card in cards if card.kind not in LEAVES for size in (card.sizes or (card.size,)) if size is not None
    ]
    return (min(sizes), max(sizes)) if sizes else None


def _merge_chains(graph: Graph) -> None:
    """Operations one after another, with nothing else going in or out but leaves, become one card."""
    stands_for: dict[int, Card] = {}
    for chain in _chains(graph):
        run: list[Card] = []
        for card in [*chain, None]:
            if card is not None and card.kind == "operation" and (not run or _same_path(card, run[-1])):
                run.append(card)
                continue
            if len(run) > 1:
                merged = _merged(run, f"{run[0].name} … {run[-1].name}", f"{len(run):,} operations")
                merged.operation = " ".join(one.operation for one in run)
                stands_for.update((id(one), merged) for one in run)
            run = [card] if card is not None and card.kind == "operation" else []
    if stands_for:
        _absorb_leaves(graph, stands_for)
        _replace(graph, stands_for)
        _note(graph, "merged", "Chains of operations are merged, with the range of their ‖∇‖.")


def _same_path(one: Card, two: Card) -> bool:
    return len(one.path) == len(two.path) and all(a is b for a, b in zip(one.path, two.path, strict=True))


def _merged(cards: list[Card], name: str, detail: str) -> Card:
    operations = sum(card.stands_for for card in cards)
    kind = "output" if any(card.kind == "output" for card in cards) else "module"
    merged = Card(kind, name, detail, path=cards[0].path, stands_for=operations, sizes=_range(cards))
    merged.parameters = _parameters(cards)
    merged.note = _counts(merged)
    merged.operation = detail
    return merged


def _fold_repeats(graph: Graph) -> None:
    """Three or more equal blocks one after another become one card, × n."""
    stands_for: dict[int, Card] = {}
    satellites = _satellites(graph)
    for chain in _chains(graph, satellites):
        kinds = [(card.kind == "output", card.operation, card.shape, len(card.path)) for card in chain]
        start = 0
        while start < len(chain):
            length, times = 1, 1
            for period in range(1, 13):
                repeats = 1
                while kinds[start : start + period] == kinds[start + repeats * period : start + (repeats + 1) * period]:
                    repeats += 1
                if repeats >= 3 and repeats * period > length * times:
                    length, times = period, repeats
            if times >= 3:
                block = chain[start : start + length * times]
                what = " + ".join(dict.fromkeys(_what(card) for card in block[:length]))
                merged = _merged(block, f"× {times}", what)
                stands_for.update((id(card), merged) for card in block)
            start += length * times
    if stands_for:
        _absorb_leaves(graph, stands_for, satellites)
        _replace(graph, stands_for)
        _note(graph, "folded", "Equal blocks in a row are folded (× n), with the range of their ‖∇‖.")


def _what(card: Card) -> str:
    return card.detail if card.kind == "module" else card.operation.strip("_")


def _fold_siblings(graph: Graph) -> None:
    """Three or more equal cards between the same others become one."""
    sources: dict[int, set[int]] = {}
    targets: dict[int, set[int]] = {}
    for edge in graph.edges:
        targets.setdefault(id(edge.source), set()).add(id(edge.target))
        if edge.source.kind not in LEAVES:
            sources.setdefault(id(edge.target), set()).add(id(edge.source))
    alike: dict[Any, list[Card]] = {}
    for card in graph.cards:
        if card.kind in ("operation", "module", "constant", "leaf", "parameter") and card.original is None:
            ends = frozenset(sources.get(id(card), ())), frozenset(targets.get(id(card), ()))
            what = card.operation or card.detail
            alike.setdefault((card.kind, what, card.shape, tuple(map(id, card.path)), ends), []).append(card)
    stands_for: dict[int, Card] = {}
    for cards in alike.values():
        if len(cards) < 3:
            continue
        name = f"{cards[0].name} … {cards[-1].name}"
        if cards[0].kind in LEAVES:
            merged = Card(cards[0].kind, f"× {len(cards)}", name, shape=cards[0].shape, path=cards[0].path)
            sizes = [card.size for card in cards if card.size is not None]
            merged.sizes = (min(sizes), max(sizes)) if sizes else None
        else:
            merged = _merged(cards, f"× {len(cards)}", _what(cards[0]))
        stands_for.update((id(card), merged) for card in cards)
    if stands_for:
        _replace(graph, stands_for)
        _note(graph, "siblings", "Equal siblings are folded (× n), with the range of their ‖∇‖.")


def _cut(graph: Graph, most: int) -> None:
    """Keep the part that is nearest to the output."""
    sources: dict[int, list[Card]] = {}
    for edge in graph.edges:
        sources.setdefault(id(edge.target), []).append(edge.source)
    kept: dict[int, Card] = {}
    queue = [card for card in graph.cards if card.kind == "output"] or graph.cards[-1:]
    for card in queue:  # grows while it is read: breadth first
        if len(kept) >= most - 1:
            break
        if id(card) not in kept:
            kept[id(card)] = card
            queue.extend(sources.get(id(card), ()))
    hidden = sum(id(card) not in kept for card in graph.cards)
    more = Card("more", f"… {hidden:,} more nodes")
    doors = dict.fromkeys(
        id(edge.target) for edge in graph.edges if id(edge.target) in kept and id(edge.source) not in kept
    )
    graph.edges = [edge for edge in graph.edges if id(edge.target) in kept and id(edge.source) in kept]
    graph.edges += [Edge(more, kept[door]) for door in doors]
    graph.cards = [more, *(card for card in graph.cards if id(card) in kept)]
    message = f"{hidden:,} of {hidden + len(kept):,} nodes are hidden; draw others with depth=, focus= or max_nodes="
    graph.notes.append(message + ".")
    warnings.warn(f"draw_graph: {message}", UserWarning, stacklevel=4)


# ---------------------------------------------------------------- what the steps share


def _chains(graph: Graph, satellites: Iterable[int] = ()) -> list[list[Card]]:
    """Maximal runs of cards in which each is read only by the next, which reads nothing else but leaves (and
    satellites)."""
    apart = set(satellites)
    ins: dict[int, list[Card]] = {}
    outs: dict[int, set[int]] = {}
    for edge in graph.edges:
        outs.setdefault(id(edge.source), set()).add(id(edge.target))
        if edge.source.kind not in LEAVES and id(edge.source) not in apart:
            sources = ins.setdefault(id(edge.target), [])
            if all(source is not edge.source for source in sources):
                sources.append(edge.source)
    chains: list[list[Card]] = []
    ends: dict[int, list[Card]] = {}
    for card in graph.cards:
        if card.kind in LEAVES or card.kind in ("ghost", "more") or id(card) in apart:
            continue
        sources = ins.get(id(card), [])
        chain = ends.pop(id(sources[0]), None) if len(sources) == 1 and len(outs[id(sources[0])]) == 1 else None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(card)
        ends[id(card)] = chain
    return chains


def _satellites(graph: Graph) -> dict[int, Card]:
    """Operations on leaves alone that join a chain from the side, as the inputs of a recurrence do: by what they join."""
    fed = {id(edge.target) for edge in graph.edges if edge.source.kind not in LEAVES}
    targets: dict[int, dict[int, Card]] = {}
    sources: dict[int, dict[int, Card]] = {}
    for edge in graph.edges:
        if edge.source.kind not in LEAVES:
            targets.setdefault(id(edge.source), {})[id(edge.target)] = edge.target
            sources.setdefault(id(edge.target), {})[id(edge.source)] = edge.source
    found: dict[int, Card] = {}
    for joined in sources.values():
        free = [key for key in joined if key not in fed and len(targets[key]) == 1]
        if free and len(free) == len(joined) - 1:
            for key in free:
                (found[key],) = targets[key].values()
    return found


def _absorb_leaves(graph: Graph, stands_for: dict[int, Card], satellites: dict[int, Card] | None = None) -> None:
    """A leaf, or a satellite, that only one replaced block reads goes with it."""
    replaced = {id(card) for card in stands_for.values()}
    for card in graph.cards:
        block = stands_for.get(id((satellites or {}).get(id(card))))
        if block is not None:
            stands_for[id(card)] = block
            block.stands_for += card.stands_for
            block.note = _counts(block)
    readers: dict[int, set[int]] = {}
    target_of: dict[int, Card] = {}
    for edge in graph.edges:
        if edge.source.kind in LEAVES:
            new = stands_for.get(id(edge.target), edge.target)
            readers.setdefault(id(edge.source), set()).add(id(new))
            target_of[id(edge.source)] = new
    for card in graph.cards:
        block = target_of.get(id(card))
        if block is not None and len(readers[id(card)]) == 1 and id(block) in replaced:
            stands_for[id(card)] = block
            if card.kind == "parameter":
                block.parameters |= _parameters([card])
                block.note = _counts(block)


def _replace(graph: Graph, stands_for: dict[int, Card]) -> None:
    """Put the new cards at the place of the last card that each stands for; join edges that became parallel."""
    last = {id(new): i for i, card in enumerate(graph.cards) if (new := stands_for.get(id(card))) is not None}
    cards = [(stands_for.get(id(card), card), i) for i, card in enumerate(graph.cards)]
    graph.cards = [card for card, i in cards if last.get(id(card), i) == i]
    parallel: dict[tuple[int, int], list[Edge]] = {}
    edges = []
    for edge in graph.edges:
        source, target = stands_for.get(id(edge.source), edge.source), stands_for.get(id(edge.target), edge.target)
        if source is target:
            continue
        changed = source is not edge.source or target is not edge.target
        edge.source, edge.target = source, target
        if not changed:
            edges.append(edge)
            continue
        known = parallel.setdefault((id(source), id(target)), [])
        if not known:
            edges.append(edge)
        known.append(edge)
    for joined in parallel.values():
        first = joined[0]
        arrays = [edge.array for edge in joined if edge.array is not None]
        same = all(edge.tensor is first.tensor and np.shape(edge.array) == np.shape(first.array) for edge in joined)
        if len(arrays) > 1:
            first.array = sum(arrays) if same else np.array([np.sqrt(np.sum(np.square(a))) for a in arrays])
        first.live = any(edge.live for edge in joined)
        first.local = ""
        size = first.size
        first.share, first.result = ("← ", number(float(f"{size:.2g}"))) if size is not None else ("", "")
    graph.edges = edges
    present = {id(card) for card in graph.cards}
    for card in graph.cards:  # a copy whose original went into a module becomes one of the module's
        if card.original is not None and id(card.original) not in present:
            card.original = stands_for.get(id(card.original), card.original)


def _note(graph: Graph, kind: str, text: str) -> None:
    """One note of each kind."""
    graph.notes = [note for note in graph.notes if kind not in note] + [text]
