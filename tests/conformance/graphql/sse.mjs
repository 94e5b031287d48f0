// Drives npm graphql-sse (distinct connections mode) against a Gantry server.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { credentials, run, serverUrl, subscription } from './target.mjs';

const url = serverUrl().href;

function client(options = {}) {
  return createClient({ url, headers: credentials(), retryAttempts: 0, ...options });
}

/** All results of an operation, or an error. */
function collect(client, payload) {
  return new Promise((resolve, reject) => {
    const results = [];
    client.subscribe(payload, {
      next: (result) => results.push(result),
      error: reject,
      complete: () => resolve(results),
    });
  });
}

const checks = {
  async 'a query gives one result and completes'() {
    const results = await collect(client(), { query: '{ __typename }' });
    assert.equal(results.length, 1);
    assert.equal(results[0].errors, undefined);
    assert.equal(typeof results[0].data.__typename, 'string');
  },

  async 'a named operation is chosen by operationName'() {
    const results = await collect(client(), {
      query: 'query A { a: __typename } query B { b: __typename }',
      operationName: 'B',
    });
    assert.deepEqual(Object.keys(results[0].data), ['b']);
  },

  async 'an operation that does not fit the schema is told as an error'() {
    const [result] = await collect(client(), { query: '{ thisFieldDoesNotExist }' });
    assert.equal(result.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    assert.equal('data' in result, false);
  },

  async 'a document that does not parse is refused with 400'() {
    await assert.rejects(collect(client(), { query: '{' }), (error) => error.response?.status === 400);
  },

  async 'forty operations run side by side'() {
    const one = client();
    const all = await Promise.all(
      Array.from({ length: 40 }, () => collect(one, { query: '{ __typename }' })),
    );
    assert.equal(all.length, 40);
  },

  async 'the raw stream has the media type, no caching, and events as the protocol spells them'() {
    const response = await fetch(`${url}?query={__typename}`, {
      headers: { accept: 'text/event-stream', ...credentials() },
    });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const text = await response.text();
    assert.match(text, /event: next\ndata: \{"data":.*\}\n\n/);
    assert.match(text, /event: complete\ndata:\n\n$/);
  },

  async 'a mutation is not run by GET, not even as a stream'() {
    const response = await fetch(`${url}?query=mutation{__typename}`, {
      headers: { accept: 'text/event-stream' },
    });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'POST');
  },
};

const streaming = subscription();
if (streaming) {
  checks['a subscription opens, stays open, and ends when the client leaves'] = async () => {
    const one = client();
    let failure;
    await new Promise((resolve, reject) => {
      const leave = client({
        onMessage: (message) => {
          if (message.event === 'next' && message.data.errors) reject(new Error(message.data.errors[0].message));
        },
      }).subscribe(streaming, { next: () => {}, error: reject, complete: resolve });
      setTimeout(leave, 500);
    }).catch((error) => (failure = error));
    assert.equal(failure, undefined, failure?.message);
    const [after] = await collect(one, { query: '{ __typename }' });
    assert.equal(after.errors, undefined);
  };
} else {
  console.log('graphql-sse: GANTRY_SUBSCRIPTION is not set, no subscription is opened');
}

await run('graphql-sse', checks);
