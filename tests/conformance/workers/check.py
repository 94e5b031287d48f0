"""Lets the example worker do real jobs of a running Gantry server, and looks at what it made."""

import io
import json
import os
import pathlib
import subprocess
import sys
import urllib.request
import uuid

import numpy
from PIL import Image

URL = os.environ.get("GANTRY_URL", "http://127.0.0.1:8000").rstrip("/")
SOURCE = pathlib.Path(os.environ.get("GANTRY_SOURCE", "../../.."))
FILES = ["CT_small.dcm", "MR_small.dcm", "SC_rgb_rle_16bit.dcm", "OT-PAL-8-face.dcm"]

UPLOAD = "mutation($files: [Upload!]!) { studyUpload(input: { files: $files }) { studies { id } userErrors { message } } }"
TOKEN = """mutation($name: String!) { workerTokenCreate(input: { name: $name, kinds: [RENDER_STUDY] }) {
    token workerToken { id } userErrors { message } } }"""
REVOKE = "mutation($id: ID!) { workerTokenRevoke(input: { id: $id }) { workerToken { revokedAt } } }"
STUDY = """query($id: ID!) { study(id: $id) { jobs { nodes { kind state attempt error } } series { nodes {
    thumbnail: rendition(kind: THUMBNAIL) { url width height error }
    preview: rendition(kind: PREVIEW, format: PNG) { url width height error }
    instances { nodes { frameUrl(format: PNG) } } } } } }"""


def request(path, token=None, data=None, kind=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if kind:
        headers["Content-Type"] = kind
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=60) as answer:
        return answer.read()


def graphql(token, query, **variables):
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = json.loads(request("/graphql", token, body, "application/json"))
    assert "errors" not in answer, answer
    return answer["data"]


def multipart(parts):
    boundary = uuid.uuid4().hex
    body = io.BytesIO()
    for name, file_name, value in parts:
        named = f'; filename="{file_name}"' if file_name else ""
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode())
        body.write(value + b"\r\n")
    body.write(f"--{boundary}--\r\n".encode())
    return body.getvalue(), f"multipart/form-data; boundary={boundary}"


def upload(token, file):
    operations = json.dumps({"query": UPLOAD, "variables": {"files": [None]}}).encode()
    body, kind = multipart([
        ("operations", None, operations),
        ("map", None, b'{"0": ["variables.files.0"]}'),
        ("0", file.name, file.read_bytes()),
    ])
    answer = json.loads(request("/graphql", token, body, kind))
    return answer["data"]["studyUpload"]["studies"][0]["id"]


def example(token, *arguments):
    command = [sys.executable, str(SOURCE / "docs/examples/external_worker.py"), *arguments]
    environment = {**os.environ, "GANTRY_URL": URL, "GANTRY_WORKER_TOKEN": token}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def picture(url):
    return Image.open(io.BytesIO(request(url)))


def looks_like_gantrys(technician, study):
    found = graphql(technician, STUDY, id=study)["study"]
    [job] = [job for job in found["jobs"]["nodes"] if job["kind"] == "RENDER_STUDY"]
    assert (job["state"], job["attempt"]) == ("SUCCEEDED", 1), job
    for series in found["series"]["nodes"]:
        for rendition in (series["thumbnail"], series["preview"]):
            assert rendition["error"] is None, rendition
            assert picture(rendition["url"]).size == (rendition["width"], rendition["height"])
        ours = picture(series["preview"]["url"]).convert("RGB")
        theirs = picture(series["instances"]["nodes"][0]["frameUrl"]).convert("RGB")
        assert ours.size == theirs.size, (ours.size, theirs.size)
        difference = numpy.abs(numpy.asarray(ours, dtype=float) - numpy.asarray(theirs, dtype=float)).mean()
        assert difference < 2, f"differs by {difference:.2f} on average"


def main():
    admin = os.environ["GANTRY_TOKEN"]
    technician = json.loads(request("/auth/token", data=b"username=tech1&password=tech"))["access_token"]
    made = graphql(admin, TOKEN, name=f"conformance-{uuid.uuid4().hex[:8]}")["workerTokenCreate"]
    token, token_id = made["token"], made["workerToken"]["id"]
    studies = {name: upload(technician, SOURCE / "tests/data/dicom" / name) for name in FILES}
    ran = example(token, "--once", "--wait", "1")

    def the_example_runs():
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.count("SUCCEEDED") == len(FILES), ran.stdout

    def help_names_the_environment():
        told = example(token, "--help").stdout
        assert "GANTRY_WORKER_TOKEN" in told and "--once" in told, told

    def a_revoked_token_is_told():
        graphql(admin, REVOKE, id=token_id)
        refused = example(token, "--once")
        assert refused.returncode != 0 and "UNAUTHENTICATED" in refused.stderr, refused

    checks = {"the example does all jobs": the_example_runs}
    for name, study in studies.items():
        checks[f"the pictures of {name}"] = lambda study=study: looks_like_gantrys(technician, study)
    checks["the help"] = help_names_the_environment
    checks["a revoked token"] = a_revoked_token_is_told
    failed = 0
    for name, check in checks.items():
        try:
            check()
        except Exception as error:
            failed += 1
            print(f"FAILED workers: {name}: {error}")
    print(f"workers: {len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
