"""Pictures that notebooks draw beside their numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def show_curves(x: np.ndarray, curves: Mapping[str, np.ndarray], title: str = "") -> None:
    """Draw curves over the same x, each with its name: the first one wide and grey, as what the others compare with.

    show_curves(x, {"sin x": np.sin(x), "a line": x})
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.5, 3), layout="constrained")
    for place, (name, y) in enumerate(curves.items()):
        axis.plot(x, y, label=name, **({} if place else {"color": "0.75", "linewidth": 5}))
    axis.set_title(title)
    axis.legend(fontsize=9)
    plt.show()
    plt.close(figure)
