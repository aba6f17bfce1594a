"""Pictures of recorded calculations: which Tensor was made from which, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPUTED, LEAF, CONSTANT = "#cfe2f3", "#fce5cd", "#eeeeee"


def draw_graph(root: Any, names: Mapping[str, Any], notes: Mapping[str, str] | None = None) -> None:
    """Draw how the Tensor ``root`` was made, from left to right.

    ``names`` gives Tensors a name, ``notes`` gives a name a further line. Results are blue, leaves that require a
    gradient orange, constants grey.

        draw_graph(q * p, {"a": a, "b": b, "p": p, "q": q}, {"p": "grad 14"})
    """
    import matplotlib.pyplot as plt

    columns = _columns_of(root)
    titles = {id(tensor): name for name, tensor in names.items()}
    at = {id(tensor): (-x, -y) for x, column in enumerate(columns) for y, tensor in enumerate(column)}
    deepest = max(map(len, columns))
    figure, axis = plt.subplots(figsize=(1.7 * len(columns), 0.5 + 1.1 * deepest), layout="constrained")
    for tensor in (tensor for column in columns for tensor in column):
        name = titles.get(id(tensor), "")
        made_by = tensor.origin[0] if tensor.origin else ""
        title = " = ".join(filter(None, [name, made_by])) or (f"{tensor.item():g}" if tensor.size == 1 else "constant")
        lines = [title, str(tensor.shape) if tensor.shape else "", (notes or {}).get(name, "")]
        color = COMPUTED if tensor.origin else LEAF if tensor.requires_grad else CONSTANT
        box = {"boxstyle": "round,pad=0.4", "facecolor": color, "edgecolor": "0.5"}
        text = "\n".join(filter(None, lines))
        axis.text(*at[id(tensor)], text, ha="center", va="center", fontsize=9, bbox=box, zorder=3)
        for value in tensor.origin[1] if tensor.origin else ():
            past_another = at[id(tensor)][0] - at[id(value)][0] > 1 and at[id(tensor)][1] == at[id(value)][1]
            style = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 24, "shrinkB": 26}
            style["connectionstyle"] = f"arc3,rad={-0.4 if past_another else 0}"
            axis.annotate("", at[id(tensor)], at[id(value)], arrowprops=style)
    axis.set(xlim=(0.5 - len(columns), 0.5), ylim=(0.5 - deepest, 0.6))
    axis.axis("off")
    plt.show()
    plt.close(figure)


def _columns_of(root: Any) -> list[list[Any]]:
    """Lists of Tensors: column 0 holds the root, and each input stands left of everything made from it."""
    level, tensors, waiting = {id(root): 0}, {id(root): root}, [root]
    while waiting:
        node = waiting.pop()
        for value in node.origin[1] if node.origin else ():
            if level.get(id(value), -1) <= level[id(node)]:
                level[id(value)] = level[id(node)] + 1
                tensors[id(value)] = value
                waiting.append(value)
    columns: list[list[Any]] = [[] for _ in range(max(level.values()) + 1)]
    for key, tensor in sorted(tensors.items(), key=lambda item: item[1].origin is None):
        columns[level[key]].append(tensor)
    return columns
