"""Drawings of networks, made from the Keras models themselves.

`stack` shows a whole network as a row of maps, `block` a part of it with its branches.
Layers that only change numbers in place (batch normalisation, activation, dropout,
padding) are drawn as part of the layer before them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle

from course_utils.plotting import PALETTE

# Kind of layer -> its name in the legend and its colour, the same in every drawing.
KINDS = {
    "input": ("input", "#BBBBBB"),
    "conv": ("convolution", PALETTE["sky blue"]),
    "pointwise": ("1×1 convolution", PALETTE["orange"]),
    "depthwise": ("depthwise convolution", PALETTE["green"]),
    "pool": ("pooling", PALETTE["purple"]),
    "join": ("add or join", PALETTE["yellow"]),
    "dense": ("dense", PALETTE["vermilion"]),
}
IN_PLACE = (
    *(keras.layers.BatchNormalization, keras.layers.Activation, keras.layers.ReLU),
    *(keras.layers.Dropout, keras.layers.ZeroPadding2D, keras.layers.Rescaling),
    *(keras.layers.Flatten, keras.layers.Softmax),
)
SMALL = 10.5  # points


@dataclass
class Node:
    """A layer to draw, with the layers that work in place on its output."""

    name: str
    kind: str
    text: str
    shape: tuple[int, ...]  # of the output, without the batch
    weights: int
    multiplications: int  # each weight of a kernel, at each place of the output
    parents: list["Node"] = field(default_factory=list)


def nodes(model: keras.Model) -> list[Node]:
    """The layers of a model to draw, each after those that it gets its input from.

    Parameters
    ----------
    model : Sequential or functional, for images of one size; every layer used once.

    Returns
    -------
    list of Node : the weights of all together are those of the model.

    Raises
    ------
    ValueError
        For a model that takes images of any size: its maps have no size to draw.
    """
    if None in model.input_shape[1:]:
        raise ValueError(
            f"model: it takes {model.input_shape[1:]}; build it for one size, with "
            "input_shape=(224, 224, 3) or the like"
        )
    of: dict[str, Node] = {}  # layer name -> the node that stands for it
    found: list[Node] = []
    for layer in model.layers:
        sources = keras.tree.flatten(layer.input)
        parents = [
            of[source._keras_history.operation.name]
            for source in sources
            if source._keras_history.operation.name in of
        ]
        shape = tuple(layer.output.shape[1:])
        if isinstance(layer, IN_PLACE) and parents:
            of[layer.name] = node = parents[0]
            node.weights += layer.count_params()
            if len(shape) == 3 and not isinstance(layer, keras.layers.ZeroPadding2D):
                node.shape = shape
            continue
        kind, text = _kind(layer)
        kernel = np.prod(layer.kernel.shape) if hasattr(layer, "kernel") else 0
        work = int(kernel * np.prod(shape[:-1])) if kernel else 0
        weights = layer.count_params()
        node = Node(layer.name, kind, text, shape, weights, work, parents)
        of[layer.name] = node
        found.append(node)
    return found


def _kind(layer: keras.Layer) -> tuple[str, str]:
    name = type(layer).__name__
    step = getattr(layer, "strides", (1,))[0]
    slower = f" /{step}" if step > 1 else ""
    if hasattr(layer, "kernel_size"):
        size = "×".join(map(str, layer.kernel_size))
        if "Depthwise" in name:
            return "depthwise", f"{size} each{slower}"
        kind = "pointwise" if set(layer.kernel_size) == {1} else "conv"
        return kind, f"{size}, {layer.filters}{slower}"
    if "Pool" in name:
        if "Global" in name:
            return "pool", "mean of each map"
        size = "×".join(map(str, layer.pool_size))
        return "pool", f"{name[:3].lower().replace('ave', 'mean')} {size}{slower}"
    if name in ("Add", "Concatenate"):
        return "join", "+" if name == "Add" else "join"
    if name == "Dense":
        return "dense", f"{layer.units}"
    return "input", "input"


def stack(model: keras.Model, title: str) -> Figure:
    """A network as a row of maps: high as their side, wide as their channels grow.

    Arcs are connections that skip layers. Under the row: the groups that the layers'
    names begin with (block1, conv2, ...), and the weights in each.

    Parameters
    ----------
    model : functional or Sequential; its maps are square.
    title : the finding.
    """
    drawn = nodes(model)
    figure, ax = plt.subplots(figsize=(11.5, 4.4), layout="constrained")
    largest = max(node.shape[0] for node in drawn if len(node.shape) == 3)
    middles: dict[str, float] = {}
    tops: dict[str, float] = {}
    ends: dict[str, tuple[float, float, int]] = {}
    x = 0.0
    for node in drawn:
        flat = len(node.shape) < 3
        channels = node.shape[-1]
        width = 0.3 + channels / 1024 * 1.2
        height = 0.25 if flat else (node.shape[0] / largest) ** 0.5
        ax.add_patch(
            Rectangle((x, 0.5 - height / 2), width, height, fc=KINDS[node.kind][1])
        )
        ax.patches[-1].set(edgecolor="black", linewidth=0.6)
        middles[node.name], tops[node.name] = x + width / 2, 0.5 + height / 2
        group = _group(node.name)
        begin, _, weights = ends.get(group, (x, x, 0))
        ends[group] = (begin, x + width, weights + node.weights)
        x += width + 0.16
    order = {node.name: i for i, node in enumerate(drawn)}
    for node in drawn:
        for parent in node.parents:
            if order[node.name] - order[parent.name] > 1 and node.kind == "join":
                _arc(ax, middles[parent.name], middles[node.name], tops[node.name])
    for group, (begin, end, weights) in ends.items():
        if not weights and not group.startswith(("block", "conv")):
            continue
        ax.plot([begin, end], [-0.08, -0.08], color="0.4", linewidth=1.5)
        ax.text(
            (begin + end) / 2, -0.12, f"{group}\n{weights:,}", ha="center", va="top"
        )
        ax.texts[-1].set_fontsize(SMALL)
    ax.set(xlim=(-0.2, x), ylim=(-0.35, 1.3), title=title)
    ax.set_axis_off()
    ax.title.set_visible(True)
    _legend(ax, drawn)
    return figure


def _group(name: str) -> str:
    found = re.match(r"[a-z]+\d+", name)
    return found[0] if found else name


def _arc(ax: Any, begin: float, end: float, y: float) -> None:
    arrow = FancyArrowPatch(
        (begin, y + 0.02),
        (end, y + 0.02),
        connectionstyle="arc3,rad=-0.5",
        arrowstyle="-|>",
        mutation_scale=9,
        color=PALETTE["black"],
        linewidth=1.2,
    )
    ax.add_patch(arrow)


def block(model: keras.Model, first: str, last: str, title: str) -> Figure:
    """A part of a network, from left to right, each branch in a row of its own.

    Parameters
    ----------
    model : functional.
    first, last : names of the layers that the part begins after and ends with.
    title : the finding.

    Raises
    ------
    ValueError
        For a name that the model does not have, or no way from one to the other.
    """
    drawn = {node.name: node for node in nodes(model)}
    for argument, name in (("first", first), ("last", last)):
        if name not in drawn:
            raise ValueError(f"{argument}: {name!r} is no layer of {model.name}")
    paths = _paths(drawn[last], first)
    if not paths:
        raise ValueError(f"last: no way leads from {first!r} to {last!r}")
    rows: dict[str, list[int]] = {}
    depth: dict[str, int] = {}
    for row, path in enumerate(paths):
        for node in path:
            rows.setdefault(node.name, []).append(row)
    for node in drawn.values():  # parents come first
        if node.name in rows:
            before = [depth[p.name] for p in node.parents if p.name in depth]
            inside = node.name != first and before
            depth[node.name] = max(before) + 1 if inside else 0
    columns = max(depth.values())
    size = (min(11.5, 2.05 * columns + 1.6), min(4.7, 0.95 * len(paths) + 1.3))
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    place = {name: (depth[name], -sum(r) / len(r)) for name, r in rows.items()}
    edges: dict[tuple[str, str], list[int]] = {}  # and the rows of the paths over them
    for row, path in enumerate(paths):
        for parent, node in pairwise(path):
            edges.setdefault((parent.name, node.name), []).append(row)
    for (parent_name, name), over in edges.items():
        (x0, y0), (x1, y1) = place[parent_name], place[name]
        y = -sum(over) / len(over)
        xs = [x0, x0 + 0.5, x0 + 0.5, x1 - 0.5, x1 - 0.5, x1]
        ax.plot(xs, [y0, y0, y, y, y1, y1], color="0.35", linewidth=1.4, zorder=1)
    for name, (x, y) in place.items():
        node = drawn[name]
        box = {"facecolor": KINDS[node.kind][1], "edgecolor": "black", "pad": 5}
        text = node.text if name != first else "maps"
        shape = "×".join(map(str, node.shape))
        count = f"\n{node.weights:,} weights" if node.weights and name != first else ""
        outside = name in (first, last)
        label = f"{text}\n{shape}" if outside else f"{text}{count}"
        ax.text(x, y, label, ha="center", va="center", bbox=box, fontsize=SMALL)
    ax.set(xlim=(-0.5, columns + 0.5), ylim=(-len(paths) + 0.4, 0.6), title=title)
    ax.set_axis_off()
    ax.title.set_visible(True)
    return figure


def _paths(node: Node, first: str) -> list[list[Node]]:
    if node.name == first:
        return [[node]]
    return [[*path, node] for parent in node.parents for path in _paths(parent, first)]


def _legend(ax: Any, drawn: Sequence[Node]) -> None:
    kinds = [kind for kind in KINDS if any(node.kind == kind for node in drawn)]
    patches = [Patch(fc=KINDS[k][1], ec="black", label=KINDS[k][0]) for k in kinds]
    ax.legend(handles=patches, ncols=len(patches), loc="upper center", fontsize=SMALL)
