#!/usr/bin/env python3
"""A worker for Gantry that runs anywhere: it claims render_study jobs over HTTP, draws the pictures and uploads them.

It is an example to begin with, and good enough to use: it beats while it works, honours cancels, gives its job back when it
is stopped, and tries again what may go well another time. docs/workers.md describes the protocol.

Needs Python 3.9 or newer, pydicom, numpy and Pillow (and pylibjpeg or GDCM for compressed images):

    pip install pydicom numpy Pillow
    gantry worker-token add my-box --kind render_study     # on the server; prints the token
    GANTRY_URL=https://gantry.example.org GANTRY_WORKER_TOKEN=gwt_... python external_worker.py
"""

import argparse
import io
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import numpy
import pydicom
from PIL import Image
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

ATTEMPTS = 5
FORMATS = {"image/jpeg": ("JPEG", {"quality": 85}), "image/png": ("PNG", {})}


class Refused(Exception):
    """The server answered with an error: {"error": {"code", "message"}}."""

    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code = status, code


class Stopped(Exception):
    """The job is not ours any more, or is to be cancelled: nothing of it is worth finishing."""


class Server:
    """Requests to Gantry; what may go well another time is sent again, with growing waits."""

    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/") + "/", token

    def post(self, path, body, timeout=30):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return json.loads(self.send("POST", f"workers/v1/{path}", headers, json.dumps(body).encode(), timeout))

    def get(self, path):
        return self.send("GET", path, {}, None, 300)

    def put(self, path, headers, data):
        return json.loads(self.send("PUT", path, headers, data, 300))

    def send(self, method, path, headers, data, timeout):
        # Signed addresses come as path and query, to be put behind the server's own address.
        address = urllib.parse.urljoin(self.url, path.lstrip("/"))
        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(address, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=timeout) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503) or attempt == ATTEMPTS:
                    raise refusal(error) from None
            except (urllib.error.URLError, OSError):
                if attempt == ATTEMPTS:
                    raise
            time.sleep(min(2**attempt, 30))


def refusal(error):
    try:
        told = json.loads(error.read())["error"]
        return Refused(error.code, told["code"], told["message"])
    except (ValueError, KeyError, TypeError):
        return Refused(error.code, "UNKNOWN", error.reason)


class Held:
    """A job that this worker holds: beats in a thread of its own until it is left."""

    def __init__(self, server, job, lease_seconds):
        self.server, self.job, self.lease_seconds = server, job, lease_seconds
        self.progress = 0.0
        self.cancelled = self.lost = False
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.beat, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join(timeout=5)

    def say(self, what, **more):
        return self.server.post(f"jobs/{self.job['id']}/{what}", {"leaseToken": self.job["leaseToken"], **more})

    def beat(self):
        while not self.done.wait(self.lease_seconds / 3):
            try:
                answer = self.say("heartbeat", progress=self.progress, leaseSeconds=self.lease_seconds)
                self.cancelled = self.cancelled or answer["cancel"]
            except Refused as error:
                if error.status < 500:
                    self.lost = True
                    return
            except OSError:
                pass  # the lease may outlive a short fault

    def check(self):
        """To be called between the parts of the work."""
        if self.cancelled or self.lost:
            raise Stopped()


def frame_pixels(dataset, frame, window):
    """One frame in eight bits a sample, grey or RGB."""
    pixels = pixel_array(dataset, index=frame)
    photometric = dataset.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
        return (pixels >> 8).astype(numpy.uint8) if pixels.dtype == numpy.uint16 else pixels
    if dataset.SamplesPerPixel > 1:
        deep = dataset.BitsStored - 8
        return (pixels >> deep).astype(numpy.uint8) if deep > 0 else pixels.astype(numpy.uint8)
    units = apply_modality_lut(pixels, dataset).astype(float)
    if window:
        # PS3.3 C.11.2.1.2.1
        grey = (units - (window["centre"] - 0.5)) / max(window["width"] - 1, 1e-9) + 0.5
    else:
        units = numpy.asarray(apply_voi_lut(apply_modality_lut(pixels, dataset), dataset), dtype=float)
        least, greatest = units.min(), units.max()
        grey = (units - least) / max(greatest - least, 1e-9)
    grey = numpy.clip(grey, 0, 1)
    if photometric == "MONOCHROME1":
        grey = 1 - grey
    return (grey * 255 + 0.5).astype(numpy.uint8)


def square(picture, dataset):
    """Pictures have square pixels: the shorter side of a pixel is stretched."""
    spacing = dataset.get("PixelAspectRatio") or dataset.get("PixelSpacing") or [1, 1]
    aspect = float(spacing[0]) / float(spacing[1]) if float(spacing[1]) else 1.0
    width, height = picture.size
    if aspect > 1:
        return picture.resize((width, max(1, round(height * aspect))))
    if 0 < aspect < 1:
        return picture.resize((max(1, round(width / aspect)), height))
    return picture


def draw_series(server, held, series):
    """The result of one series; what cannot be drawn says why, and that is no failure of the job."""
    image = series["image"]
    if image is None:
        return {"uuid": series["uuid"], "error": "the series has no image"}
    dataset = pydicom.dcmread(io.BytesIO(server.get(image["url"])), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = image["transferSyntaxUid"]  # as Gantry found it
    try:
        pixels = frame_pixels(dataset, image["frame"], image["window"])
    except Exception as error:  # whatever a decoder may raise
        return {"uuid": series["uuid"], "error": f"cannot be drawn: {type(error).__name__}"}
    picture = square(Image.fromarray(pixels), dataset)
    outputs = []
    for wanted in series["outputs"]:
        held.check()
        small = picture.copy()
        small.thumbnail((wanted["maxSide"], wanted["maxSide"]))
        file = io.BytesIO()
        name, options = FORMATS[wanted["contentType"]]
        small.save(file, name, **options)
        place = held.say("outputs", name=wanted["name"], contentType=wanted["contentType"])
        server.put(place["url"], place["headers"], file.getvalue())
        outputs.append({"name": wanted["name"], "width": small.width, "height": small.height})
    return {"uuid": series["uuid"], "outputs": outputs}


def work(server, job, lease_seconds):
    """Does one job to its end; answers a word for the log."""
    with Held(server, job, lease_seconds) as held:
        try:
            results = []
            for series in job["task"]["series"]:
                held.check()
                results.append(draw_series(server, held, series))
                held.progress = len(results) / len(job["task"]["series"])
            held.check()
            return held.say("complete", result={"series": results})["state"]
        except Stopped:
            return held.say("cancelled")["state"] if held.cancelled and not held.lost else "lost"
        except (KeyboardInterrupt, SystemExit):
            held.say("release")
            raise
        except Refused as error:
            if error.code == "LEASE_LOST":
                return "lost"
            return held.say("fail", error=str(error), retryable=error.status >= 500)["state"]
        except Exception as error:
            # Without its text, which may quote what is in the file.
            return held.say("fail", error=f"the worker met a {type(error).__name__}")["state"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=os.environ.get("GANTRY_URL", "http://127.0.0.1:8000"),
                        help="where Gantry serves (GANTRY_URL; %(default)s)")
    parser.add_argument("--name", default=f"{socket.gethostname()}-{os.getpid()}",
                        help="this worker's name, shown with its jobs (%(default)s)")
    parser.add_argument("--lease", type=int, default=60, metavar="SECONDS",
                        help="a job goes to another worker when this one is silent for so long, 5 to 3600 (%(default)s)")
    parser.add_argument("--wait", type=int, default=20, metavar="SECONDS",
                        help="how long one request waits for work, 0 to 30 (%(default)s)")
    parser.add_argument("--once", action="store_true", help="leave when there is nothing to do")
    options = parser.parse_args()
    token = os.environ.get("GANTRY_WORKER_TOKEN")
    if not token:
        parser.error("set GANTRY_WORKER_TOKEN; an administrator makes one: gantry worker-token add NAME --kind render_study")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = Server(options.url, token)
    claim = {"worker": options.name, "kinds": ["render_study"], "leaseSeconds": options.lease, "waitSeconds": options.wait}
    while True:
        # The answer may come just at the end of the wait: the client waits longer than the server.
        jobs = server.post("claim", claim, timeout=options.wait + 30)["jobs"]
        for job in jobs:
            try:
                outcome = work(server, job, options.lease)
            except Refused as error:
                if error.status not in (404, 409):
                    raise
                outcome = "lost"  # another has it by now
            print(f"job {job['id']} attempt {job['attempt']}: {outcome}", flush=True)
        if not jobs and options.once:
            return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (Refused, OSError) as problem:
        sys.exit(f"external_worker: {problem}")
