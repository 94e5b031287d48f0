"""Runs Schemathesis against the REST API, as the demo administrator, as the demo technician and with a wrong token."""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import uuid

URL = os.environ.get("GANTRY_URL", "http://127.0.0.1:8000").rstrip("/")
SOURCE = pathlib.Path(os.environ.get("GANTRY_SOURCE", "../../.."))
TOKEN = os.environ["GANTRY_TOKEN"]
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS", "60")
CHECKS = "never_breaks,status_code_conformance,content_type_conformance,response_schema_conformance,tells_no_internals"


def ask(path, token=None, body=None, kind=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if kind:
        headers["Content-Type"] = kind
    with urllib.request.urlopen(urllib.request.Request(URL + path, body, headers), timeout=60) as answer:
        return json.loads(answer.read())


def sign_in(username, password):
    form = urllib.parse.urlencode({"username": username, "password": password}).encode()
    return ask("/auth/token", body=form, kind="application/x-www-form-urlencoded")["access_token"]


def upload(token):
    boundary = uuid.uuid4().hex
    fields = {"patient_name": "A Phantom", "modality": "ct"}
    body = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items())
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="dicom_files"; filename="one.dcm"\r\n\r\n'
    file = (SOURCE / "tests/data/dicom/CT_small.dcm").read_bytes()
    body = body.encode() + file + f"\r\n--{boundary}--\r\n".encode()
    ask("/studies/upload", token, body, f"multipart/form-data; boundary={boundary}")


def schemathesis(environment, token):
    command = ["venv/bin/st", "run", f"{URL}/openapi.json", "--no-color", "--checks", CHECKS, "--mode", "all"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "60", "--max-time", SECONDS]
    command += ["--continue-on-failure", "--request-timeout", "20", "--suppress-health-check", "all"]
    command += ["--header", f"Authorization: Bearer {token}"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=int(SECONDS) + 300)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    tested = re.search(r"^\s*Tested: (\d+)", ran.stdout, re.MULTILINE)
    cases = re.search(r"^\s*(\d+) generated", ran.stdout, re.MULTILINE)
    return int(tested.group(1)), int(cases.group(1))


def main():
    technician = sign_in("tech1", "tech")
    callers = {"the administrator": TOKEN, "the technician": technician, "nobody": "no.token.ofours"}
    users = [str(ask("/auth/me", token)["id"]) for token in (TOKEN, technician)]
    centre = str(ask("/auth/me", technician)["centre_id"])
    upload(technician)
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "hooks.py",
        "GANTRY_KEPT": json.dumps({"/users/": users, "/centres/": [centre]}),
    }

    def run(token):
        tested, cases = schemathesis(environment, token)
        print(f"rest-schemathesis: {tested} operations, {cases} requests")
        assert tested > 20, f"only {tested} operations were tested"

    def no_panic():
        with open(os.environ["GANTRY_LOG"], encoding="utf-8", errors="replace") as log:
            panics = [line for line in log if "panicked" in line]
        assert not panics, panics[:5]

    checks = {f"as {name}": lambda token=token: run(token) for name, token in callers.items()}
    checks["no panic in the server's log"] = no_panic
    checks["the server goes on answering"] = lambda: ask("/auth/me", TOKEN)
    failed = 0
    for name, check in checks.items():
        try:
            check()
        except Exception as error:
            failed += 1
            print(f"FAILED rest-schemathesis: {name}: {error}")
    print(f"rest-schemathesis: {len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
