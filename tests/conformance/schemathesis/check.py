"""Runs Schemathesis against GraphQL, as the demo administrator and as nobody, and searches the server's log for panics."""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request
import uuid

URL = os.environ.get("GANTRY_URL", "http://127.0.0.1:8000").rstrip("/")
SOURCE = pathlib.Path(os.environ.get("GANTRY_SOURCE", "../../.."))
TOKEN = os.environ["GANTRY_TOKEN"]
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS", "60")

UPLOAD = "mutation($files: [Upload!]!) { studyUpload(input: { files: $files }) { studies { id } userErrors { message } } }"
# The administrator is left out: a mutation that deactivates the caller would make nobody of him for the rest of the run.
OBJECTS = """{ studies { nodes { id studyId studyInstanceUid series { nodes { id instances { nodes { id } } } } jobs { nodes { id } } } }
    centres { nodes { id } } users(role: TECHNICIAN) { nodes { id } } }"""


def post(body, kind):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    with urllib.request.urlopen(urllib.request.Request(f"{URL}/graphql", body, headers), timeout=60) as answer:
        answer = json.loads(answer.read())
    assert "errors" not in answer, answer
    return answer["data"]


def upload(file):
    boundary = uuid.uuid4().hex
    operations = json.dumps({"query": UPLOAD, "variables": {"files": [None]}})
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in [("operations", operations), ("map", '{"0": ["variables.files.0"]}')]
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="0"; filename="{file.name}"\r\n\r\n'
    body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    post(body, f"multipart/form-data; boundary={boundary}")


def ids(value):
    """Every id of an answer, however deep."""
    if isinstance(value, dict):
        found = [value[name] for name in ("id", "studyId", "studyInstanceUid") if name in value]
        return found + ids(list(value.values()))
    return [one for item in value for one in ids(item)] if isinstance(value, list) else []


def catalogue():
    """The codes that docs/graphql.md tells clients of: an answer with another one is a fault of either."""
    section = (SOURCE / "docs/graphql.md").read_text().split("### Codes of `errors`")[1].split("\n#")[0]
    return re.findall(r"`([A-Z][A-Z_]+)`", section)


def schemathesis(environment, *arguments):
    command = ["venv/bin/st", "run", str(SOURCE / "schema.graphql"), "--url", f"{URL}/graphql", "--no-color"]
    command += ["--phases", "fuzzing", "--checks", "tells_no_internals_and_never_breaks", "--mode", "all"]
    command += ["--max-examples", "100", "--max-time", SECONDS, "--continue-on-failure", "--request-timeout", "20"]
    ran = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=int(SECONDS) + 300)
    tested = re.search(r"^\s*Tested: (\d+)", ran.stdout, re.MULTILINE)
    cases = re.search(r"^\s*(\d+) generated", ran.stdout, re.MULTILINE)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    return int(tested.group(1)), int(cases.group(1))


def main():
    upload(SOURCE / "tests/data/dicom/CT_small.dcm")
    known = ids(post(json.dumps({"query": OBJECTS}).encode(), "application/json"))
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "hooks.py",
        "GANTRY_IDS": json.dumps(known),
        "GANTRY_CODES": json.dumps(catalogue()),
    }

    def run(*arguments):
        tested, cases = schemathesis(environment, *arguments)
        print(f"schemathesis: {tested} fields, {cases} documents")
        assert tested > 20, f"only {tested} fields were tested"

    def no_panic():
        with open(os.environ["GANTRY_LOG"], encoding="utf-8", errors="replace") as log:
            panics = [line for line in log if "panicked" in line]
        assert not panics, panics[:5]

    checks = {
        "as the administrator": lambda: run("--header", f"Authorization: Bearer {TOKEN}"),
        "as nobody": run,
        "no panic in the server's log": no_panic,
        "the server goes on answering": lambda: post(b'{"query": "{ me { id } }"}', "application/json"),
    }
    failed = 0
    for name, check in checks.items():
        try:
            check()
        except Exception as error:
            failed += 1
            print(f"FAILED schemathesis: {name}: {error}")
    print(f"schemathesis: {len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
