// Drives npm graphql-ws against a Gantry server, and raw sockets where a well-behaved client never goes.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { credentials, run, socketUrl, subscription } from './target.mjs';

const url = socketUrl().href;
const PROTOCOL = 'graphql-transport-ws';

function client(options = {}) {
  return createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: credentials(),
    retryAttempts: 0,
    ...options,
  });
}

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

/** A raw socket that sends lines once open; gives its messages and close code. */
function raw(lines, { protocol = PROTOCOL, until = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const messages = [];
    const socket = new WebSocket(url, protocol);
    socket.on('open', () => lines.forEach((line) => socket.send(line)));
    socket.on('message', (data) => {
      messages.push(JSON.parse(data.toString()));
      if (until(messages.at(-1))) socket.close(1000);
    });
    socket.on('close', (code) => resolve({ code, messages }));
    socket.on('error', reject);
  });
}

const init = JSON.stringify({ type: 'connection_init', payload: credentials() });
const subscribe = (id, query) => JSON.stringify({ type: 'subscribe', id, payload: { query } });

const checks = {
  async 'a query gives one result and completes'() {
    const one = client();
    const results = await collect(one, { query: '{ __typename }' });
    assert.equal(results.length, 1);
    assert.equal(typeof results[0].data.__typename, 'string');
    await one.dispose();
  },

  async 'an operation that does not fit the schema ends with error'() {
    const one = client();
    await assert.rejects(collect(one, { query: '{ thisFieldDoesNotExist }' }), (errors) => {
      return Array.isArray(errors) && errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED';
    });
    await one.dispose();
  },

  async 'a document that does not parse ends with error, and the socket lives on'() {
    const one = client({ lazy: false });
    await assert.rejects(collect(one, { query: '{' }), (errors) => Array.isArray(errors));
    assert.equal((await collect(one, { query: '{ __typename }' })).length, 1);
    await one.dispose();
  },

  async 'fifty operations share one socket'() {
    let opened = 0;
    const one = client({ on: { opened: () => (opened += 1) } });
    const all = await Promise.all(
      Array.from({ length: 50 }, () => collect(one, { query: '{ __typename }' })),
    );
    assert.equal(all.length, 50);
    assert.equal(opened, 1);
    await one.dispose();
  },

  async 'the client is kept alive by pings'() {
    let pongs = 0;
    const one = client({ lazy: false, keepAlive: 50 });
    await new Promise((resolve, reject) => {
      one.on('error', reject);
      one.on('pong', () => (pongs += 1) === 3 && resolve());
    });
    await one.dispose();
  },

  async 'an iterator ends by itself'() {
    const one = client();
    let seen = 0;
    for await (const result of one.iterate({ query: '{ __typename }' })) {
      assert.equal(result.errors, undefined);
      seen += 1;
    }
    assert.equal(seen, 1);
    await one.dispose();
  },

  async '4400 for what is not JSON, not text or not a known type'() {
    assert.equal((await raw(['no JSON'])).code, 4400);
    assert.equal((await raw([Buffer.from(init)])).code, 4400);
    assert.equal((await raw([JSON.stringify({ type: 'start' })])).code, 4400);
    assert.equal((await raw([init, JSON.stringify({ type: 'subscribe', id: '1' })])).code, 4400);
  },

  async '4401 for subscribe before connection_init'() {
    assert.equal((await raw([subscribe('1', '{ __typename }')])).code, 4401);
  },

  async '4406 for another subprotocol'() {
    assert.equal((await raw([], { protocol: [] })).code, 4406);
  },

  async '4408 when connection_init does not come'() {
    assert.equal((await raw([])).code, 4408);
  },

  async '4429 for a second connection_init'() {
    assert.equal((await raw([init, init])).code, 4429);
  },

  async 'ping is answered with its payload, also before connection_init'() {
    const ping = JSON.stringify({ type: 'ping', payload: { n: 1 } });
    const { messages } = await raw([ping], { until: () => true });
    assert.deepEqual(messages, [{ type: 'pong', payload: { n: 1 } }]);
  },

  async 'complete is not echoed, and an unknown id is ignored'() {
    const done = JSON.stringify({ type: 'complete', id: 'x' });
    const ping = JSON.stringify({ type: 'ping' });
    const { messages } = await raw([init, done, ping], { until: (message) => message.type === 'pong' });
    assert.deepEqual(messages.map((message) => message.type), ['connection_ack', 'pong']);
  },

  async 'an id may be used again after its end'() {
    const socket = new WebSocket(url, PROTOCOL);
    const types = [];
    await new Promise((resolve, reject) => {
      socket.on('open', () => socket.send(init));
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
      socket.on('message', (data) => {
        const { type } = JSON.parse(data.toString());
        types.push(type);
        if (type === 'connection_ack') socket.send(subscribe('1', '{ __typename }'));
        if (type === 'complete' && types.length < 4) socket.send(subscribe('1', '{ __typename }'));
        else if (type === 'complete') resolve();
      });
    });
    assert.deepEqual(types, ['connection_ack', 'next', 'complete', 'next', 'complete']);
    socket.terminate();
  },
};

const streaming = subscription();
if (streaming) {
  const payload = JSON.stringify({ type: 'subscribe', id: '1', payload: streaming });

  checks['4409 for an id that is in use'] = async () => {
    const { code, messages } = await raw([init, payload, payload]);
    assert.equal(code, 4409);
    assert.equal(messages.some((message) => message.type === 'error'), false);
  };

  checks['a subscription opens, stays open, and ends when the client leaves'] = async () => {
    const one = client({ lazy: false });
    await new Promise((resolve, reject) => {
      const leave = one.subscribe(streaming, {
        next: (result) => result.errors && reject(new Error(result.errors[0].message)),
        error: reject,
        complete: resolve,
      });
      setTimeout(leave, 500);
    });
    assert.equal((await collect(one, { query: '{ __typename }' })).length, 1);
    await one.dispose();
  };

  checks['the hundred and first subscription of a socket is refused with error'] = async () => {
    const many = Array.from({ length: 101 }, (_, id) =>
      JSON.stringify({ type: 'subscribe', id: `${id}`, payload: streaming }),
    );
    const { messages } = await raw([init, ...many], { until: (message) => message.type === 'error' });
    const refused = messages.find((message) => message.type === 'error');
    assert.equal(refused.id, '100');
    assert.equal(refused.payload[0].extensions.code, 'TOO_MANY_OPERATIONS');
  };
} else {
  console.log('graphql-ws: GANTRY_SUBSCRIPTION is not set, no subscription is opened');
}

await run('graphql-ws', checks);
