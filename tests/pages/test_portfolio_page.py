"""The portfolio in a real browser: it asks for nothing, fits narrow and wide windows, and follows the colors."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tito.course import the_course
from tito.portfolio.publish import publish
from tito.workspace import Workspace, make_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("student") / "work"
    make_workspace(root)
    publish(Workspace(root), the_course(), "Ada " * 18)
    return (root / "portfolio" / "index.html").as_uri()


@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_asks_for_nothing(browser: Browser, address: str, width: int, scheme: str, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    page.screenshot(path=tmp_path / "portfolio.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert complaints == []
    paper, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (_light(paper) > _light(ink)) == (scheme == "light")
    assert abs(_light(paper) - _light(ink)) > 150
    page.close()


def _light(color: str) -> float:
    red, green, blue = (int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))
    return 0.3 * red + 0.6 * green + 0.1 * blue
