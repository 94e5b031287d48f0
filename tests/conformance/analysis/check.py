"""Lets Gantry analyse real series and reads what it stored; prints `N passed, N failed, N skipped`."""

import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import traceback
import urllib.request
import uuid
import zipfile

import highdicom
import numpy
from series import all_series

URL = os.environ.get("GANTRY_URL", "http://127.0.0.1:8000").rstrip("/")
TOKEN = os.environ["GANTRY_TOKEN"]
OUT = pathlib.Path("overlays")

UPLOAD = "mutation($files: [Upload!]!) { studyUpload(input: { files: $files }) { studies { id } userErrors { message } } }"
ANALYZE = "mutation($id: ID!) { studyAnalyze(input: { id: $id }) { job { id } userErrors { message } } }"
JOB = "query($id: ID!) { job(id: $id) { state error progress } }"
STUDY = """query($id: ID!) { study(id: $id) {
    series { nodes { modality instances(first: 100) { nodes { sopInstanceUid fileUrl } } } }
    analyses { nodes { error structures { name volumeMl mean } findings { kind description location confidence }
      measurements { name value unit } warnings overlayUrl segmentationUid structuredReportUid } } } }"""


def request(path, data=None, kind=None, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if kind:
        headers["Content-Type"] = kind
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=300) as answer:
        return answer.read()


def graphql(query, **variables):
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = json.loads(request("/graphql", body, "application/json"))
    assert "errors" not in answer, answer
    return answer["data"]


def upload(files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for number, file in enumerate(files):
            out.writestr(f"{number:04}.dcm", file)
    boundary = uuid.uuid4().hex
    operations = json.dumps({"query": UPLOAD, "variables": {"files": [None]}}).encode()
    body = io.BytesIO()
    parts = [("operations", "", operations), ("map", "", b'{"0": ["variables.files.0"]}'), ("0", '; filename="s.zip"', archive.getvalue())]
    for name, named, value in parts:
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + value + b"\r\n")
    body.write(f"--{boundary}--\r\n".encode())
    answer = json.loads(request("/graphql", body.getvalue(), f"multipart/form-data; boundary={boundary}"))
    return answer["data"]["studyUpload"]["studies"][0]["id"]


def analysed(name, files):
    """The study of a series after its analysis, and the folder of what was stored."""
    study = upload(files)
    job = graphql(ANALYZE, id=study)["studyAnalyze"]["job"]["id"]
    until = time.monotonic() + 300
    while (found := graphql(JOB, id=job)["job"])["state"] != "SUCCEEDED":
        assert found["state"] in ("PENDING", "RUNNING") and time.monotonic() < until, found
        time.sleep(0.5)
    found = graphql(STUDY, id=study)["study"]
    analysis = found["analyses"]["nodes"][0]
    assert analysis["error"] is None, analysis
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "overlay.png").write_bytes(request(analysis["overlayUrl"], token=None))
    (folder / "analysis.json").write_text(json.dumps(analysis, indent=1))
    stored = {one["sopInstanceUid"]: one for series in found["series"]["nodes"] for one in series["instances"]["nodes"]}
    for what in ("segmentation", "structuredReport"):
        (folder / f"{what}.dcm").write_bytes(request(stored[analysis[f"{what}Uid"]]["fileUrl"], token=None))
    return analysis, folder


def plausible(name, analysis):
    """What is known of these heads."""
    volumes = {structure["name"]: structure["volumeMl"] for structure in analysis["structures"]}
    print(name, {key: round(value) for key, value in volumes.items()}, [finding["description"] for finding in analysis["findings"]])
    if name == "ct-head":
        assert 300 < volumes["bone"] < 1500, volumes
        # This skull has an opening above a frontal sinus: bone encloses only what lies below it, which is to be told.
        assert 300 < volumes["intracranial tissue"] < 600, volumes
        assert any("opening of the skull" in told for told in analysis["warnings"]), analysis["warnings"]
    elif name == "mr-head":
        assert 2500 < volumes["body"] < 6000, volumes
    kinds = {finding["kind"] for finding in analysis["findings"]}
    assert not kinds & {"lung_nodule", "lung_low_density", "intracranial_high_density"}, analysis["findings"]


def segmentation_is_read(analysis, folder):
    """highdicom finds the volumes that Gantry tells."""
    segmentation = highdicom.seg.segread(folder / "segmentation.dcm")
    volume = segmentation.get_volume(combine_segments=True, skip_overlap_checks=False)
    millilitres = numpy.prod(volume.spacing) / 1000
    for number in segmentation.segment_numbers:
        told = segmentation.get_segment_description(number)
        expected = next(one["volumeMl"] for one in analysis["structures"] if one["name"] == told.segment_label)
        found = float((volume.array == number).sum() * millilitres)
        assert abs(found - expected) < max(0.05 * expected, 2.0), (told.segment_label, found, expected)


def report_is_read(analysis, folder):
    """highdicom finds a group for each volume, with its value."""
    report = highdicom.sr.srread(folder / "structuredReport.dcm")
    groups = report.content.get_volumetric_roi_measurement_groups()
    name = highdicom.sr.CodedConcept("118565006", "SCT", "Volume")
    found = {group.tracking_identifier: group.get_measurements(name=name)[0].value for group in groups}
    for structure in analysis["structures"]:
        assert abs(float(found[structure["name"]]) - structure["volumeMl"]) < 0.1, (structure, found)


def no_errors(path):
    run = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    errors = [line for line in run.stderr.splitlines() if line.startswith("Error")]
    assert not errors, errors


def checked(what, check):
    try:
        check()
        print(f"ok {what}")
        return True
    except Exception:  # whatever a reader raises is a failure
        traceback.print_exc()
        print(f"FAILED {what}")
        return False


def main():
    series, skipped = all_series("packages")
    results = []
    for name, files in series:
        analysis, folder = analysed(name, files)
        results.append(checked(f"{name}: plausible", lambda: plausible(name, analysis)))
        results.append(checked(f"{name}: segmentation", lambda: segmentation_is_read(analysis, folder)))
        results.append(checked(f"{name}: report", lambda: report_is_read(analysis, folder)))
        for what in ("segmentation", "structuredReport"):
            if shutil.which("dciodvfy"):
                results.append(checked(f"{name}: dciodvfy {what}", lambda: no_errors(folder / f"{what}.dcm")))
            else:
                skipped += 1
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, {skipped} skipped")
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
