// Who is signed in: the tokens, and a new pair before the old one ends.
import type { TadaDocumentNode } from 'gql.tada';
import { Client, fetchExchange } from '@urql/core';
import { Refresh, SignIn } from './operations.ts';

type Tokens = { accessToken: string; refreshToken: string; expiresAt: string };
type Answer = { session: Tokens | null; userErrors: { code: string; message: string }[] };

export class Session {
  private tokens?: Tokens;
  private readonly client: Client;

  constructor(url: string) {
    this.client = new Client({ url: `${url}/graphql`, exchanges: [fetchExchange], preferGetMethod: false });
  }

  async signIn(username: string, password: string) {
    const { sessionCreate } = await this.send(SignIn, { input: { username, password } });
    this.take(sessionCreate);
  }

  /** A refresh token is good for one exchange; whoever uses it twice ends the session. */
  async refresh() {
    const { sessionRefresh } = await this.send(Refresh, { input: { refreshToken: this.tokens!.refreshToken } });
    this.take(sessionRefresh);
  }

  get token() {
    return this.tokens?.accessToken;
  }

  get endsSoon() {
    return this.tokens !== undefined && Date.parse(this.tokens.expiresAt) - Date.now() < 30_000;
  }

  private async send<Data, Variables extends object>(document: TadaDocumentNode<Data, Variables>, variables: Variables) {
    const { data, error } = await this.client.mutation(document, variables);
    if (error || !data) throw error ?? new Error('no answer');
    return data;
  }

  private take({ session, userErrors }: Answer) {
    if (!session) throw new Error(userErrors.map(({ code, message }) => `${code}: ${message}`).join('; '));
    this.tokens = session;
  }
}
