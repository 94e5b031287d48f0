"""What Schemathesis must know of Gantry: values of its scalars, and what an answer may never be."""

import json
import os
import re

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

CODES = set(json.loads(os.environ["GANTRY_CODES"]))
IDS = json.loads(os.environ["GANTRY_IDS"])
# Words of the inside: source files, statements, the libraries below, folders, Rust's way of printing values.
INSIDE = re.compile(
    r"panick|\.rs\b|\bsqlx\b|sea.orm|\bsqlite|postgres|\bSELECT\b|\bINSERT\b|\bUNIQUE constraint|/tmp/|/home/|/data/|"
    r"\bSome\(|\bNone\b|\bErr\(|Error \{|RUST_BACKTRACE",
    re.IGNORECASE,
)

text = st.text(max_size=40)
# Half of the ids exist, so that resolvers go on to what is behind them.
ids = st.one_of(st.sampled_from(IDS), st.sampled_from(IDS), text, st.integers(0, 99).map(str))
schemathesis.graphql.scalar("ID", ids.map(nodes.String))
schemathesis.graphql.scalar("Cursor", st.one_of(st.sampled_from(["MA", "MDozMg", ""]), text).map(nodes.String))
schemathesis.graphql.scalar("Upload", text.map(nodes.String))
schemathesis.graphql.scalar("DicomUid", st.one_of(st.from_regex(r"\A[0-9.]{1,70}\Z"), text).map(nodes.String))
schemathesis.graphql.scalar("Decimal", st.one_of(st.decimals().map(str), text).map(nodes.String))


@schemathesis.check
def tells_no_internals_and_never_breaks(ctx, response, case):
    assert response.status_code < 500, f"status {response.status_code}"
    answer = json.loads(response.content)
    errors = answer.get("errors", [])
    assert errors or answer.get("data") is not None, "neither data nor errors"
    for error in errors:
        code = error.get("extensions", {}).get("code")
        assert code in CODES, f"code {code} is not in the catalogue: {error}"
        assert code not in ("INTERNAL", "UNAVAILABLE"), f"a fault of the server: {error}"
        found = INSIDE.search(error["message"])
        assert not found, f"the message tells of the inside ({found.group()}): {error['message']}"
