"""The source of the functions that users call: one for each kind of row, compiled when it is first called (`primitive`).

A wrapper unwraps its arguments, promotes them, computes, wraps the result, and makes a node if an operand requires grad.
Written as source, a call does no bookkeeping that could be done beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .modes import NOTE

if TYPE_CHECKING:
    from .primitive import Operation


def wrapper_source(
    names: tuple[str, ...],
    operands: tuple[str, ...],
    converted: tuple[str, ...],
    op: Operation,
    keeps: tuple[str, ...],
    readers: dict[str, str],
    *,
    floating: bool,
    views: bool,
    row_major: bool,
) -> str:
    """The source of ``make(forward, op, become)``, which returns the wrapper.

    For an operand x the wrapper has the array a_x, the edge e_x (the node or leaf it came from, or None)
    and the memory m_x.
    """
    lines: list[str] = []
    say = lines.append
    options = [argument for argument in names if argument not in operands]
    edges = [f"e_{x}" for x in op.differentiable]
    source = operands[0] if views else None  # whose memory the result may share
    arrays, memories = (", ".join(f"{prefix}_{x}" for x in converted) for prefix in "am")

    if op.variadic:
        (x,) = operands
        say(f"a_{x}, e_{x}, m_{x} = operands(op, {x})")
        if converted:
            say(f"a_{x}, m_{x} = promoted(op, a_{x}, m_{x}, {floating})")
        some_edge = f"any(edge is not None for edge in e_{x})"
    else:
        for x in operands:
            if x not in converted:
                say(f"if isinstance({x}, Tensor): a_{x} = {x}.array; e_{x} = {x}._edge; m_{x} = {x}._memory")
                say(f"else: a_{x}, e_{x}, m_{x} = {readers.get(x, 'tensor_operand')}(op, {x})")
        if converted:
            promotion = f"({arrays},), ({memories},) = promoted(op, ({arrays},), ({memories},), {floating})"
            first, *others = converted
            unlike = [f"a_{first}.dtype is not a_{x}.dtype" for x in others]
            if floating:
                unlike.append(f"a_{first}.dtype.kind not in 'fc'")
            say("if " + " and ".join(f"isinstance({x}, Tensor)" for x in converted) + ":")
            say("    " + "; ".join(f"a_{x} = {x}.array; e_{x} = {x}._edge; m_{x} = {x}._memory" for x in converted))
            say(f"    if {' or '.join(unlike)}: {promotion}")
            if len(converted) == 2:  # the everyday case, fast: a floating tensor and a number
                x, y = converted
                say(f"elif {y}.__class__ in numbers and isinstance({x}, Tensor) and {x}.array.dtype.kind == 'f':")
                say(f"    a_{x} = {x}.array; e_{x} = {x}._edge; m_{x} = {x}._memory")
                say(f"    a_{y} = array({y}, a_{x}.dtype); e_{y} = None; m_{y} = STABLE")
            say("else:")
            say("    " + "; ".join(f"a_{x}, e_{x}, m_{x} = {readers.get(x, 'operand')}(op, {x})" for x in converted))
            say(f"    {promotion}")
        elif floating:
            x = operands[0]
            say(f"if a_{x}.__class__ is not ndarray or a_{x}.dtype.kind not in 'fc':")
            say(f"    (a_{x},), (m_{x},) = promoted(op, (a_{x},), (m_{x},), True)")
        some_edge = " or ".join(f"{edge} is not None" for edge in edges)

    if source and not op.variadic:
        say(f"if a_{source}.ndim > 3: a_{source} = settled({source}, a_{source})")
    arguments = ", ".join(f"a_{argument}" if argument in operands else argument for argument in names)
    results = "".join(f", {kept}" for kept in keeps)
    if converted and len(converted) > 1 and not op.variadic:
        say(f"try: out{results} = forward({arguments})")
        say(f"except ValueError as error: raise unfit(op, [{', '.join(f'a_{x}' for x in operands)}], error) from None")
    else:
        say(f"out{results} = forward({arguments})")

    if op.several:
        say(f"if not ({some_edge or False}) or not (on := mode()) & 1: return separate(out, None, {source})")
    elif views:
        say(f"if out.__class__ is not ndarray: out = asarray(out)\nt = new(Tensor); view(t, out, {source})")
    else:
        say("if out.__class__ is not ndarray: out = asarray(out)")
        if row_major:
            say("elif out.ndim > 1 and not out.flags.c_contiguous: out = in_rows(out)")
        say("t = new(Tensor); t.array = out; t._memory = m_out = Memory()")
    if not edges:
        say("t._edge = None\nreturn t" if not op.several else "")
        return _assemble(names, lines)
    if not op.several:
        say(f"if not ({some_edge}) or not (on := mode()) & 1:\n    t._edge = None\n    return t")

    values = {"out": "out", **{kept: kept for kept in keeps}, **{option: option for option in options}}
    for x in operands:
        values[x] = f"a_{x}"
        values[f"{x}_shape"] = f"a_{x}.shape"
        values[f"{x}_shapes"] = f"[a.shape for a in a_{x}]"
    say("node = Node(); node.number = node_number(); node.op = op")
    parents = f"e_{operands[0]}" if op.variadic else f"({', '.join(edges)},)"
    say(f"node.parents = {parents}")
    saved = []
    for edge, reads in zip(edges, op.reads, strict=True):
        kept_values = "(" + "".join(f"{values[read]}, " for read in reads) + ")"
        single = len(edges) == 1 or not reads
        saved.append(kept_values if single else f"{kept_values} if {edge} is not None else ()")
    say(f"node.saved = ({', '.join(saved)},)")
    say(_memories(operands, edges, op))
    if op.several:
        say("node.shape = [(part.shape, part.dtype) for part in out]; node.dtype = None; node.watched = True")
        say(f"t = separate(out, node, {source})")
        if any("out" in reads for reads in op.reads):
            say("guard_results(node, t)")
    else:
        say("node.shape = out.shape; node.dtype = out.dtype; t._edge = node")
    if op.overwritable:
        say("m_out.keeper = ref(node)")
    shown = ", ".join(f"{option!r}: {option}" for option in options)
    operand_values = f"tuple(a_{operands[0]})" if op.variadic else f"({', '.join(f'a_{x}' for x in operands)},)"
    say(f"if on & {NOTE}: note(node, out, {operand_values}, {{{shown}}})")
    say("return t")
    return _assemble(names, lines)


def _memories(operands: tuple[str, ...], edges: list[str], op: Operation) -> str:
    """The statements that remember the memories of the saved arrays and their versions."""
    terms = []
    for value in op.guarded:
        readers = [edge for edge, reads in zip(edges, op.reads, strict=True) if value in reads]
        if op.variadic and value in operands:
            return f"node.memories = m_{value}; node.versions = sum(memory.version for memory in m_{value})"
        if len(readers) == len(edges):
            terms.append(f"m_{value}")
        else:
            needed = " or ".join(f"{edge} is not None" for edge in readers)
            terms.append(f"(m_{value} if {needed} else STABLE)")
    if not terms:
        return "node.memories = (); node.versions = 0"
    names = [f"s{i}" for i in range(len(terms))]
    statements = [f"{name} = {term}" for name, term in zip(names, terms, strict=True)]
    versions = " + ".join(f"{name}.version" for name in names)
    return "; ".join(statements) + f"; node.memories = ({', '.join(names)},); node.versions = {versions}"


def _assemble(names: tuple[str, ...], lines: list[str]) -> str:
    body = "\n".join(" " * 8 + line for block in lines for line in block.split("\n"))
    signature = ", ".join(names)
    free = "        if 0: forward, op, become\n"  # makes them free variables of every wrapper
    return f"def make(forward, op, become):\n    def wrapper({signature}):\n{free}{body}\n    return wrapper\n"
