"""Reads the document: its code blocks, and its endpoints with their documented bodies."""

import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ.get("GANTRY_SOURCE", "../../..")).resolve()
DOCUMENT = SOURCE.parent / "shared/contract/sources/s2-pacs-api.md"
BASE = "http://localhost:8000"
URL = os.environ.get("GANTRY_URL", BASE).rstrip("/")
FILES = [SOURCE / "tests/data/dicom" / name for name in ("CT_small.dcm", "MR_small.dcm", "JPEG-LL.dcm")]


def text(suite):
    """The document, or the end of the program with a message."""
    if not DOCUMENT.is_file():
        print(f"{suite}: the document is not beside the project; 1 skipped")
        sys.exit(0)
    return DOCUMENT.read_text()


def blocks(part, language):
    return re.findall(rf"^```{language}\n(.*?)^```", part, re.MULTILINE | re.DOTALL)


def report(suite, passed, failures):
    """Results as `cargo xtask conformance` reads them."""
    for failure in failures:
        print(f"FAILED {suite}: {failure}")
    print(f"{suite}: {passed} passed, {len(failures)} failed")
    sys.exit(1 if failures or not passed else 0)
