"""What a file is that is called a notebook and holds none: the cause, in place of a parser's words."""

from __future__ import annotations

import re

from tito.files import typed

HEAD = 2_000  # characters in which a file shows what it is
CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \r]|$)", re.MULTILINE)
PAGE = "a web page that was saved under a notebook's name (HTML)"
DOWNLOAD = "download the notebook itself (GitHub: Download raw file; Jupyter or Colab: File > Download)"
EXPORT = "save the notebook itself in Jupyter or Colab, as .ipynb"
UNPACK = "unpack it and take the .ipynb file that is in it"
KINDS = (
    (r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|meta)\b", PAGE, DOWNLOAD),
    (r"(?:From: <Saved by |MIME-Version: |bplist00)", "a web page that a browser saved as an archive", DOWNLOAD),
    (r"version https://git-lfs\.github\.com/", "a pointer of Git LFS, which stands for the file", "git lfs pull"),
    (r"\S*/annex/objects/", "a pointer of git-annex, which stands for the file", "git annex get {name}"),
    (r"404: Not Found|\s*\{\s*\"message\":\s*\"Not Found\"", "the answer that nothing was found", DOWNLOAD),
    (r"%PDF-", "a PDF", EXPORT),
    (r"PK\x03\x04", "a zip file, or a document of an office program", UNPACK),
    (r"\x1f\x8b|7z\xbc\xaf|Rar!", "a packed file", UNPACK),
    (r"\{\\rtf|\xd0\xcf\x11\xe0", "a document of a word processor", EXPORT),
    (r"\x89PNG|\xff\xd8\xff|GIF8", "a picture", EXPORT),
    (r"(?s:.*?)^(?:# %%|import \w|from [\w.]+ import |def \w+\()", "a Python file", EXPORT),
)


def lookalike(content: bytes, text: str, name: str) -> tuple[str, str] | None:
    """What a file is that is no JSON, and what to do about it; None where it shows nothing.

    >>> lookalike(b"", "<!DOCTYPE html><html>", "tensor.ipynb")[0]
    "it is a web page that was saved under a notebook's name (HTML)"
    """
    conflict = CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        path = typed(name)
        return (
            f"git's marks of a merge conflict stand in it, the first in line {line}",
            f"keep one side of the merge: git checkout --ours -- {path} (or --theirs), then git add -- {path}",
        )
    heads = (content[:HEAD].decode("latin-1"), text[:HEAD])
    for pattern, what, following in KINDS:
        if any(re.match(pattern, head, re.IGNORECASE | re.MULTILINE | re.DOTALL) for head in heads):
            return f"it is {what}", following.format(name=typed(name))
    if text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
        return "its end is missing", "save or download it again; a copy that broke off early leaves such a file"
    return None
