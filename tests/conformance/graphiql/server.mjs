// What the page's checks do to the server beside the browser: upload a study, have it drawn again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const url = process.env.GANTRY_URL;
const headers = { Authorization: `Bearer ${process.env.GANTRY_TOKEN}` };

async function answer(response) {
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Uploads a CT image of the test files; the study's 8-character id. */
export async function upload() {
  const file = readFileSync(join(process.env.GANTRY_SOURCE, 'tests/data/dicom/CT_small.dcm'));
  const query = 'mutation($files: [Upload!]!) { studyUpload(input: { files: $files }) { studies { studyId } } }';
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { files: [null] } }));
  form.set('map', JSON.stringify({ 0: ['variables.files.0'] }));
  form.set('0', new Blob([file]), 'CT_small.dcm');
  const data = await answer(await fetch(`${url}/graphql`, { method: 'POST', headers, body: form }));
  return data.studyUpload.studies[0].studyId;
}

/** Asks the workers to draw a study again, which subscribers hear of. */
export async function draw(study) {
  const query = 'mutation($study: ID!) { studyRender(input: { id: $study }) { job { id } } }';
  const body = JSON.stringify({ query, variables: { study } });
  const json = { ...headers, 'Content-Type': 'application/json' };
  await answer(await fetch(`${url}/graphql`, { method: 'POST', headers: json, body }));
}
