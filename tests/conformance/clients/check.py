"""Runs the example clients as they stand against a running Gantry server, breaks their sockets, and looks at what they print."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

from proxy import Proxy

URL = os.environ.get("GANTRY_URL", "http://127.0.0.1:8000").rstrip("/")
SOURCE = pathlib.Path(os.environ.get("GANTRY_SOURCE", "../../.."))
EXAMPLES = SOURCE / "docs/examples"
TYPESCRIPT = pathlib.Path("typescript")

# Cursor, kind, kind of job, state of job.
EVENT = re.compile(r"^(\S+) ([A-Z]+_?[A-Z]*) ([A-Z]+_[A-Z]+) ([A-Z]+)$")
EVENTS = "subscription($study: ID!, $after: Cursor) { jobUpdated(study: $study, after: $after) { cursor kind job { kind } } }"

PAUSE = 'mutation { queuePause(input: { name: "render" }) { userErrors { message } } }'
RESUME = 'mutation { queueResume(input: { name: "render" }) { userErrors { message } } }'
COPY = """mutation($study: ID!) { studyTranscode(input: { id: $study, transferSyntax: JPEG_LS_LOSSLESS }) { userErrors { message } } }"""


def request(path, data=None, headers=None):
    return urllib.request.urlopen(urllib.request.Request(URL + path, data, headers or {}), timeout=60)


def post(token, query, kind="application/json", **variables):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": kind}
    return request("/graphql", json.dumps({"query": query, "variables": variables}).encode(), headers)


def graphql(token, query, **variables):
    answer = json.loads(post(token, query, **variables).read())
    assert "errors" not in answer, answer
    return answer["data"]


def events(token, study, after, last):
    """What happened to the jobs of a study after one cursor and up to another, by server-sent events."""
    found = []
    with post(token, EVENTS, "text/event-stream", study=study, after=after) as stream:
        for line in stream:
            if line.startswith(b"data:") and line[5:].strip():
                event = json.loads(line[5:])["data"]["jobUpdated"]
                found.append((event["cursor"], event["kind"], event["job"]["kind"]))
                if event["cursor"] == last:
                    return found
    raise AssertionError(f"{last} is not among the events")


def walk(admin, command, folder):
    """Runs an example through a proxy that cuts its socket after the first live event.

    No picture is drawn before that, and the first live event is a copy that is asked for meanwhile: so there is always more to
    come, which the example only hears of when it goes on from its cursor.
    """
    address = urllib.parse.urlsplit(URL)
    proxy = Proxy(address.hostname, address.port)
    graphql(admin, PAUSE)
    environment = {**os.environ, "GANTRY_URL": proxy.url, "PYTHONUNBUFFERED": "1"}
    example = subprocess.Popen(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed, asked, cut = [], False, 0
    for line in example.stdout:
        printed.append(line.rstrip())
        event = EVENT.match(line.rstrip())
        if event and event.group(2) != "SNAPSHOT" and not cut:
            cut = proxy.cut()
            graphql(admin, RESUME)
        elif event and event.group(3) == "RENDER_STUDY" and not asked:
            [study] = re.findall(r"^uploaded ([A-Z0-9]{8})", "\n".join(printed), re.MULTILINE)
            asked = graphql(admin, COPY, study=study)
    assert example.wait(60) == 0 and cut, printed
    return printed


def tells_the_whole_way(admin, printed):
    text = "\n".join(printed)
    assert re.search(r"^signed in as Demo Technician, TECHNICIAN of Demo Centre$", text, re.MULTILINE), text
    [study] = re.findall(r"^uploaded ([A-Z0-9]{8}), 0 of its files were there already$", text, re.MULTILINE)
    assert re.search(rf"^  {study} \S.* UPLOADED$", text, re.MULTILINE), text
    heard = [event.groups() for event in map(EVENT.match, printed) if event]
    live = [(cursor, kind, job) for cursor, kind, job, _ in heard if kind != "SNAPSHOT"]
    assert any(job == "RENDER_STUDY" and kind != "SNAPSHOT" and state == "SUCCEEDED" for _, kind, job, state in heard), heard
    assert live == events(admin, study, heard[0][0], live[-1][0]), "a gap or a duplicate"
    picture = re.search(r"^series 1 \([A-Z]+\), 1 images: http://[^/]+(/media/\S+)$", text, re.MULTILINE)
    assert picture, text
    assert request(picture.group(1)).headers["Content-Type"] == "image/jpeg"


def npm(*arguments):
    command = ["npm", *arguments]
    ran = subprocess.run(command, cwd=TYPESCRIPT, env={**os.environ, "GANTRY_URL": URL}, capture_output=True, text=True)
    assert ran.returncode == 0, f"{' '.join(command)}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}"


def typescript(admin):
    file = SOURCE.resolve() / "tests/data/dicom/CT_small.dcm"
    tells_the_whole_way(admin, walk(admin, ["npm", "--silent", "start", "--", str(file)], TYPESCRIPT))


def a_field_that_is_not_there_does_not_compile():
    operations = TYPESCRIPT / "operations.ts"
    text = operations.read_text()
    operations.write_text(text.replace("patientName", "patientNom"))
    try:
        npm("run", "check")
    except AssertionError as error:
        assert "patientName" in str(error), error
    else:
        raise AssertionError("it compiles")
    finally:
        operations.write_text(text)


def python(admin):
    file = SOURCE.resolve() / "tests/data/dicom/MR_small.dcm"
    tells_the_whole_way(admin, walk(admin, [sys.executable, str(EXAMPLES.resolve() / "python_client.py"), str(file)], "."))


def main():
    admin = os.environ["GANTRY_TOKEN"]
    shutil.copytree(EXAMPLES / "typescript", TYPESCRIPT, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    checks = {
        "TypeScript: installs": lambda: npm("ci", "--no-audit", "--no-fund"),
        "TypeScript: reads the schema from the server": lambda: npm("run", "schema"),
        "TypeScript: type-checks": lambda: npm("run", "check"),
        "TypeScript: a field that is not there does not compile": a_field_that_is_not_there_does_not_compile,
        "TypeScript: runs, and goes on after its socket broke": lambda: typescript(admin),
        "Python: runs, and goes on after its socket broke": lambda: python(admin),
    }
    failed = 0
    for name, check in checks.items():
        try:
            check()
        except Exception as error:
            failed += 1
            print(f"FAILED clients: {name}: {error}")
    print(f"clients: {len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
