#!/usr/bin/env python3
"""A walk through Gantry's GraphQL API: sign in, upload, the worklist, one study, and everything that happens to it, live.

It uses gql, which reads the server's schema first, so that a document that does not fit it is refused before it is sent.
docs/graphql.md explains each step.

Needs Python 3.9 or newer:

    pip install 'gql[aiohttp]==4.4.0'
    gantry serve --demo                      # elsewhere
    python python_client.py slice.dcm
"""

import argparse
import asyncio
import os

import aiohttp
from gql import Client, FileVar, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportClosed, TransportConnectionFailed

SIGN_IN = gql("""
    mutation SignIn($input: SessionCreateInput!) {
      sessionCreate(input: $input) {
        session { accessToken refreshToken expiresAt }
        userErrors { code message }
      }
    }
""")

ME = gql("query Me { me { fullName role centre { name } } }")

UPLOAD = gql("""
    mutation Upload($input: StudyUploadInput!) {
      studyUpload(input: $input) {
        studies { id studyId patientName }
        skipped { name reason }
        duplicates
        userErrors { code field message }
      }
    }
""")

WORKLIST = gql("""
    query Worklist($filter: StudyFilter!, $first: Int!, $after: String) {
      studies(filter: $filter, orderBy: { field: EXAMINED_ON }, first: $first, after: $after) {
        totalCount
        nodes { id studyId patientName modality status isUrgent examinedOn }
        pageInfo { hasNextPage endCursor }
      }
    }
""")

STUDY = gql("""
    query Study($id: ID!) {
      study(id: $id) {
        studyId
        series(first: 100) {
          nodes {
            seriesNumber
            modality
            numberOfInstances
            preview: rendition(kind: PREVIEW) { url width height error }
          }
        }
      }
    }
""")

JOB_UPDATED = gql("""
    subscription JobUpdated($study: ID!, $after: Cursor) {
      jobUpdated(study: $study, after: $after) {
        cursor
        kind
        job { id kind state progress error }
      }
    }
""")


class Gantry:
    """Queries and mutations over HTTP, subscriptions over WebSocket."""

    def __init__(self, url):
        self.url = url
        self.headers = {}

    async def run(self, document, upload_files=False, **variables):
        """The data of an answer; raises TransportQueryError when it has errors."""
        transport = AIOHTTPTransport(f"{self.url}/graphql", headers=self.headers)
        async with Client(transport=transport, fetch_schema_from_transport=True) as session:
            return await session.execute(GraphQLRequest(document, variable_values=variables), upload_files=upload_files)

    async def sign_in(self, username, password):
        """The access token ends after a while (`expiresAt`); `sessionRefresh` exchanges the refresh token for a new pair."""
        answer = await self.run(SIGN_IN, input={"username": username, "password": password})
        raise_user_errors(answer["sessionCreate"])
        self.headers = {"Authorization": f"Bearer {answer['sessionCreate']['session']['accessToken']}"}

    async def upload(self, path):
        """gql sends a FileVar by the multipart request specification, read as it goes."""
        file = FileVar(path, filename=os.path.basename(path))
        payload = (await self.run(UPLOAD, upload_files=True, input={"files": [file]}))["studyUpload"]
        raise_user_errors(payload)
        return payload

    async def worklist(self, **filter):
        """The studies that a filter finds, page after page: each goes on after the cursor at which the last one ended."""
        after = None
        while True:
            page = (await self.run(WORKLIST, filter=filter, first=50, after=after))["studies"]
            for study in page["nodes"]:
                yield study
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def watch(self, study, after=None):
        """Everything that happens to the jobs of a study, across broken connections, without a gap and without a duplicate.

        Without `after` the jobs as they are now come first, as SNAPSHOTs.
        """
        while True:
            transport = AIOHTTPWebsocketsTransport(f"{self.url}/graphql".replace("http", "ws", 1), init_payload=self.headers)
            try:
                async with Client(transport=transport) as session:
                    request = GraphQLRequest(JOB_UPDATED, variable_values={"study": study, "after": after})
                    async for answer in session.subscribe(request):
                        event = answer["jobUpdated"]
                        yield event
                        # All SNAPSHOTs have one cursor: going on from it, when only some of them came, would leave out the others.
                        if event["kind"] != "SNAPSHOT":
                            after = event["cursor"]
                return
            except (TransportConnectionFailed, TransportClosed, aiohttp.ClientError):
                await asyncio.sleep(1)


def raise_user_errors(payload):
    if payload["userErrors"]:
        raise SystemExit("; ".join(f"{error['code']}: {error['message']}" for error in payload["userErrors"]))


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="a DICOM file, or a ZIP archive of them")
    parser.add_argument("--url", default=os.environ.get("GANTRY_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--user", default="tech1")
    arguments = parser.parse_args()

    gantry = Gantry(arguments.url.rstrip("/"))
    await gantry.sign_in(arguments.user, os.environ.get("GANTRY_PASSWORD", "tech"))
    me = (await gantry.run(ME))["me"]
    print(f"signed in as {me['fullName']}, {me['role']} of {me['centre']['name'] if me['centre'] else 'all centres'}")

    payload = await gantry.upload(arguments.file)
    for file in payload["skipped"]:
        print(f"left out: {file['name']}: {file['reason']}")
    uploaded = payload["studies"][0]
    print(f"uploaded {uploaded['studyId']}, {payload['duplicates']} of its files were there already")

    async for study in gantry.worklist(status=["UPLOADED"], text=uploaded["patientName"].split("^")[0]):
        print(f"  {study['studyId']} {study['patientName']} {study['modality']} {study['status']}")

    # The jobs of the study as they are, then what happens to them, until none is left to wait for. Keep the cursor of the last
    # event: `watch(id, cursor)` goes on there, also after a restart of this program.
    unfinished, drawing = set(), False
    async for event in gantry.watch(uploaded["id"]):
        job = event["job"]
        print(f"{event['cursor']} {event['kind']} {job['kind']} {job['state']}", flush=True)
        (unfinished.add if job["state"] in ("PENDING", "RUNNING") else unfinished.discard)(job["id"])
        drawing = drawing or job["kind"] == "RENDER_STUDY"
        if drawing and not unfinished:
            break

    study = (await gantry.run(STUDY, id=uploaded["id"]))["study"]
    for series in study["series"]["nodes"]:
        # The address is signed and ends; it needs no other credentials, so it can be the `src` of an image.
        preview = series["preview"] or {"url": None, "error": "not drawn yet"}
        picture = gantry.url + preview["url"] if preview["url"] else preview["error"]
        print(f"series {series['seriesNumber']} ({series['modality']}), {series['numberOfInstances']} images: {picture}")


if __name__ == "__main__":
    asyncio.run(main())
