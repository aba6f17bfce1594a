"""What a student could write or put out to run a script in a TA's browser: one cell each, as data.

``RUN`` stands for a script that leaves its payload's name in ``window.ran``; ``CALL`` fetches an address of that name.
"""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

HOST = "payload.invalid"
REFRESH = "<meta http-equiv=refresh"
MARKDOWN = {
    "script": "<script>RUN</script>",
    "script in a block": "text\n\n<div>\n<script>\nRUN\n</script>\n</div>",
    "image error": "<img src=x onerror=\"RUN\">",
    "slashes for spaces": "<img/src=x/onerror=\"RUN\">",
    "upper case": "<IMG SRC=x ONERROR=\"RUN\">",
    "svg load": "<svg onload=\"RUN\"></svg>",
    "svg animation": "<svg><animate onbegin=\"RUN\" attributeName=x dur=1s></svg>",
    "details toggle": "<details open ontoggle=\"RUN\">x</details>",
    "autofocus": "<input autofocus onfocus=\"RUN\">",
    "video source": "<video><source onerror=\"RUN\"></video>",
    "iframe of a script": "<iframe src=\"javascript:parent.RUN\"></iframe>",
    "iframe srcdoc": "<iframe srcdoc=\"<script>parent.RUN</script>\"></iframe>",
    "object of a script": "<object data=\"javascript:parent.RUN\"></object>",
    "style animation": "<style>@keyframes k{}</style><b style=\"animation:k 1s\" onanimationstart=\"RUN\">x</b>",
    "broken style": "<svg><p><style><!--</style><img src=x onerror=\"RUN\">-->",
    "math glyphs": "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=RUN&gt;\">",
    "noscript title": "<noscript><p title=\"</noscript><img src=x onerror='RUN'>\"></noscript>",
    "linked script": "[please click](javascript:RUN)",
    "linked script, entities": "<a href=\"&#106;ava&#10;script:RUN\">please click</a>",
    "linked data": "[please click](data:text/html;base64,PHNjcmlwdD48L3NjcmlwdD4=)",
    "image title": "![x](x.png \"&quot; onerror=&quot;RUN\")",
    "fence language": "```\"><img/src=x/onerror=\"RUN\">\nx\n```",
    "mermaid": "```mermaid\n<img src=x onerror=\"RUN\">\n```",
    "style import": "<style>@import url('CALL');</style>",
    "style attribute": "<div style=\"background:url(CALL)\">x</div>",
    "remote picture": "![x](CALL)",
    "remote stylesheet": "<link rel=stylesheet href=\"CALL\">",
    "form": "<form action=\"CALL\"><button autofocus>Full credit</button></form><img src=x onerror=\"RUN\">",
    "base": "<base href=\"CALL\"><img src=\"x.png\">",
    "refresh": f"{REFRESH} content=\"0;url=CALL\">",
    "mathjax configuration": "<script type=\"text/x-mathjax-config\">RUN</script><script>RUN</script>",
    "latex link": "$\\href{javascript:RUN}{x}$ <img src=x onerror=\"RUN\">",
}  # fmt: skip
BUNDLES = {
    "html output": {"text/html": "<script>RUN</script>"},
    "html output, handler": {"text/html": "<table onmouseover=\"RUN\"><tr><td>x</td></tr></table>"},
    "javascript output": {"application/javascript": "RUN"},
    "svg output": {"image/svg+xml": "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"RUN\"></svg>"},
    "picture that ends early": {"image/png": "\"><img src=x onerror=\"RUN\">"},
    "markdown output": {"text/markdown": "<img src=x onerror=\"RUN\">"},
    "latex output": {"text/latex": "</div><script>RUN</script>"},
    "mermaid output": {"text/vnd.mermaid": "</pre><img src=x onerror=\"RUN\">"},
    "widget output": {"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>RUN</script>"}},
    "vendor output": {"application/vnd.evil+json": {"x": 1}, "text/html": "<img src=x onerror=\"RUN\">"},
}  # fmt: skip
CODE = {
    "size of a picture": (
        "from IPython.display import display\n"
        "display({'image/png': 'iVBORw0KGgo='}, raw=True, metadata={'image/png': {'width': '1 onerror=\"RUN\"'}})"
    ),
    "isolated html": (
        "from IPython.display import display\n"
        "display({'text/html': '<script>parent.RUN</script>'}, raw=True, metadata={'text/html': {'isolated': True}})"
    ),
    "printed": "print('<img src=x onerror=\"RUN\"></pre><script>RUN</script>')",
    "printed colours": "print('\\x1b[31m<img src=x onerror=\"RUN\">\\x1b[0m')",
    "error text": "raise type('<img src=x onerror=\"RUN\">', (ValueError,), {})('</pre><script>RUN</script>')",
    "source": "'''</pre></div><script>RUN</script>'''",
}


def names() -> list[str]:
    return [*MARKDOWN, *BUNDLES, *CODE, "raw", "attachment", "heading that takes a field's place"]


def cells() -> list[NotebookNode]:
    """One cell for each payload."""
    made = [new_markdown_cell(_filled(text, name)) for name, text in MARKDOWN.items()]
    for name, bundle in BUNDLES.items():
        data = json.loads(_filled(json.dumps(bundle), name))
        made.append(new_code_cell(f"from IPython.display import display\ndisplay({data!r}, raw=True)"))
    made += [new_code_cell(_filled(text, name)) for name, text in CODE.items()]
    made.append(new_raw_cell(_filled("<script>RUN</script>", "raw"), metadata={"raw_mimetype": "text/html"}))
    picture = {"a.png": {"image/png": _filled('"><img src=x onerror="RUN">', "attachment")}}
    made.append(new_markdown_cell("![x](attachment:a.png)\n\n![y](attachment:gone.png)", attachments=picture))
    made.append(new_markdown_cell("# systems-analysis\n\n<input class='score' id='model-forward' value='99'>"))
    return made


def _filled(text: str, name: str) -> str:
    """Names without quotes, and scripts without characters that any of their surroundings would have to escape."""
    short = "".join(letter for letter in name if letter.isalnum())
    return text.replace("RUN", f"ran.push(/{short}/.source)").replace("CALL", f"http://{HOST}/{short}")
