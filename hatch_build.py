"""Put the tables, the released notebooks, the verifications and the demos into the wheel, as data of ``tito``."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = (
    "modules/modules.yml",
    "milestones/milestones.yml",
    "milestones/*/test_*.py",
    "milestones/*/demo_*.py",
    "release/*/*.ipynb",
)


class CourseData(BuildHookInterface):
    """hatchling calls this before it builds a wheel; an editable install reads the checkout itself."""

    def initialize(self, version: str, build_data: dict) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        for pattern in DATA:
            for path in sorted(root.glob(pattern)):
                build_data["force_include"][str(path)] = f"tito/data/{path.relative_to(root).as_posix()}"
