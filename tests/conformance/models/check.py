"""Compares networks on MLServer with the same networks in this process; prints `N passed, N failed, N skipped`."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

SOURCE = pathlib.Path(sys.argv[1]).resolve()
HERE = pathlib.Path(__file__).parent.resolve()
NETWORKS = SOURCE / "inference" / "tests" / "models"
# The shape of the question, and the inputs as MLServer is told of them.
QUESTIONS = {"dense": "1,1,9,8,7", "slices": "1,1,24,32", "whole": "1,1,8,8,8"}


PROGRAM = None


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def write_repository(folder, port):
    """MLServer's own settings, and a folder for each network."""
    shutil.copy(HERE / "server" / "runtime.py", folder)
    settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}
    (folder / "settings.json").write_text(json.dumps(settings))
    for name, shape in QUESTIONS.items():
        rank = shape.count(",") + 1
        described = {
            "name": name,
            "implementation": "runtime.OnnxRuntime",
            "parameters": {"uri": str(NETWORKS / name / "model.onnx"), "version": "v7"},
            "inputs": [{"name": "image", "datatype": "FP32", "shape": [-1] * rank}],
        }
        (folder / name).mkdir()
        (folder / name / "model-settings.json").write_text(json.dumps(described))


def wait(url, server):
    """Until the server is ready; fails when it ended or takes more than a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            return urllib.request.urlopen(f"{url}/v2/health/ready", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError("MLServer did not become ready")


def install(models, name, engine=None, on_server=None):
    """A folder of models with one network; `engine` replaces the ONNX file by a server."""
    text = (NETWORKS / name / "model.toml").read_text()
    version = re.search(r'^version = "(.*)"', text, re.M)[1]
    folder = models / name / version
    folder.mkdir(parents=True)
    if engine is None:
        shutil.copy(NETWORKS / name / "model.onnx", folder)
    else:
        text = re.sub(r"\[engine\]\n.*?\n\n", f"[engine]\n{engine}\n\n", text, flags=re.S)
    (folder / "model.toml").write_text(text)


def build():
    """The program that asks; built as the whole workspace is, so that nothing is built twice."""
    command = ["cargo", "build", "--manifest-path", str(SOURCE / "Cargo.toml"), "--workspace", "--example", "infer"]
    built = subprocess.run([*command, "--message-format", "json"], stdout=subprocess.PIPE, text=True, check=True)
    return next(found for line in built.stdout.splitlines() if (found := json.loads(line).get("executable")))


def infer(models, shape):
    return subprocess.run([PROGRAM, str(models), shape], capture_output=True, text=True)


def answers(models, shape, name):
    ran = infer(models, shape)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)[name]


def same_answers(url, place, name, version):
    here, there = place / f"here-{name}-{version}", place / f"there-{name}-{version}"
    install(here, name)
    named = f'\nversion = "{version}"' if version else ""
    install(there, name, f'kind = "kserve"\nurl = "{url}"\nmodel = "{name}"{named}')
    ours, theirs = (answers(models, QUESTIONS[name], name) for models in (here, there))
    assert ours.keys() == theirs.keys(), (ours.keys(), theirs.keys())
    for output in ours:
        assert ours[output]["shape"] == theirs[output]["shape"], output
        far = max(abs(a - b) for a, b in zip(ours[output]["data"], theirs[output]["data"]))
        assert far < 1e-4, f"{output} differs by {far}"


def an_unknown_model_is_told(url, place):
    models = place / "unknown"
    install(models, "dense", f'kind = "kserve"\nurl = "{url}"\nmodel = "unheard-of"')
    ran = infer(models, QUESTIONS["dense"])
    assert ran.returncode != 0 and "unheard-of" in ran.stderr and "404" in ran.stderr, ran.stderr


def main():
    global PROGRAM
    PROGRAM = build()
    checks = {f"{name} by version {version}": (same_answers, name, version) for name in QUESTIONS for version in (None, "v7")}
    checks["an unknown model"] = (an_unknown_model_is_told,)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        place, port = pathlib.Path(folder), free_port()
        repository = place / "repository"
        repository.mkdir()
        write_repository(repository, port)
        url = f"http://127.0.0.1:{port}"
        program = pathlib.Path(sys.executable).parent / "mlserver"
        with open(place / "log", "w") as log:
            server = subprocess.Popen([program, "start", "."], cwd=repository, env=os.environ, stdout=log, stderr=log)
        try:
            wait(url, server)
            for title, (check, *arguments) in checks.items():
                try:
                    check(url, place, *arguments)
                    passed += 1
                except Exception:
                    failed += 1
                    print(f"FAILED {title}")
                    traceback.print_exc()
        except RuntimeError:
            failed += 1
            print((place / "log").read_text())
        finally:
            server.terminate()
            server.wait()
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(failed > 0)


main()
