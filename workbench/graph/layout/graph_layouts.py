"""The form a flow is drawn in, chosen by the room there is."""

from __future__ import annotations

from functools import cached_property

from workbench.graph.geometry import BOX_ROWS, Form, Layout
from workbench.graph.layout.chain import lay_out_chain
from workbench.graph.layout.graph_shape import Graph, LaneShape, chain_of, lanes_of, parts_of
from workbench.graph.layout.lanes import lane_labels, lay_out_lane_map, lay_out_lanes
from workbench.graph.layout.layered import lay_out_layers
from workbench.graph.layout.layers import Layers, layers
from workbench.graph.layout.node_map import lay_out_map
from workbench.graph.layout.stacked import lay_out_bands, stacked

HYSTERESIS = 2
"""Cells of room that a looser form must have to spare before it takes the place of another."""

LEAST_BOX_CELLS = 12
"""Cells that a box and an edge need at least."""

MOST_WRAPPED = 100
"""Nodes up to which layers that are too wide go on in the next row: to try is not free."""

MOST_KEPT = 64
"""Layouts kept; a terminal that is resized by hand asks for many."""

FORMS = (Form.FULL, Form.COMPACT, Form.FIGURES, Form.LINE)
"""The loosest first."""


class GraphLayouts:
    """All layouts of one graph; what does not depend on the room is found out once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._made: dict[tuple[Form, int, int], Layout] = {}
        self._bands: dict[range, Layers] = {}

    @cached_property
    def _parts(self) -> tuple[GraphLayouts, ...]:
        """What no edge joins, where that is more than one thing."""
        parts = parts_of(self.graph)
        return tuple(map(GraphLayouts, parts)) if len(parts) > 1 else ()

    @cached_property
    def _chain(self) -> tuple[int, ...] | None:
        return chain_of(self.graph)

    @cached_property
    def _lanes(self) -> LaneShape | None:
        return lanes_of(self.graph)

    @cached_property
    def _layers(self) -> Layers:
        return layers(self.graph)

    def _some_layers(self, band: range) -> Layers:
        if band not in self._bands:
            self._bands[band] = layers(self.graph, band)
        return self._bands[band]

    def best(self, width: int, height: int, current: Form | None = None) -> Layout:
        """The loosest form of which all is seen, else the densest.

        `current` is kept while it fits, until a looser one has room to spare.
        """
        for form in FORMS:
            if form.boxed and self._too_many(form, width, height):
                continue
            settled = current is None or FORMS.index(form) >= FORMS.index(current)
            layout = self.in_form(form, width, height)
            if layout.fits(width, height, 0 if settled else HYSTERESIS):
                return layout
        return self.in_form(Form.LINE, width, height)

    def _too_many(self, form: Form, width: int, height: int) -> bool:
        """True when there are more nodes than boxes of the form have room for."""
        across = max(width // LEAST_BOX_CELLS, 1)
        return len(self.graph.nodes) > across * max(height // BOX_ROWS[form], 1)

    def in_form(self, form: Form, width: int, height: int) -> Layout:
        """The layout in that form; boxes stand further apart where `height` allows it."""
        key = form, width, height if form in (Form.FULL, Form.MAP) else 0
        if key not in self._made:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            self._made[key] = self._lay_out(form, width, height)
        return self._made[key]

    def _lay_out(self, form: Form, width: int, height: int) -> Layout:
        if form is Form.MAP:
            if self._lanes is not None:
                return lay_out_lane_map(self.graph, self._lanes, height)
            return lay_out_map(self.graph, self._layers)
        if self._parts:
            below = [part.in_form(form, width, 0) for part in self._parts]
            all_of_them = stacked(below, f"{len(below)} parts")
            if all_of_them is not None:
                return all_of_them
        if self._chain:
            return lay_out_chain(self.graph, self._chain, form, width)
        if self._lanes is not None and not form.boxed:
            return lay_out_lanes(self.graph, self._lanes, form)
        names = self._lane_names if self._lanes is not None else None
        if form is Form.FULL:
            loose = lay_out_layers(self.graph, self._layers, form, width, gap=1)
            if loose.height <= height and loose.width <= width:
                return loose
            names = None
        made = lay_out_layers(self.graph, self._layers, form, width, names=names)
        if made.width <= width or len(self.graph.nodes) > MOST_WRAPPED:
            return made
        count = (len(self._layers.columns) + 1) // 2
        wrapped = lay_out_bands(self.graph, form, width, count, self._some_layers)
        return wrapped or made

    @property
    def _lane_names(self) -> dict[str, str]:
        """Names without what the port of their lane says already."""
        assert self._lanes is not None
        ports = {lane.label: lane for lane in self._lanes.lanes}
        labels = lane_labels(self._lanes)
        if set(labels) != set(ports):
            return {}
        return {
            name: step
            for lane in self._lanes.lanes
            if lane.label == self.graph.edges[lane.edges[0]].source_port
            for name, step in zip(lane.nodes, lane.steps, strict=True)
        }
