"""`make lab`: JupyterLab on a course directory, with nbgrader's formgrader, assignment list and validation."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tito.course import REPOSITORY, Assignment, Course, the_course
from tito.errors import TitoError
from tito.extras import needs_extra
from tito.files import make_folder, write_atomically
from tito.notebooks.exporter import export_reference

HOST = "127.0.0.1"
PORTS = range(8888, 8988)
LOG_NAME = "jupyterlab.log"
EXCHANGE = """

# Added by `make lab`: this course's own exchange, through which Formgrader releases and Assignment List fetches.
from pathlib import Path  # noqa: E402

c.Exchange.root = str(Path(__file__).parent / "exchange")
"""
WHAT_TO_DO = """\
JupyterLab runs on {course_dir}. Open
  {url}
To grade by hand: menu Nbgrader > Formgrader, then Manual Grading > an assignment > its notebook > a submission.
To generate, release, collect and autograde: menu Nbgrader > Formgrader, then Manage Assignments.
To read the notebooks with their solutions: source/ in the file browser; they run against the reference's tinytorch/.
Stop with Ctrl-C. What the server says goes to {log}.
"""


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: where it answers, and its process."""

    port: int
    token: str
    process: subprocess.Popen

    def url(self, path: str = "lab") -> str:
        """The address of a page, with the token that lets a browser in."""
        return f"http://{HOST}:{self.port}/{path}?token={self.token}"


def set_up(course_dir: Path, say: Callable[[str], None]) -> None:
    """Make ``course_dir`` a course directory, or complete the one that it is; nothing in it is overwritten.

    It gets nbgrader's configuration, an exchange, every source and release notebook, the gradebook's assignments, and
    the reference's ``tinytorch/``. Raises TitoError outside the course repository.
    """
    if not (REPOSITORY / "modules" / "source").is_dir():
        raise TitoError("The authored notebooks are not here.", "run make lab in the course repository")
    with needs_extra("instructor"):
        from tito.grading.classroom import CONFIG_NAME, Classroom
    course = the_course()
    make_folder(course_dir / "exchange")
    config = course_dir / CONFIG_NAME
    if not config.exists():
        write_atomically(config, (REPOSITORY / CONFIG_NAME).read_text(encoding="utf-8") + EXCHANGE)
    classroom = Classroom(course_dir)
    for assignment in course.assignments:
        name = f"{assignment.id}/{assignment.notebook}.ipynb"
        source, release = (course_dir / tree / name for tree in ("source", "release"))
        is_new = not source.exists()
        if not _add_source(source, assignment, course):
            say(f"{source} is kept, but {assignment.source} builds another: delete it to have the new one.")
        if is_new or not release.exists():
            say(f"generate {assignment.id}")
            classroom.generate(assignment)
    export_reference(REPOSITORY, course_dir, [module.number for module in course.modules])


def _add_source(source: Path, assignment: Assignment, course: Course) -> bool:
    """Build an assignment's source notebook as ``source``; False when another one is already there."""
    from tito.build.trees import build_source
    from tito.execution.folders import own_prefix

    with tempfile.TemporaryDirectory(prefix=own_prefix("lab-")) as folder:
        content = build_source(REPOSITORY, assignment, course, Path(folder)).read_bytes()
    if source.exists():
        return source.read_bytes() == content
    write_atomically(source, content)
    return True


@contextlib.contextmanager
def serve(folder: Path, port: int | None = None, start_seconds: float = 60.0) -> Iterator[Server]:
    """Run JupyterLab in ``folder`` while the block runs, with the nbgrader configuration that lies there.

    Raises TitoError when the port is taken or the server does not answer in time.
    """
    with needs_extra("instructor"):
        import jupyterlab  # noqa: F401
    chosen = _free_port(port)
    token = secrets.token_hex(24)
    log = folder / LOG_NAME
    with (
        log.open("w", encoding="utf-8") as stream,
        subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *_options(folder, chosen)],
            cwd=folder,
            env=_environment(token),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait_for(process, chosen, start_seconds, log)
            yield Server(chosen, token, process)
        finally:
            _stop(process)


def _options(folder: Path, port: int) -> list[str]:
    options = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.open_browser=False",
        "--ServerApp.answer_yes=True",
    ]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # in a container, say
    return [*options, "--allow-root"] if is_root else options


def _environment(token: str) -> dict[str, str]:
    """The server's environment: nbgrader calls `alembic` by name, and must not go on with a broken configuration."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {
        **os.environ,
        "PATH": path,
        "JUPYTER_TOKEN": token,
        "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
    }


def _free_port(port: int | None) -> int:
    for candidate in PORTS if port is None else (port,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, candidate))
                return candidate
    taken = f"The ports {PORTS[0]} to {PORTS[-1]} are" if port is None else f"Port {port} is"
    raise TitoError(f"{taken} in use.", "name another: python -m tito.lab --port N")


def _wait_for(process: subprocess.Popen, port: int, seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/api")
            if connection.getresponse().status == http.client.OK:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    happened = "ended at once" if process.poll() is not None else f"did not answer within {seconds:g} s"
    raise TitoError(f"JupyterLab {happened}.", f"read the last lines of {log}")


def _stop(process: subprocess.Popen, seconds: float = 15.0) -> None:
    """Ask the server to end with its kernels; insist when it does not."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()


def main(arguments: list[str] | None = None) -> int:
    """Make the course directory if it is missing, start JupyterLab on it, and say where."""
    parser = argparse.ArgumentParser(prog="python -m tito.lab", description=__doc__)
    parser.add_argument("--port", type=int, help=f"where to listen (default: the first free one from {PORTS[0]})")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--course-dir", type=Path, default=REPOSITORY / "course", help="default: course/ in the checkout"
    )
    options = parser.parse_args(arguments)
    course_dir = options.course_dir.resolve()
    try:
        set_up(course_dir, print)
        with serve(course_dir, options.port) as server:
            log = course_dir / LOG_NAME
            print(WHAT_TO_DO.format(course_dir=course_dir, url=server.url(), log=log), flush=True)
            if not options.no_browser:
                with contextlib.suppress(webbrowser.Error):
                    webbrowser.open(server.url())
            return server.process.wait()
    except TitoError as error:
        print(f"{error.message} Next: {error.hint}.", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
