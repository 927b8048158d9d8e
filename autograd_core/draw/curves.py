"""The curves of links: smooth paths through the points that a layout gives."""

from __future__ import annotations

import math

Point = tuple[float, float]


def smooth(points: list[Point], horizontal: bool) -> list[tuple[Point, Point, Point, Point]]:
    """Bézier pieces through the points of a route: along the flow at its ends and bends, leaning where it may.

    >>> smooth([(0, 0), (0, 10)], horizontal=False)[0][0]
    (0, 0)
    """
    flow = [(y, x) for x, y in points] if horizontal else list(points)  # (breadth, flow)
    flow = [p for i, p in enumerate(flow) if not i or math.dist(p, flow[i - 1]) > 0.05]
    straight = [abs(a[0] - b[0]) < 0.05 for a, b in zip(flow, flow[1:], strict=False)]
    flow = [p for i, p in enumerate(flow) if not 0 < i < len(flow) - 1 or not (straight[i - 1] and straight[i])]
    leans = [0.0] * len(flow)
    if horizontal and len(flow) == 2 and flow[1][1] > flow[0][1]:
        lean = 0.55 * (flow[1][0] - flow[0][0]) / (flow[1][1] - flow[0][1])
        leans = [max(min(lean, 0.6), -0.6)] * 2
    for i in range(1, len(flow) - 1):
        (a, b), (c, d), (e, f) = flow[i - 1 : i + 2]
        if (c - a) * (e - c) > 0.1 and d > b and f > d:
            steep = min(abs(c - a) / (d - b), abs(e - c) / (f - d), 0.12 if horizontal else 0.4)
            leans[i] = math.copysign(steep, e - c)
    pieces = []
    for i, ((u, v), (u2, v2)) in enumerate(zip(flow, flow[1:], strict=False)):
        reach = (v2 - v) * (0.34 if horizontal and len(flow) == 2 else 0.42)
        piece = (u, v), (u + leans[i] * reach, v + reach), (u2 - leans[i + 1] * reach, v2 - reach), (u2, v2)
        pieces.append(tuple((b, a) for a, b in piece) if horizontal else piece)
    return pieces  # type: ignore[return-value]  # four points each


def curve(points: list[Point], horizontal: bool) -> str:
    """The smooth path through the points of a route."""
    path = [f"M{shown(points[0][0])} {shown(points[0][1])}"]
    for (x, y), one, two, (x2, y2) in smooth(points, horizontal):
        straight = abs(y2 - y if horizontal else x2 - x) < 0.3
        handles = "L" if straight else f"C{shown(one[0])} {shown(one[1])} {shown(two[0])} {shown(two[1])} "
        path.append(f"{handles}{shown(x2)} {shown(y2)}")
    return "".join(path)


def spline(points: list[Point]) -> str:
    """A path of Bézier pieces, from their control points."""
    coordinates = [f"{shown(x)} {shown(y)}" for x, y in points]
    return f"M{coordinates[0]}" + "".join(f"C{' '.join(coordinates[i : i + 3])}" for i in range(1, len(points) - 2, 3))


def shown(value: float) -> str:
    """A coordinate, as short as it goes."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
