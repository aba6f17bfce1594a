"""Pictures that notebooks draw beside their numbers: curves, landscapes with paths, and how arrays come about."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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


def show_valley(
    height: Callable[[np.ndarray], np.ndarray],
    paths: Mapping[str, np.ndarray],
    reach: tuple[float, float],
    title: str = "",
) -> None:
    """Draw lines of equal height and, over them, named paths of points (steps + 1, 2).

    ``height`` takes points (..., 2); the picture reaches from -reach to reach along both axes.

    >>> bowl = lambda points: (points**2).sum(axis=-1)
    >>> show_valley(bowl, {"straight": np.array([[2.0, 1.0], [0.0, 0.0]])}, (3, 2))  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
    x, y = np.meshgrid(*(np.linspace(-end, end, 161) for end in reach))
    heights = height(np.stack([x, y], axis=-1))
    axis.contour(x, y, heights, heights.max() * 0.4 ** np.arange(9.0, 0, -1), colors="#b5bcc6", linewidths=0.8)
    for name, path in paths.items():
        axis.plot(*path.T, "o-", markersize=2.5, linewidth=1, label=name)
    axis.plot(0, 0, "k+", markersize=10)
    axis.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), xlabel="x", ylabel="y", title=title)
    axis.legend(fontsize=8, loc="lower left")
    plt.show()
    plt.close(figure)


def show_descent(curves: Mapping[str, Sequence[float]], ylabel: str, goal: float | None = None) -> None:
    """Draw named curves that count from step 0 on a logarithmic axis, and a dotted line at ``goal``.

    >>> show_descent({"slow": [8.0, 7.9, 7.8], "fast": [8.0, 2.0, 0.1]}, "loss", goal=0.2)  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 3), layout="constrained")
    for name, values in curves.items():
        axis.semilogy(range(len(values)), values, label=name)
    if goal is not None:
        axis.axhline(goal, color="gray", linestyle=":")
    axis.set(xlabel="step", ylabel=ylabel)
    axis.legend(fontsize=8)
    plt.show()
    plt.close(figure)


def show_broadcast(left: np.ndarray, right: np.ndarray) -> None:
    """Draw the sum of two arrays that broadcast to one table. Dark cells exist in memory, pale ones are read again.

    >>> show_broadcast(np.array([[10], [20]]), np.array([1, 0, 2]))  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    total = np.atleast_2d(left + right)
    figure, panels = plt.subplots(1, 3, figsize=(3 * total.shape[1], 0.7 + 0.5 * total.shape[0]), layout="constrained")
    titles = (f"{left.shape}", f"+ {right.shape}", f"= {(left + right).shape}")
    for axes, array, title in zip(panels, (left, right, left + right), titles, strict=True):
        values = np.broadcast_to(array, total.shape)
        exists = np.ones(total.shape, dtype=bool)
        for axis, stride in enumerate(values.strides):
            if stride == 0 and total.shape[axis] > 1:
                exists &= np.arange(total.shape[axis]).reshape(-1, *[1] * (total.ndim - 1 - axis)) == 0
        axes.imshow(np.where(exists, 1.0, 0.25), cmap="Blues", vmin=0, vmax=1.6)
        for (i, j), value in np.ndenumerate(values):
            axes.text(j, i, f"{value:g}", ha="center", va="center")
        axes.set_title(title, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
    plt.show()
    plt.close(figure)


def show_origin(tensor: Any) -> None:
    """Print how a Tensor was made: each operation with its options and shape, and what went in indented below.

    >>> show_origin(Tensor([1.0, 2.0], requires_grad=True).sum())  # doctest: +SKIP
    sum -> ()
        given (2,), requires a gradient
    """
    waiting, seen = [(tensor, 0)], set()
    while waiting:
        current, depth = waiting.pop()
        if current.origin is None:
            value = f" {current.data.item():g}" if current.data.size == 1 else ""
            said = f"given{value} {current.shape}" + (", requires a gradient" if current.requires_grad else "")
        else:
            name, inputs, options = current.origin
            again = id(current) in seen
            said = f"{name}{f' {options}' if options else ''} -> {current.shape}" + (", as above" if again else "")
            waiting += [] if again else [(each, depth + 1) for each in reversed(inputs)]
            seen.add(id(current))
        print("    " * depth + said)


def show_histories(curves: Mapping[str, Sequence[float]], title: str = "", mark: float | None = None) -> None:
    """Draw what was measured once an epoch, each with its name, and a dotted line at ``mark``.

    >>> show_histories({"training": [2.3, 0.9, 0.4], "validation": [2.3, 1.1, 1.2]}, mark=2)  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 3), layout="constrained")
    for name, values in curves.items():
        axis.plot(range(1, len(values) + 1), values, label=name)
    if mark is not None:
        axis.axvline(mark, color="gray", linestyle=":")
    axis.set(title=title, xlabel="epoch", ylim=(0, None))
    axis.legend()
    plt.show()
    plt.close(figure)


# Two classes in the plane, and networks that read digits: what milestone 2 draws.

CLASS_COLORS = ("#1f5fa8", "#d1600a")
HALVES = ("#dbe7f5", "#fbe3d0")
PROBABILITY_COLORS = (  # ten steps from one class to the other
    *("#8db8e8", "#a5c7ec", "#bed6f1", "#d6e5f6", "#eff5fc"),
    *("#fef6ef", "#fce7d7", "#fad8bf", "#f8c9a7", "#f6ba8f"),
)


def draw_points(axis: Any, x: np.ndarray, y: np.ndarray, size: float = 18) -> None:
    """Scatter the points x (n, 2) with one color and one marker for each class in y (n, 1)."""
    for label, color, marker in zip((0, 1), CLASS_COLORS, ("o", "^"), strict=True):
        places = x[y[:, 0] == label].T
        style = {
            "s": size,
            "color": color,
            "marker": marker,
            "edgecolor": "white",
            "linewidth": 0.4 if size < 50 else 1,
        }
        axis.scatter(*places, **style, label=f"class {label}", zorder=3)
    axis.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")


def grid_around(x: np.ndarray, steps: int = 120, margin: float = 0.4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A square grid over the points x (n, 2): coordinates gx, gy (steps, steps), and its points (steps * steps, 2).

    >>> gx, gy, points = grid_around(np.zeros((1, 2)), steps=3, margin=1.0)
    >>> points[:4].tolist()
    [[-1.0, -1.0], [0.0, -1.0], [1.0, -1.0], [-1.0, 0.0]]
    """
    low, high = x.min() - margin, x.max() + margin
    gx, gy = np.meshgrid(np.linspace(low, high, steps), np.linspace(low, high, steps))
    return gx, gy, np.stack([gx.ravel(), gy.ravel()], axis=1).astype(np.float32)


def show_points(data_sets: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Draw data sets side by side, each by its title: points x (n, 2) and labels y (n, 1).

    >>> show_points({"Moons": (moons_x, moons_y)})  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(data_sets), figsize=(5 * len(data_sets), 4.2), layout="constrained")
    for axis, (title, (x, y)) in zip(np.atleast_1d(axes), data_sets.items(), strict=True):
        draw_points(axis, x, y)
        axis.set_title(title)
    np.atleast_1d(axes)[0].legend(loc="upper right", framealpha=0.9)
    plt.show()
    plt.close(figure)


def draw_units(axis: Any, state: Mapping[str, np.ndarray], unit: int, x: np.ndarray, y: np.ndarray) -> None:
    """Draw the line of each hidden ReLU unit of a state_dict, one unit picked out, over the points x, y."""
    weights, biases = state["hidden.weight"], state["hidden.bias"]
    gx, gy, points = grid_around(x, steps=90)
    z = points @ weights.T + biases  # (steps * steps, H)
    logits = np.maximum(z, 0) @ state["output.weight"].T + state["output.bias"]
    axis.contourf(gx, gy, z[:, unit].reshape(gx.shape), levels=[0, np.inf], colors=["#e9e3f2"])
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if not weight.any():
            continue
        nearest = -bias * weight / (weight @ weight)  # the point of the line next to the origin
        style = {"color": "#6a3d9a", "linewidth": 2.5} if number == unit else {"color": "#b9b9b9", "linewidth": 0.6}
        axis.axline(nearest, nearest + np.array([-weight[1], weight[0]]), **style)
    if logits.min() < 0 < logits.max():
        axis.contour(gx, gy, logits.reshape(gx.shape), levels=[0], colors="#222222", linewidths=1.8)
    draw_points(axis, x, y)
    axis.set(xlim=(gx.min(), gx.max()), ylim=(gy.min(), gy.max()))


def show_units(states: Mapping[int, Mapping[str, np.ndarray]], unit: int, x: np.ndarray, y: np.ndarray) -> None:
    """Draw the lines of all hidden units at several epochs, side by side, with one unit picked out.

    >>> show_units({0: before, 160: after}, 3, spiral_x, spiral_y)  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(states), figsize=(3.7 * len(states), 4), layout="constrained")
    for axis, (epoch, state) in zip(np.atleast_1d(axes), states.items(), strict=True):
        draw_units(axis, state, unit, x, y)
        axis.set_title(f"epoch {epoch}, unit {unit} picked out")
        axis.label_outer()
    plt.show()
    plt.close(figure)


def explore_units(states: Mapping[int, Mapping[str, np.ndarray]], x: np.ndarray, y: np.ndarray) -> None:
    """Sliders for the epoch and the hidden unit of ``show_units``, if the kernel is live.

    >>> explore_units(snapshots, spiral_x, spiral_y)  # doctest: +SKIP
    """

    def picture(epoch: int, unit: int) -> Any:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 5), layout="constrained")
        axis = figure.add_subplot()
        draw_units(axis, states[epoch], unit, x, y)
        axis.set_title(f"epoch {epoch}, hidden unit {unit}")
        return figure

    units = len(next(iter(states.values()))["hidden.bias"])
    _explore(
        picture,
        lambda widgets: [
            widgets.SelectionSlider(options=list(states), description="epoch"),
            widgets.IntSlider(description="hidden unit", max=units - 1),
        ],
        width=450,
    )


def draw_digit(axis: Any, row: np.ndarray, title: str = "") -> None:
    """Draw the pixels (N,) or (side, side) of a square picture, ink on white."""
    side = round(row.size**0.5)
    axis.imshow(row.reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
    axis.set_title(title, fontsize=9)
    axis.set(xticks=[], yticks=[])


def show_planes(
    views: Mapping[str, tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]],
    y: np.ndarray,
    names: Sequence[np.ndarray],
) -> None:
    """Draw planes by their titles: points (n, 2), and where a function of points (N, 2) is above 0.

    show_planes({"a line": (xor_x, lambda points: points[:, 0] - 0.5)}, xor_y, names=xor_x)
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(views), figsize=(4.8 * len(views), 4.2), squeeze=False, layout="constrained")
    for axis, (title, (places, logit)) in zip(axes.flat, views.items(), strict=True):
        spread = np.linspace(places.min() - 0.6, places.max() + 0.6, 150)
        grid = np.stack(np.meshgrid(spread, spread), axis=-1)
        high = np.asarray(logit(grid.reshape(-1, 2))).reshape(grid.shape[:2])
        axis.contourf(spread, spread, high, levels=[-1e9, 0, 1e9], colors=HALVES)
        draw_points(axis, places, y, size=90)
        for place in np.unique(places, axis=0):
            together = names[(places == place).all(axis=1)]  # several points may lie in one place
            text = " and ".join(f"({a:g}, {b:g})" for a, b in together)
            axis.annotate(text, place, xytext=(9, 6), textcoords="offset points")
        axis.set_title(title)
    axes.flat[0].legend(loc="center")
    plt.show()
    plt.close(figure)


def show_learning(history: Mapping[str, Sequence[float]], errors: Mapping[str, float]) -> None:
    """Draw the losses and accuracies of a training, and the shares of wrong answers on several data sets.

    show_learning(digits_history, {"training": 0.01, "test": 0.03})
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for axis, key in zip(axes, ("loss", "accuracy"), strict=False):
        axis.plot(range(1, len(history[key]) + 1), history[key], ".-", color="#222222")
        axis.set(title=key, xlabel="epoch")
    bars = axes[2].bar(list(errors), list(errors.values()), color=CLASS_COLORS[0])
    axes[2].bar_label(bars, [f"{value:.1%}" for value in errors.values()])
    axes[2].set(title="Share of wrong answers")
    axes[2].margins(y=0.15)
    plt.show()
    plt.close(figure)


def show_depths(records: Mapping[int, Mapping[str, Any]], title: str) -> None:
    """Print and draw the runs of each depth: one line, and one dot for each seed.

    show_depths({1: {"sizes": (64, 5, 10), "parameters": 385, "losses": [0.4], "accuracies": [0.9]}}, "one run")
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    means = {str(depth): np.mean(record["accuracies"]) for depth, record in records.items()}
    for depth, record in records.items():
        print(
            f"depth {depth}: width {record['sizes'][1]:3}, {record['parameters']:,} parameters, "
            f"loss {np.mean(record['losses']):.3f}, accuracy {means[str(depth)]:.1%} "
            f"(spread over the seeds {np.ptp(record['accuracies']):.1%})"
        )
        dots = record["accuracies"]
        axis.plot([str(depth)] * len(dots), dots, "o", color=CLASS_COLORS[0], alpha=0.7)
    axis.plot(list(means), list(means.values()), color="#222222")
    axis.set(title=title, xlabel="hidden layers", ylabel="validation accuracy")
    plt.show()
    plt.close(figure)


def perturb(images: np.ndarray, right: int = 0, down: int = 0, turns: int = 0, noise: float = 0.0) -> np.ndarray:
    """Move images (..., side, side) from 0 to 1 by whole pixels, turn them clockwise by quarters, add noise.

    >>> perturb(np.eye(3), right=1)
    array([[0., 1., 0.],
           [0., 0., 1.],
           [0., 0., 0.]], dtype=float32)
    """
    images = np.rot90(images, -turns, axes=(-2, -1))
    height, width = images.shape[-2:]
    edge = max(abs(right), abs(down))
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(edge, edge)] * 2)
    moved = padded[..., edge - down : edge - down + height, edge - right : edge - right + width]
    if noise:
        moved = moved + noise * np.random.default_rng(0).normal(size=moved.shape)  # the same noise at each call
    return np.clip(moved, 0, 1).astype(np.float32)


def show_readings(
    images: Mapping[str, np.ndarray], answer: Callable[[np.ndarray], np.ndarray], true: int, show: bool = True
) -> Any:
    """Draw pictures above the ten probabilities that ``answer`` gives their row (1, N); the true digit's bar is orange.

    show_readings({"as it is": image}, lambda row: probabilities(model, row)[0], true=3)
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(images), figsize=(2.6 * len(images), 4.4), squeeze=False, layout="constrained")
    for (above, below), (name, image) in zip(axes.T, images.items(), strict=True):
        chances = answer(image.reshape(1, -1))
        draw_digit(above, image, f"{name}\nread as {chances.argmax()} ({chances.max():.0%})")
        below.bar(range(10), chances, color=[CLASS_COLORS[int(digit == true)] for digit in range(10)])
        below.set(xticks=range(10), ylim=(0, 1), xlabel="digit")
    if show:
        plt.show()
    plt.close(figure)
    return figure if not show else None


def explore_readings(images: np.ndarray, labels: np.ndarray, answer: Callable[[np.ndarray], np.ndarray]) -> None:
    """Sliders that move, turn and cover images (N, side, side) while their reading changes, if the kernel is live.

    explore_readings(squares, test_y, lambda row: probabilities(model, row)[0])
    """

    def picture(index: int, *change: Any) -> Any:
        return show_readings({"": perturb(images[index], *change)}, answer, int(labels[index]), show=False)

    reach = images.shape[-1] // 2
    _explore(
        picture,
        lambda widgets: [
            widgets.IntSlider(description="test image", max=min(200, len(labels)) - 1),
            *(widgets.IntSlider(description=name, min=-reach, max=reach) for name in ("right", "down")),
            widgets.IntSlider(description="quarter turns", max=3),
            widgets.FloatSlider(description="noise", max=1.0, step=0.05),
        ],
        width=240,
    )


def _explore(picture: Callable[..., Any], sliders_of: Callable[[Any], list], width: int) -> None:
    """Show the figure that ``picture`` makes of the sliders' values, made anew when one moves."""
    try:
        import ipywidgets
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        return print("The sliders need ipywidgets; the picture above shows some of their settings.")
    if get_ipython() is None:
        return print("The sliders need a live kernel; the picture above shows some of their settings.")

    def drawn() -> bytes:
        png = io.BytesIO()
        picture(*(slider.value for slider in sliders)).savefig(png, format="png", dpi=90)
        return png.getvalue()

    sliders = sliders_of(ipywidgets)
    screen = ipywidgets.Image(value=drawn(), format="png", width=width)
    for slider in sliders:
        slider.observe(lambda _: setattr(screen, "value", drawn()), names="value")
    display(ipywidgets.VBox([*sliders, screen]))


def show_moved(shares: Mapping[int, float]) -> None:
    """Draw and print which share of the images is read right when all are moved by so many pixels.

    show_moved({-1: 0.5, 0: 0.97, 1: 0.5})
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
    axis.plot(list(shares), list(shares.values()), "o-", color="#222222")
    axis.axhline(0.1, color="#999999", linewidth=1)
    axis.set(title="The digits are the same, only moved (grey: guessing)", xlabel="pixels to the right")
    axis.set(ylabel="test accuracy", ylim=(0, 1.03), xticks=list(shares))
    plt.show()
    plt.close(figure)
    print(", ".join(f"moved by {pixels}: {share:.1%}" for pixels, share in shares.items() if 0 <= pixels < 3))
