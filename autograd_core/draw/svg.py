"""The SVG: cards, edges, clusters and the legend, painted where the layout put them.

No scripts, links or foreign objects; every id and rule is scoped under the root's id; colours are CSS variables with
presentation attributes as fallback; whatever came from the user passes through `text.xml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .curves import curve, shown, spline
from .faces import HEADER, PAD, Face, Row, columns, edge_tooltip, tooltip
from .text import superscript, width, xml
from .theme import COLOURS, FONT, Scale, style

if TYPE_CHECKING:
    from .curves import Point
    from .layout import Placement
    from .model import Card, Edge, Graph

MARGIN = 18.0


@dataclass
class Picture:
    """Everything that the painter needs."""

    graph: Graph
    faces: list[Face]
    placement: Placement
    titles: list[str]  # of the clusters
    scale: Scale
    theme: str
    root: str  # the id under which everything is scoped


def paint(picture: Picture) -> str:
    """The drawing as SVG text."""
    return _Painter(picture).document()


class _Painter:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.dark = picture.theme == "dark"
        self.out: list[str] = []

    def _fill(self, name: str) -> str:
        return f'class="f-{name}" fill="{COLOURS[name][self.dark]}"'

    def _line(self, name: str, wide: float, dashed: bool = False) -> str:
        dash = ' stroke-dasharray="5 3.5"' if dashed else ""
        return f'stroke="{COLOURS[name][self.dark]}" stroke-width="{shown(wide)}"{dash}'

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str = "ink",
        *,
        anchor: str = "",
        bold: bool = False,
        italic: bool = False,
        extra: str = "",
        ident: str = "",
    ) -> str:
        """One line of text, escaped."""
        kinds = f"f-{colour}" + (" b" if bold else "") + (" i" if italic else "") + extra
        weight = ' font-weight="700"' if bold else ""
        slant = ' font-style="italic"' if italic else ""
        side = f' text-anchor="{anchor}"' if anchor else ""
        name = f' id="{ident}"' if ident else ""
        return (
            f'<text{name} x="{shown(x)}" y="{shown(y)}" font-size="{shown(size)}"{side}{weight}{slant} class="{kinds}" '
            f'fill="{COLOURS[colour][self.dark]}">{xml(text)}</text>'
        )

    # ------------------------------------------------------------ the page

    def document(self) -> str:
        """All of it, from back to front."""
        picture, graph = self.picture, self.picture.graph
        placement = picture.placement
        legend = self._legend_lines()
        wide = max(
            placement.width + 2 * MARGIN,
            self._legend_width() + 2 * MARGIN,
            *(width(line, 11.5) + 2 * MARGIN for line in legend[1]),
        )
        high = placement.height + 2 * MARGIN + legend[0] + 18 * len(legend[1])
        root = picture.root
        gradient = "with gradients" if graph.swept else "before backward"
        title = f"Computation graph of {graph.output}"
        about = f"{len(graph.cards)} cards and {len(graph.edges)} edges, {gradient}. " + " ".join(graph.notes)
        say = self.out.append
        say(
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{root}" role="img" aria-labelledby="{root}-t {root}-d" '
            f'viewBox="0 0 {shown(wide)} {shown(high)}" width="{shown(wide)}" height="{shown(high)}" '
            f'style="max-width:100%;height:auto" font-family="{xml(FONT)}">'
        )
        say(f'<title id="{root}-t">{xml(title)}</title><desc id="{root}-d">{xml(about, 1000)}</desc>')
        say(f"<style>{style(root, picture.theme)}{self._copies_light_up()}</style>")
        say(self._markers())
        say(f'<rect width="{shown(wide)}" height="{shown(high)}" {self._fill("page")}/>')
        say(f'<g transform="translate({shown(MARGIN)} {shown(MARGIN)})">')
        for box, heading in zip(placement.boxes, picture.titles, strict=True):
            self._cluster(box, heading)
        for i, edge in enumerate(graph.edges):
            self._edge(i, edge)
        for i, edge in enumerate(graph.edges):
            self._label(i, edge)
        for card, face, corner in zip(graph.cards, picture.faces, placement.corners, strict=True):
            self._card(card, face, corner)
        say("</g>")
        self._legend(MARGIN, placement.height + 2 * MARGIN + 8, legend[1])
        say("</svg>")
        return "\n".join(self.out) + "\n"

    def _markers(self) -> str:
        root = self.picture.root
        shape = '<path d="M0 0.6 9 4 0 7.4 2 4z" '
        return (
            f'<defs><marker id="{root}-a" viewBox="0 0 9 8" refX="8.4" refY="4" markerWidth="9" markerHeight="8" '
            f'markerUnits="userSpaceOnUse" orient="auto">{shape}{self._fill("edge")}/></marker></defs>'
        )

    def _copies_light_up(self) -> str:
        """Hovering a copy lights all of them."""
        root, rules = self.picture.root, []
        originals = sorted({card.original.number for card in self.picture.graph.cards if card.original is not None})
        for number_ in originals:
            kind = f".c{number_}"
            rules.append(f"#{root}:has({kind}:hover) {kind}>.card{{stroke-width:3.2}}")
        return "".join(rules)

    def _cluster(self, box: tuple[float, float, float, float], heading: str) -> None:
        x, y, wide, high = box
        colour = COLOURS["cluster"][self.dark]
        self.out.append(
            f'<g><rect x="{shown(x)}" y="{shown(y)}" width="{shown(wide)}" height="{shown(high)}" rx="12" fill="{colour}" '
            f'class="f-cluster s-cluster-line" {self._line("cluster-line", 1, dashed=True)}/>'
            + self.text(x + 12, y + 19, heading, 12.5, "muted", bold=True)
            + "</g>"
        )

    # ------------------------------------------------------------ edges

    def _edge(self, i: int, edge: Edge) -> None:
        size = edge.size
        dashed = not edge.live or (self.picture.graph.swept and size is None and edge.target.shape is not None)
        wide = 1.0 if size is None else 1.1 + 2.2 * self.picture.scale.place(size)
        if size is None and edge.live:
            wide = 1.3
        route = self.picture.placement.routes[i]
        path = spline(route) if self.picture.placement.splines else curve(route, self.picture.placement.horizontal)
        self.out.append(
            f'<path id="{self.picture.root}-e{i}" d="{path}" fill="none" class="s-edge" '
            f'{self._line("edge", wide, dashed)} marker-end="url(#{self.picture.root}-a)"><title>{xml(edge_tooltip(edge), 600)}</title></path>'
        )

    def _label(self, i: int, edge: Edge) -> None:
        place = self.picture.placement.labels[i]
        share = edge.share + edge.result
        if place is None or not (edge.local or share):
            return
        x, y = place
        halo = f' halo s-page" stroke="{COLOURS["page"][self.dark]}'
        if edge.local:
            self.out.append(
                self.text(x, y - 3 if share else y + 4, edge.local, 10.5, "muted", anchor="middle", extra=halo)
            )
        if share:
            below = y + 11 if edge.local else y + 4
            colour = COLOURS["back"][self.dark]
            self.out.append(
                f'<text x="{shown(x)}" y="{shown(below)}" font-size="10.5" text-anchor="middle" class="f-back{halo}" '
                f'fill="{colour}">{xml(edge.share)}<tspan class="b" font-weight="700">{xml(edge.result)}</tspan></text>'
            )

    # ------------------------------------------------------------ cards

    def _card(self, card: Card, face: Face, corner: Point) -> None:
        x, y = corner
        kind = {"ghost": "constant", "more": "module"}.get(card.kind, card.kind)
        dashed = card.kind in ("constant", "ghost", "more") or card.original is not None
        wide, high = face.width, face.height
        about = tooltip(card if card.original is None else card.original)
        same = card.original.number if card.original is not None else card.number
        root = self.picture.root
        say = self.out.append
        fade = ' opacity="0.75"' if card.kind == "ghost" else ""
        say(
            f'<g id="{root}-n{card.number}" class="n c{same}" tabindex="0" role="img" aria-label="{xml(about, 600)}" '
            f'transform="translate({shown(x)} {shown(y)})"{fade}><title>{xml(about, 1000)}</title>'
        )
        ground = kind if face.chip else "paper"
        say(f'<rect width="{shown(wide)}" height="{shown(high)}" rx="8" {self._fill(ground)}/>')
        if face.chip:
            say(self.text(PAD + 1, 16.5, face.name, 13, "muted" if kind == "constant" else "ink", bold=True))
            if face.detail:
                say(self.text(wide - PAD - 1, 16.5, face.detail, 11.5, "muted", anchor="end"))
        else:
            say(f'<path d="{_top(wide, HEADER)}" {self._fill(kind)}/>')
            say(self.text(PAD, 17.5, face.name, 14.5, bold=True))
            if face.detail:
                say(self.text(wide - PAD, 17.5, face.detail, 11.5, "muted", anchor="end"))
            self._rows(card, face)
        say(
            f'<rect width="{shown(wide)}" height="{shown(high)}" rx="8" fill="none" class="card s-{kind}-line" '
            f"{self._line(f'{kind}-line', 1.3, dashed)}/></g>"
        )

    def _rows(self, card: Card, face: Face) -> None:
        y, say, wide = HEADER, self.out.append, face.width
        colour = "zero" if face.size is None else self.picture.scale.colour(face.size)
        total = sum(row.height for row in face.rows if row.kind in ("grad", "paths"))
        for row in face.rows:
            middle = y + row.height / 2
            if row.kind == "grad":
                say(f'<g id="{self.picture.root}-r{card.number}" class="rows">')
                if colour != "zero":
                    say(f'<path d="{_bottom(wide, y, total)}" {self._fill(colour)}/>')
                ident = f"{self.picture.root}-g{card.number}"
                say(self.text(PAD, middle + 4.5, row.left, 12.5, f"on-{colour}"))
                say(
                    self.text(
                        wide - PAD,
                        middle + 5,
                        row.right,
                        14,
                        f"on-{colour}",
                        anchor="end",
                        bold=face.size is not None,
                        ident=ident,
                    )
                )
            elif row.kind == "paths":
                say(self.text(PAD, middle + 3, row.left, 12, f"on-{colour}"))
                say(self.text(wide - PAD, middle + 3, row.right, 11.5, f"on-{colour}", anchor="end", italic=True))
            elif row.kind == "value":
                say(self.text(PAD, middle + 4.5, row.left, 12, "muted"))
                say(self.text(wide - PAD, middle + 5, row.right, 14, anchor="end"))
            elif row.kind == "entries":
                self._matrix(row, y, wide)
            else:
                say(self.text(PAD, middle + 4, row.left, 11.5, "muted"))
                if row.right:
                    say(self.text(wide - PAD, middle + 4, row.right, 11.5, "muted", anchor="end"))
            y += row.height
        if total:
            say("</g>")

    def _matrix(self, row: Row, y: float, wide: float) -> None:
        """Right-aligned columns between brackets that are drawn, not typed."""
        assert row.cells is not None
        widths = columns(row.cells)
        right = wide - PAD - 5
        left = right - sum(widths) - 9 * (len(widths) - 1)
        top, bottom = y + 2.5, y + row.height - 2.5
        self.out.append(
            f'<path d="M{shown(left - 2)} {shown(top)}h-3V{shown(bottom)}h3M{shown(right + 2)} {shown(top)}h3V{shown(bottom)}h-3" '
            f'fill="none" class="s-muted" {self._line("muted", 1.1)}/>'
        )
        for i, cells in enumerate(row.cells):
            end = left
            for text, room in zip(cells, widths, strict=True):
                end += room
                self.out.append(self.text(end, y + 15 + 19 * i, text, 13, anchor="end"))
                end += 9

    # ------------------------------------------------------------ below the picture

    def _legend_lines(self) -> tuple[float, list[str]]:
        return 46.0, list(self.picture.graph.notes)

    def _legend_label(self) -> str:
        single = all(card.shape in ((), None) for card in self.picture.graph.cards)
        bar = "|" if single else "‖"
        return f"{bar}∂{self.picture.graph.output}/∂·{bar}  log scale"

    def _legend_width(self) -> float:
        return width(self._legend_label(), 12) + 20 + 182

    def _legend(self, x: float, y: float, notes: list[str]) -> None:
        scale, say = self.picture.scale, self.out.append
        label = self._legend_label()
        say(self.text(x, y + 12, label, 12, "muted"))
        start = x + width(label, 12) + 20
        for i in range(7):
            say(f'<rect x="{shown(start + 26 * i)}" y="{shown(y)}" width="26" height="15" {self._fill(f"g{i}")}/>')
        say(
            f'<rect x="{shown(start)}" y="{shown(y)}" width="182" height="15" fill="none" class="s-cluster-line" '
            f"{self._line('cluster-line', 1)}/>"
        )
        say(self.text(start, y + 28, "10" + superscript(str(scale.low)), 10.5, "muted"))
        say(self.text(start + 182, y + 28, "10" + superscript(str(scale.high)), 10.5, "muted", anchor="end"))
        for i, note in enumerate(notes):
            say(self.text(x, y + 50 + 18 * i, note, 11.5, "muted"))


def _top(wide: float, high: float) -> str:
    return f"M0 {shown(high)}V8a8 8 0 0 1 8-8h{shown(wide - 16)}a8 8 0 0 1 8 8V{shown(high)}z"


def _bottom(wide: float, y: float, high: float) -> str:
    return f"M0 {shown(y)}h{shown(wide)}v{shown(high - 8)}a8 8 0 0 1-8 8h{shown(16 - wide)}a8 8 0 0 1-8-8z"
