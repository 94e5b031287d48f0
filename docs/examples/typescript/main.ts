// A walk through Gantry's GraphQL API: sign in, upload, the worklist, one study, and everything that happens to it, live.
//
//     gantry serve --demo                                # elsewhere
//     npm ci && npm run schema && npm start -- slice.dcm
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { Gantry } from './gantry.ts';
import { Me, Study, Upload, Worklist } from './operations.ts';

const [path] = process.argv.slice(2);
if (!path) throw new Error('which file? npm start -- slice.dcm');
const gantry = new Gantry(process.env.GANTRY_URL ?? 'http://127.0.0.1:8000');

await gantry.session.signIn(process.env.GANTRY_USER ?? 'tech1', process.env.GANTRY_PASSWORD ?? 'tech');
const { me } = await gantry.query(Me, {});
console.log(`signed in as ${me?.fullName}, ${me?.role} of ${me?.centre?.name ?? 'all centres'}`);

// A File among the variables makes urql send the request as multipart/form-data, the file as a stream.
const file = new File([await openAsBlob(path)], basename(path));
const { studyUpload } = await gantry.mutate(Upload, { input: { files: [file] } });
for (const { code, field, message } of studyUpload.userErrors) console.log(`not uploaded: ${code} ${field}: ${message}`);
for (const { name, reason } of studyUpload.skipped) console.log(`left out: ${name}: ${reason}`);
const [uploaded] = studyUpload.studies;
if (!uploaded) process.exit(1);
console.log(`uploaded ${uploaded.studyId}, ${studyUpload.duplicates} of its files were there already`);

// Pages: each goes on after the cursor at which the last one ended.
const filter = { status: ['UPLOADED' as const], text: uploaded.patientName.split('^')[0] };
let after: string | null | undefined;
do {
  const { studies } = await gantry.query(Worklist, { filter, first: 50, after });
  if (!after) console.log(`${studies.totalCount} studies wait under this name`);
  for (const { studyId, patientName, modality, status } of studies.nodes) console.log(`  ${studyId} ${patientName} ${modality} ${status}`);
  after = studies.pageInfo.hasNextPage ? studies.pageInfo.endCursor : null;
} while (after);

// The jobs of the study as they are, then what happens to them, until none is left to wait for. Keep the cursor of the last
// event: `watch(id, cursor)` goes on there, also after a restart of this program.
const unfinished = new Set<string>();
let drawing = false;
for await (const { cursor, kind, job } of gantry.watch(uploaded.id)) {
  if (!job) continue;
  console.log(`${cursor} ${kind} ${job.kind} ${job.state}`);
  if (job.state === 'PENDING' || job.state === 'RUNNING') unfinished.add(job.id);
  else unfinished.delete(job.id);
  drawing ||= job.kind === 'RENDER_STUDY';
  if (drawing && unfinished.size === 0) break;
}

const { study } = await gantry.query(Study, { id: uploaded.id });
for (const { seriesNumber, modality, numberOfInstances, preview } of study?.series.nodes ?? []) {
  // The address is signed and ends; it needs no other credentials, so it can be the `src` of an image.
  const picture = preview?.url ? `${gantry.url}${preview.url}` : preview?.error;
  console.log(`series ${seriesNumber} (${modality}), ${numberOfInstances} images: ${picture}`);
}
await gantry.close();
