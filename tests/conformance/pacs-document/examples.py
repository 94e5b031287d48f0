"""Runs the examples of the document (contract S2-91), changed in nothing but the base URL, file names and `{token}`."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

from page import BASE, FILES, URL, blocks, report, text


def run(name, command, code):
    """The example's output; it must succeed."""
    pathlib.Path(name).write_text(code.replace(BASE, URL))
    ran = subprocess.run([*command, name], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, f"{name}: {ran.stdout[-500:]} {ran.stderr[-2_000:]}"
    return ran.stdout


def answers(output):
    """Every JSON value that a shell example printed."""
    decoder, values, rest = json.JSONDecoder(), [], output.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        values.append(value)
        rest = rest[end:].strip()
    assert values, "nothing was printed"
    for value in values:
        assert not (isinstance(value, dict) and "detail" in value), value
    return values


def python(code):
    assert re.search(r"^Study ID: [A-Z0-9]{8}$", run("example.py", [sys.executable], code), re.MULTILINE)


def javascript(code):
    found = re.search(r"^Found (\d+) studies$", run("example.mjs", ["node"], code), re.MULTILINE)
    assert int(found.group(1)) > 0


def shell(code):
    token = json.loads(subprocess.check_output(
        ["curl", "-sf", f"{URL}/auth/token", "-d", "username=admin&password=admin"]))["access_token"]
    code = code.replace("{token}", token)
    for number, file in enumerate(FILES, 1):
        code = code.replace(f"/path/to/file{number}.dcm", str(file))
    return answers(run("example.sh", ["bash", "-eo", "pipefail"], code))


def main():
    document = text("examples")
    shutil.copy(FILES[0], "scan.dcm")
    passed, failures = 0, []
    # The longer examples name a study that the first ones upload.
    order = [("python", python), ("javascript", javascript), ("bash", shell)]
    for language, check in order:
        codes = blocks(document, language)
        if not codes:
            failures.append(f"the document has no example in {language}")
        for number, code in enumerate(codes, 1):
            try:
                check(code)
                passed += 1
            except Exception as error:
                failures.append(f"{language} example {number}: {error}")
    report("examples", passed, failures)


main()
