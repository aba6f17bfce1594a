"""What a student wrote or put out, as HTML that can run nothing, fetch nothing and pose as no part of the page."""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from html import escape

import bleach
from bleach.css_sanitizer import CSSSanitizer
from bs4 import BeautifulSoup, NavigableString, Tag
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

TRUSTED = "trusted_cells"  # in resources: ids of cells that a step of ours has put into the page
TAGS = frozenset((
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn",
    "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd",
    "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
))  # fmt: skip
DROPPED = (  # with all that is in them
    "script", "style", "template", "noscript", "iframe", "frame", "frameset", "object", "embed", "applet", "svg",
    "math", "audio", "video", "canvas", "textarea", "select", "button", "title", "head", "base", "link", "meta", "form",
    "xml",
)  # fmt: skip
STYLES = frozenset((
    "background-color", "border", "border-bottom", "border-collapse", "border-left", "border-right", "border-top",
    "color", "font-style", "font-weight", "text-align", "text-decoration", "vertical-align", "white-space",
))  # fmt: skip
CLASSES = re.compile(r"dataframe|highlight|[a-z][a-z0-9]?|tex2jax_ignore")  # pandas' tables and Pygments' colours
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
LINK = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\]+", re.IGNORECASE)
SIZE = re.compile(r"\d{1,4}(?:\.\d+)?(?:px|%)?")
GRADE_ID = re.compile(r"[\w.-]+")
# Commands of TeX with which MathJax makes links, loads extensions, sets classes, ids and styles, or renames a command.
TEX = re.compile(
    r"\\(?=(?:href|url|require|cssId|class|style|data|unicode|bbox|toggle|mathtip|texttip|action|Extension|html[A-Z]\w*"
    r"|(?:g|x|e)?def|let|futurelet|(?:re)?newcommand|(?:re)?newenvironment|DeclareMathOperator|Declare\w+|includegraphics"
    r"|begingroup|csname|catcode)(?![A-Za-z]))"
)
SAFE_PLAIN = ("text/plain", "text/latex", "text/markdown", "text/html")
PICTURES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}
SVG = "image/svg+xml"


class SafePages(NbGraderPreprocessor):
    """The first step of each page of formgrader and feedback: only what cannot run stays in the notebook shown.

    Works on the copy that becomes the page; what a student handed in stays as it is. Markdown is made safe where it is
    rendered (``safe_markdown``), since only there it is HTML.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        nb.metadata = NotebookNode(
            {key: nb.metadata[key] for key in ("tito",) if key in nb.metadata},
            language_info=NotebookNode(name="python", pygments_lexer="ipython3"),
        )
        for cell in nb.cells:
            _make_safe(cell)
        return nb, resources


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """Markdown as safe HTML: the filter ``markdown2html`` of the pages' templates.

    The cells that a step of ours has put into the page (``resources["trusted_cells"]``) are rendered as they are.
    """
    cell = context.get("cell") or {}
    html = rendered(source, cell.get("attachments"))
    trusted = context.get("resources", {}).get(TRUSTED, ())
    return html if cell.get("id") in trusted and source == cell.get("source") else safe_html(html)


def trust(cell: NotebookNode, resources: dict) -> NotebookNode:
    """Have a cell of ours rendered as it is; its id was drawn at random just now, so that no other cell has it."""
    resources[TRUSTED] = [*resources.get(TRUSTED, ()), cell.id]
    return cell


def markdown_to_safe_html(source: str, attachments: dict | None = None) -> str:
    """A student's Markdown as HTML that can run nothing."""
    return safe_html(rendered(source, attachments))


def rendered(source: str, attachments: dict | None = None) -> str:
    """Markdown as nbconvert renders it, raw HTML included; what it cannot render is shown as it was written."""
    try:
        renderer = _Renderer(escape=False, attachments=dict(attachments or {}), exclude_anchor_links=True)
        return MarkdownWithMath(renderer=renderer).render(source)
    except Exception:  # whatever a renderer stumbles over, the page of a submission must open
        return f"<pre>{escape(source)}</pre>"


class _Renderer(IPythonRenderer):
    def image(self, text: str, url: str, title: str | None = None) -> str:
        lost = url.startswith("attachment:") and url.removeprefix("attachment:") not in self.attachments
        return escape(text) if lost else super().image(text, url, title)

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre>{escape(code)}</pre>"


def safe_html(html: str) -> str:
    """HTML with an allowlist of tags, attributes, styles and addresses; what is dangerous goes with all its content."""
    try:
        soup = BeautifulSoup(html, "html.parser")
    except Exception:  # e.g. a bogus declaration, which the parser refuses
        return f"<pre>{escape(html)}</pre>"
    for found in soup.find_all(list(DROPPED)):
        if not found.decomposed:
            found.decompose()
    for string in soup.find_all(string=True):
        if type(string) is not NavigableString:  # comments, declarations, CDATA
            string.extract()
        elif "\\" in string and not string.find_parent(["pre", "code"]):
            string.replace_with(TEX.sub("\u2216", string))
    for tag in soup.find_all(["a", "img"]):
        _settle(tag)
    return bleach.clean(
        str(soup), tags=TAGS, attributes=_is_allowed, protocols=("http", "https", "mailto", "data"), strip=True,
        css_sanitizer=_styles(),
    )  # fmt: skip


def safe_svg(source: str) -> str:
    """A drawing as the address of a picture: browsers run nothing in one, and fetch nothing for it."""
    return f"data:{SVG};base64,{base64.b64encode(source.encode()).decode()}"


def picture(kind: str, data: object) -> str:
    """The base64 text of a real PNG or JPEG; empty for anything else."""
    text = "".join(str(data).split())
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return text if decoded.startswith(PICTURES[kind]) else ""


def safe_data(data: NotebookNode) -> NotebookNode:
    """What an output may show, by kind; of kinds that need a renderer only their text is left."""
    kept: dict[str, str] = {}
    for kind, value in data.items():
        value = "".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value
        if not isinstance(value, str):
            continue
        if kind in PICTURES and picture(kind, value):
            kept[kind] = picture(kind, value)
        elif kind == SVG:
            kept["text/html"] = f'<img alt="" src="{safe_svg(value)}">'
        elif kind == "text/html" and SVG not in data:
            kept[kind] = safe_html(value)
        elif kind == "text/latex":
            kept[kind] = TEX.sub("\u2216", value)
        elif kind in SAFE_PLAIN and kind != "text/html":
            kept[kind] = value
    if not _says_something(kept.get("text/html", "x")):
        del kept["text/html"]
    return NotebookNode(kept or {"text/plain": "(nothing that can be shown here)"})


def _says_something(html: str) -> bool:
    return "<img" in html or bool(BeautifulSoup(html, "html.parser").get_text().strip())


def _make_safe(cell: NotebookNode) -> None:
    meta = cell.metadata.get("nbgrader")
    keeps = isinstance(meta, dict) and GRADE_ID.fullmatch(str(meta.get("grade_id", "")))
    cell.metadata = NotebookNode(nbgrader=meta) if keeps else NotebookNode()
    if cell.cell_type == "raw":
        cell.source = f"<pre>{escape(cell.source)}</pre>"
    elif cell.cell_type == "code":
        if type(cell.get("execution_count")) is not int:
            cell.execution_count = None
        cell.outputs = [_safe_output(output) for output in cell.outputs]


def _safe_output(output: NotebookNode) -> NotebookNode:
    kind = output.output_type
    if kind == "stream":
        output.name = "stderr" if output.name == "stderr" else "stdout"
    elif kind in ("display_data", "execute_result"):
        sizes = {key: output.metadata.get(key) for key in PICTURES if isinstance(output.get("metadata"), dict)}
        output.data = safe_data(output.data)
        output.metadata = NotebookNode({key: _sizes(value) for key, value in sizes.items() if isinstance(value, dict)})
    return output


def _sizes(meta: dict) -> NotebookNode:
    """Width and height of a picture, where they are numbers."""
    return NotebookNode({key: meta[key] for key in ("width", "height") if type(meta.get(key)) in (int, float)})


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return all(CLASSES.fullmatch(each) for each in value.split())
    if name == "style":
        return True  # its properties have an allowlist of their own
    if name in ("colspan", "rowspan", "start", "border"):
        return value.isdigit() and len(value) <= 3
    if tag == "img" and name in ("width", "height"):
        return bool(SIZE.fullmatch(value))
    if tag == "img" and name == "src":
        return bool(PICTURE.fullmatch(value))
    if tag == "a" and name in ("href", "target", "rel"):
        return bool(LINK.fullmatch(value)) if name == "href" else value in ("_blank", "noopener noreferrer")
    return name in ("alt", "title", "align", "open", "scope")


def _settle(tag: Tag) -> None:
    """A link leaves the page it stands on; a picture from elsewhere is named, and not fetched."""
    if tag.name == "a":
        for name in ("target", "rel"):
            del tag[name]
        if LINK.fullmatch(str(tag.get("href", ""))):
            tag["target"], tag["rel"] = "_blank", "noopener noreferrer"
    elif not PICTURE.fullmatch(str(tag.get("src", ""))):
        tag.replace_with(f"[picture: {tag.get('alt') or 'not shown'}]")


@cache
def _styles() -> CSSSanitizer:
    return CSSSanitizer(allowed_css_properties=STYLES, allowed_svg_properties=frozenset())
