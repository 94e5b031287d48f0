// Lets Relay's compiler compile the operations of this folder against schema.graphql, and runs the queries that it wrote: a
// compiled text is what a Relay client really sends, with ids, `__typename` and the pages' cursors added.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, parse } from 'graphql';

const source = process.env.GANTRY_SOURCE ?? '../../..';
const server = process.env.GANTRY_URL ?? 'http://127.0.0.1:8000';
const authorization = `Bearer ${process.env.GANTRY_TOKEN}`;

/** Compiled documents with the SHA-256 of their text; a server can be told to run none but those of this file. */
function compiled() {
  rmSync('compiled', { recursive: true, force: true });
  mkdirSync('compiled/artifacts', { recursive: true });
  copyFileSync(join(source, 'schema.graphql'), 'compiled/schema.graphql');
  writeFileSync('compiled/registered.json', '{}');
  execFileSync('node_modules/.bin/relay-compiler', ['relay.config.json'], { stdio: 'inherit' });
  return Object.entries(JSON.parse(readFileSync('compiled/registered.json', 'utf8')));
}

async function post(body, headers = {}) {
  const response = await fetch(`${server}/graphql`, { method: 'POST', headers: { authorization, ...headers }, body });
  return response.json();
}

function data({ data, errors }) {
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Runs a query by its hash alone; a server that does not know it yet is told the document once. */
async function run(hash, query, variables) {
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
  const send = (request) => post(JSON.stringify({ extensions, variables, ...request }), { 'content-type': 'application/json' });
  const unknown = await send({});
  assert.equal(unknown.errors?.[0].extensions.code, 'PERSISTED_QUERY_NOT_FOUND');
  data(await send({ query }));
  return data(await send({}));
}

/** A study to read, and what the operations ask for. */
async function variables() {
  const form = new FormData();
  const query = `mutation($files: [Upload!]!) { studyUpload(input: { files: $files }) {
    studies { id series { nodes { id } } } userErrors { message } } }`;
  form.set('operations', JSON.stringify({ query, variables: { files: [null] } }));
  form.set('map', JSON.stringify({ 0: ['variables.files.0'] }));
  form.set('0', new Blob([readFileSync(join(source, 'tests/data/dicom/CT_small.dcm'))]), 'CT_small.dcm');
  const { studies, userErrors } = data(await post(form)).studyUpload;
  assert.deepEqual(userErrors, []);
  const [{ id, series }] = studies;
  return { study: { first: 10, id, filter: { text: 'comp', modality: ['CT'] } }, series: { first: 10, id: series.nodes[0].id } };
}

const operationOf = (text) => parse(text).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
const operations = compiled().map(([hash, text]) => ({ hash, text, ...operationOf(text) }));
assert.ok(operations.length >= 10, `${operations.length} operations were compiled`);
const given = await variables();
const failures = [];
for (const { hash, text, name, operation } of operations) {
  if (operation !== 'query') continue;
  try {
    const answer = await run(hash, text, name.value.includes('Instances') ? given.series : given.study);
    for (const [field, value] of Object.entries(answer)) assert.ok(value, `${field} is null`);
  } catch (error) {
    failures.push(`${name.value}: ${error.message}`);
  }
}
for (const failure of failures) console.log(`FAILED relay: ${failure}`);
console.log(`relay: ${operations.length - failures.length} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
