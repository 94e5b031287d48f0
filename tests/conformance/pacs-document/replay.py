"""Sends every documented request in the document's order, and compares answers with the documented ones: keys and types."""

import json
import re
import time

import requests

from page import FILES, URL, blocks, report, text

ACCOUNTS = {"admin": "admin", "radiologist1": "radio", "tech1": "tech"}
# What "User object" and the like refer to: the endpoint whose documented answer shows one.
OBJECTS = {
    "user": "Get Current User",
    "study": "Upload Study",
    "report": "Create Report",
    "pricing": "Create Pricing Configuration",
    "billing": "Create Billing Record",
    "centre": "Create Centre",
}
# Answers that later requests refer to by their ids.
MADE = {
    "/auth/register": "user",
    "/studies/upload": "study",
    "/reports/": "report",
    "/centres/": "centre",
    "/billing/pricing": "pricing",
    "/billing/": "billing",
}
READERS = {"Create Report", "Verify Report", "Update Report"}
# The analysis runs in the background.
AI_REPORT_SECONDS = 90


def endpoints(document):
    """(title, method, path, request, answer) of every endpoint; bodies as the document writes them."""
    found = []
    for section in re.split(r"^### ", document, flags=re.MULTILINE)[1:]:
        line = re.search(r"^\*\*Endpoint\*\*: `(\w+) (\S+)`", section, re.MULTILINE)
        if not line:
            continue
        sent, _, answered = section.partition("**Response**:")
        request = [read(block) for block in blocks(sent, "json")]
        answer = [read(block) for block in blocks(answered, "json")]
        words = answered.strip().split("\n")[0].lower()
        found.append((section.split("\n")[0], *line.groups(), request[0] if request else None, answer[0] if answer else words))
    return found


def read(block):
    """JSON with its ellipses left out."""
    return json.loads(block.replace("[...]", "[]").replace("{...}", "{}"))


def differences(documented, given, place="answer"):
    """Keys that are missing or more, and values of another type; null stands for any."""
    if documented is None or given is None:
        return []
    if isinstance(documented, dict) and isinstance(given, dict):
        wrong = [f"{place} lacks {key}" for key in documented.keys() - given.keys()]
        # An empty object stands for one that the document does not spell out.
        wrong += [f"{place} has {key} besides" for key in given.keys() - documented.keys() if documented]
        return wrong + [w for key in documented.keys() & given.keys() for w in differences(documented[key], given[key], f"{place}.{key}")]
    if isinstance(documented, list) and isinstance(given, list):
        return [w for item in given[:3] for w in differences(documented[0], item, f"{place}[]")] if documented else []
    number = (int, float)
    if isinstance(documented, number) and isinstance(given, number) and isinstance(documented, bool) == isinstance(given, bool):
        return []
    return [] if type(documented) is type(given) else [f"{place} is {json.dumps(given)[:60]} and not like {json.dumps(documented)[:60]}"]


class Replay:
    def __init__(self, document):
        self.endpoints = endpoints(document)
        answers = {title: answer for title, _, _, _, answer in self.endpoints}
        self.objects = {name: answers[title] for name, title in OBJECTS.items()}
        self.tokens = {name: self.sign_in(name, password).json()["access_token"] for name, password in ACCOUNTS.items()}
        self.ids = {}
        centre = self.send("POST", "/centres/", "admin", json={"name": "A centre without prices"}).json()
        self.ids["priced_centre"] = centre["id"]
        radiologist = self.send("GET", "/users/?role=radiologist", "admin").json()[0]
        self.ids["radiologist"] = radiologist["id"]

    def sign_in(self, name, password):
        return requests.post(f"{URL}/auth/token", data={"username": name, "password": password}, timeout=30)

    def send(self, method, path, caller, **body):
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"}
        return requests.request(method, URL + path, headers=headers, timeout=120, **body)

    def request(self, title, method, path, body):
        """The documented request with ids that exist."""
        names = {
            "{user_id}": "user", "{study_id}": "study", "{report_id}": "report", "{pricing_id}": "pricing",
            "{billing_id}": "billing", "{centre_id}": "centre", "{instance_number}": None,
        }
        if "/study_id/" in path:
            names["{study_id}"] = "study_text"
        for word, name in names.items():
            path = path.replace(word, str(self.ids.get(name, 0)))
        if path == "/auth/token":
            return self.sign_in("admin", "admin")
        if title == "Upload Study":
            form = {"patient_name": "John Doe", "patient_age": "45", "patient_gender": "M", "modality": "ct",
                    "study_type": "CT Scan - Chest", "study_description": "Routine chest examination", "is_urgent": "false"}
            files = [("dicom_files", (file.name, file.read_bytes())) for file in FILES]
            return self.send(method, path, "tech1", data=form, files=files)
        if title == "Update Billing Status":
            return self.send(method, f"{path}?status=paid", "admin")
        if body is None:
            return self.send(method, path, "radiologist1" if title in READERS else "admin")
        known = {"study_id": "study", "radiologist_id": "radiologist", "centre_id": "priced_centre"}
        body = {key: self.ids[known[key]] if key in known else value for key, value in body.items()}
        return self.send(method, path, "radiologist1" if title in READERS else "admin", json=body)

    def documented(self, answer):
        """The shape that words such as "Updated user object with ..." stand for."""
        if not isinstance(answer, str):
            return answer
        name = next(name for name in self.objects if name in answer)
        return [self.objects[name]] if "array" in answer else self.objects[name]

    def step(self, title, method, path, body, answer):
        given = self.request(title, method, path, body)
        until = time.monotonic() + AI_REPORT_SECONDS
        while path == "/ai/report/{study_id}" and given.status_code == 404 and time.monotonic() < until:
            time.sleep(1)
            given = self.request(title, method, path, body)
        if given.status_code == 503 and path.startswith("/ai/"):
            assert given.json()["detail"].startswith("AI functionality not available"), given.text
            return
        assert given.status_code == 200, f"{given.status_code} {given.text[:200]}"
        if "binary" in answer:
            assert given.headers["content-type"] == "application/dicom" and given.content[128:132] == b"DICM"
            return
        value = given.json()
        wrong = differences(self.documented(answer), value)
        assert not wrong, "; ".join(wrong)
        if method == "POST" and path in MADE:
            self.ids[MADE[path]] = value["id"]
        if path == "/studies/upload":
            self.ids["study_text"] = value["study_id"]


def errors(replay):
    """The documented shapes of what a client can bring about."""
    stranger = requests.get(f"{URL}/auth/me", headers={"Authorization": "Bearer wrong"}, timeout=30)
    technician = replay.send("POST", "/centres/", "tech1", json={"name": "X"})
    nowhere = replay.send("GET", "/studies/99999999", "admin")
    malformed = replay.send("POST", "/auth/register", "admin", json={})
    for status, given in [(401, stranger), (403, technician), (404, nowhere), (422, malformed)]:
        assert given.status_code == status, f"{status}: {given.status_code} {given.text[:200]}"
        detail = given.json()["detail"]
        expected = [{"loc": ["body", "field_name"], "msg": "field required", "type": "value_error.missing"}] if status == 422 else "text"
        wrong = differences({"detail": expected}, {"detail": detail})
        assert not wrong, f"{status}: {'; '.join(wrong)}"


def main():
    replay = Replay(text("replay"))
    steps = sorted(replay.endpoints, key=lambda step: order(step, replay.endpoints))
    passed, failures = 0, []
    for step in steps:
        try:
            replay.step(*step)
            passed += 1
        except Exception as error:
            failures.append(f"{step[0]} ({step[1]} {step[2]}): {error!r}")
    try:
        errors(replay)
        passed += 1
    except Exception as error:
        failures.append(f"errors: {error!r}")
    report("replay", passed, failures)


def order(step, steps):
    """The document's, but an update of a report comes before it is verified (S2-53)."""
    titles = [title for title, *_ in steps]
    at = titles.index(step[0])
    return titles.index("Verify Report") - 0.5 if step[0] == "Update Report" else at


main()
