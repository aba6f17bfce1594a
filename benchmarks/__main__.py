"""`make bench`, `python -m benchmarks [NAME...] [--json FILE]`: measure and print; no figure here passes or fails."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import fields
from pathlib import Path

from rich.console import Console

from benchmarks.timing import Sizes, as_record, machine, render

TORCH = "an interpreter that can import torch, for the comparison with PyTorch (default: this one)"
TOPICS = ("build", "grading", "batch", "cli", "training")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(TOPICS)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to this file, too")
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is measured (default: 5)")
    parser.add_argument("--submissions", type=int, default=3, help="submissions of one grading run (default: 3)")
    parser.add_argument(
        "--class-size", type=int, default=40, help="submissions of a class graded at once (default: 40)"
    )
    parser.add_argument("--big-class", type=int, default=200, help="submissions of the class that is watched; 0: none")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="draw what can be drawn into this folder")
    parser.add_argument("--torch-python", default=sys.executable, metavar="PYTHON", help=TORCH)
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(TOPICS))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(TOPICS)}")
    if min(options.rounds, options.submissions, options.class_size) < 1:
        parser.error("--rounds, --submissions and --class-size must be at least 1")
    console = Console()
    sections = []
    sizes = Sizes(**{each.name: getattr(options, each.name) for each in fields(Sizes)})
    console.print(f"Measured on {machine()}.")
    for name in options.names or TOPICS:
        topic = importlib.import_module(f"benchmarks.{name}")
        for section in topic.measure(sizes):
            render(section, console)
            sections.append(as_record(section))
    if options.json:
        record = {"machine": machine(), "arguments": arguments or sys.argv[1:], "sections": sections}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        console.print(f"Every sample is in {options.json}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
