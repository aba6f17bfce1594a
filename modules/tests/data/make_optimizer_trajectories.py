"""Write optimizer_trajectories.json beside this file: where PyTorch's optimizers go in 100 steps, in float64.

Made once with torch 2.13.0 (CPU) in an environment of its own; TinyTorch's tests need only the JSON.
Run again with: python make_optimizer_trajectories.py
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch

STEPS = 100
KEPT = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100]
STARTS = [[[1.0, -2.0, 0.5], [3.0, 0.1, -0.7]], [4.0], 1.5]  # shapes (2, 3), (1,) and ()
CURVATURES = [3.0, 0.5, 8.0]
CASES = [
    ["SGD", {"lr": 0.05}],
    ["SGD", {"lr": 0.05, "weight_decay": 0.1}],
    ["SGD", {"lr": 0.05, "momentum": 0.9}],
    ["SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.4}],
    ["SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}],
    ["SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}],
    ["SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True}],
    ["Adam", {}],
    ["Adam", {"lr": 0.05}],
    ["Adam", {"lr": 0.05, "betas": [0.8, 0.95], "eps": 0.01}],
    ["Adam", {"lr": 0.05, "weight_decay": 0.1}],
    ["AdamW", {}],
    ["AdamW", {"lr": 0.05}],
    ["AdamW", {"lr": 0.05, "weight_decay": 0.3, "betas": [0.8, 0.95]}],
]
SCHEDULES = [
    ["StepLR", {"step_size": 7}],
    ["StepLR", {"step_size": 1, "gamma": 0.97}],
    ["CosineAnnealingLR", {"T_max": 100}],
    ["CosineAnnealingLR", {"T_max": 40, "eta_min": 0.01}],
]


def push(index: int, step: int) -> float | None:
    """What is added to the gradient curvature * p; None: this parameter has no gradient in this step."""
    return None if index == 1 and step % 3 == 0 else math.sin(0.3 * step + index)


def trajectory(name: str, options: dict) -> list:
    parameters = [torch.tensor(start, dtype=torch.float64, requires_grad=True) for start in STARTS]
    optimizer = getattr(torch.optim, name)(parameters, **options)
    points = []
    for step in range(STEPS):
        for index, parameter in enumerate(parameters):
            added = push(index, step)
            parameter.grad = None if added is None else CURVATURES[index] * parameter.detach() + added
        optimizer.step()
        points.append([parameter.tolist() for parameter in parameters])
    return points


def rates(name: str, options: dict) -> list:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule, found = getattr(torch.optim.lr_scheduler, name)(optimizer, **options), []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def rounded(value):
    return [rounded(part) for part in value] if isinstance(value, list) else float(f"{value:.12g}")


def main() -> None:
    made = {
        "made_by": "modules/tests/data/make_optimizer_trajectories.py, torch " + torch.__version__.split("+")[0],
        "starts": STARTS,
        "curvatures": CURVATURES,
        "steps": KEPT,
        "optimizers": [
            {"name": name, "options": options, "points": [rounded(trajectory(name, options)[k - 1]) for k in KEPT]}
            for name, options in CASES
        ],
        "schedules": [
            {"name": name, "options": options, "rates": rounded(rates(name, options))} for name, options in SCHEDULES
        ],
    }
    lines = [f'"{key}": {json.dumps(made[key])}' for key in ("made_by", "starts", "curvatures", "steps")]
    for key in ("optimizers", "schedules"):
        lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(case) for case in made[key]) + "\n]")
    path = Path(__file__).with_name("optimizer_trajectories.json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
