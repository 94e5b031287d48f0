// A client of Gantry: queries and mutations by urql over HTTP, subscriptions by graphql-ws over one socket.
import type { ResultOf, TadaDocumentNode } from 'gql.tada';
import { Client, fetchExchange, type AnyVariables } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { print } from 'graphql';
import { createClient, type Client as Socket } from 'graphql-ws';
import WebSocket from 'ws';
import { JobUpdated } from './operations.ts';
import { Session } from './session.ts';

export class Gantry {
  readonly session: Session;
  private readonly http: Client;
  private readonly socket: Socket;

  constructor(readonly url: string) {
    const session = (this.session = new Session(url));
    this.http = new Client({
      url: `${url}/graphql`,
      preferGetMethod: false,
      exchanges: [
        authExchange(async (auth) => ({
          addAuthToOperation: (operation) =>
            session.token ? auth.appendHeaders(operation, { Authorization: `Bearer ${session.token}` }) : operation,
          willAuthError: () => session.endsSoon,
          didAuthError: (error) => error.graphQLErrors.some((one) => one.extensions.code === 'UNAUTHENTICATED'),
          refreshAuth: () => session.refresh(),
        })),
        fetchExchange,
      ],
    });
    this.socket = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: async () => {
        if (session.endsSoon) await session.refresh();
        return { Authorization: `Bearer ${session.token}` };
      },
      // Without this it would subscribe again with the old cursor; `watch` does it with the last one.
      retryAttempts: 0,
    });
  }

  async query<Data, Variables extends AnyVariables>(document: TadaDocumentNode<Data, Variables>, variables: Variables) {
    const { data, error } = await this.http.query(document, variables);
    if (error || !data) throw error ?? new Error('no answer');
    return data;
  }

  async mutate<Data, Variables extends AnyVariables>(document: TadaDocumentNode<Data, Variables>, variables: Variables) {
    const { data, error } = await this.http.mutation(document, variables);
    if (error || !data) throw error ?? new Error('no answer');
    return data;
  }

  /**
   * Everything that happens to the jobs of a study, across broken connections: in order, without a gap and without a duplicate.
   * Without `after` the jobs as they are now come first, as SNAPSHOTs.
   */
  async *watch(study: string, after: string | null = null) {
    for (;;) {
      try {
        for await (const { data, errors } of this.socket.iterate<ResultOf<typeof JobUpdated>>({
          query: print(JobUpdated),
          variables: { study, after },
        })) {
          if (!data?.jobUpdated) throw errors;
          yield data.jobUpdated;
          // All SNAPSHOTs have one cursor: going on from it, when only some of them came, would leave out the others.
          if (data.jobUpdated.kind !== 'SNAPSHOT') after = data.jobUpdated.cursor;
        }
        return;
      } catch (error) {
        // What GraphQL refuses comes as a list and will not pass; a broken socket is worth another try.
        if (Array.isArray(error)) throw new Error(error.map(({ message }) => message).join('; '));
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  async close() {
    await this.socket.dispose();
  }
}
