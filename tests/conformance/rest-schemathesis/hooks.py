"""What Schemathesis must know of Gantry's REST API: ids that exist, callers that must live on, and what an answer may never be."""

import json
import os
import re

import schemathesis

# Users and centres that the callers are and belong to: changing these would make nobody of them for the rest of the run.
KEPT = {name: set(ids) for name, ids in json.loads(os.environ["GANTRY_KEPT"]).items()}
# Words of the inside: source files, statements, the libraries below, folders, Rust's way of printing values.
INSIDE = re.compile(
    r"panick|\.rs\b|\bsqlx\b|sea.orm|\bsqlite|postgres|\bSELECT\b|\bINSERT\b|\bUNIQUE constraint|/tmp/|/home/|"
    r"\bSome\(|\bErr\(|Error \{|RUST_BACKTRACE",
)


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    """Half of the numbers name one of the first things of a kind, which exist, so that handlers go on to what is behind them."""
    for name, value in (path_parameters or {}).items():
        if isinstance(value, int) and not isinstance(value, bool) and value % 2 == 0:
            path_parameters[name] = 1 + abs(value) % 6
    return path_parameters


@schemathesis.hook
def filter_case(ctx, case):
    if case.method.upper() == "GET":
        return True
    values = {str(value) for value in (case.path_parameters or {}).values()}
    return not any(name in case.path and values & kept for name, kept in KEPT.items())


@schemathesis.check
def never_breaks(ctx, response, case):
    """Analysis that is switched off is told by a documented 503 (contract S2-66)."""
    off = response.status_code == 503 and "AI functionality not available" in response.text
    assert response.status_code < 500 or off, f"status {response.status_code}"


@schemathesis.check
def tells_no_internals(ctx, response, case):
    found = INSIDE.search(response.text or "") if "json" in str(response.headers.get("content-type")) else None
    assert not found, f"the answer tells of the inside ({found.group()})"
