// How operations reach the server: queries and mutations by POST, subscriptions by graphql-ws, both as whoever is signed in.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { authorization, explain } from './session';

/** Adds the session's token, unless the headers editor names another one. */
async function authorized(url: RequestInfo | URL, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  const token = headers.has('Authorization') ? undefined : await authorization();
  if (token) headers.set('Authorization', token);
  const response = await fetch(url, { ...init, headers });
  response.clone().json().then(explain, () => undefined);
  return response;
}

/** Opened with the first subscription and closed with the last, so that each sign-in has its own. */
const socket = createClient({
  url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
  connectionParams: async () => {
    const token = await authorization();
    return token ? { Authorization: token } : {};
  },
  on: {
    message(message) {
      if (message.type === 'error') explain({ errors: message.payload });
      if (message.type === 'next') explain(message.payload);
    },
  },
});

/** Ends all subscriptions, whose socket belongs to whoever opened it. */
export const hangUp = () => socket.terminate();

export const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  fetch: authorized,
  wsClient: socket,
  // The server sends no @defer or @stream: without this GraphiQL would ask for multipart answers.
  enableIncrementalDelivery: false,
});
