// Who is signed in on this page. The session lies in sessionStorage: it survives a reload, is not shared with other tabs, and
// ends with this one. It never goes into localStorage, where it would outlive the person at the machine.
import { useSyncExternalStore } from 'react';

export interface Session {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  user: { fullName: string; role: string | null };
}

interface State {
  session: Session | null;
  /** What the person should know: why there is no session. */
  notice: string;
  /** How often somebody signed out; what was shown before must go then. */
  endings: number;
}

interface Answer {
  data?: Record<string, { session?: Session | null; userErrors: { message: string }[] } | null> | null;
  errors?: { message: string }[];
}

const KEY = 'gantry:session';
/** An access token that is good for no longer than this is exchanged before it is used. */
const MARGIN_MS = 30_000;
const SESSION = 'session { accessToken refreshToken expiresAt user { fullName role } } userErrors { message }';
const SIGN_IN = `mutation SignIn($input: SessionCreateInput!) { sessionCreate(input: $input) { ${SESSION} } }`;
const REFRESH = `mutation Refresh($input: SessionRefreshInput!) { sessionRefresh(input: $input) { ${SESSION} } }`;
const SIGN_OUT = 'mutation SignOut($input: SessionEndInput!) { sessionEnd(input: $input) { ended } }';

let state: State = { session: stored(), notice: '', endings: 0 };
let refreshing: Promise<Session | null> | null = null;
const listeners = new Set<() => void>();

function stored(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Session | null;
  } catch {
    return null;
  }
}

function change(next: Partial<State>) {
  state = { ...state, ...next };
  if (state.session) sessionStorage.setItem(KEY, JSON.stringify(state.session));
  else sessionStorage.removeItem(KEY);
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const useSession = () => useSyncExternalStore(subscribe, () => state);

async function ask(query: string, input: object): Promise<Answer> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  return (await response.json()) as Answer;
}

/** The session of an answer, or an error with the server's words. */
function granted({ data, errors }: Answer): Session {
  const payload = Object.values(data ?? {})[0];
  if (payload?.session) return payload.session;
  throw new Error(payload?.userErrors[0]?.message ?? errors?.[0]?.message ?? 'The server did not say why.');
}

export async function signIn(username: string, password: string) {
  try {
    change({ session: granted(await ask(SIGN_IN, { username, password })), notice: '' });
  } catch (error) {
    change({ notice: `Not signed in: ${(error as Error).message}` });
  }
}

/** Ends the session here first: it must be over on this machine also when the server is away. */
export async function signOut() {
  const ended = state.session;
  change({ session: null, notice: '', endings: state.endings + 1 });
  if (ended) await ask(SIGN_OUT, { refreshToken: ended.refreshToken }).catch(() => undefined);
}

async function refresh(old: Session): Promise<Session | null> {
  const answer = await ask(REFRESH, { refreshToken: old.refreshToken });
  try {
    const session = granted(answer);
    // Whoever signed out meanwhile stays signed out.
    if (state.session === old) change({ session });
    return state.session;
  } catch {
    if (state.session === old) change({ session: null, notice: 'Your session has ended. Sign in again.' });
    return null;
  }
}

/** The value of the header Authorization, of a token that is good for a while; undefined when nobody is signed in. */
export async function authorization(): Promise<string | undefined> {
  let session = state.session;
  if (session && Date.parse(session.expiresAt) - Date.now() < MARGIN_MS) {
    // A refresh token is good for one exchange: all who wait share it.
    refreshing ??= refresh(session).finally(() => (refreshing = null));
    session = await refreshing;
  }
  return session ? `Bearer ${session.accessToken}` : undefined;
}

/** Says in words what an answer with the code UNAUTHENTICATED means here. */
export function explain(answer: unknown) {
  const errors = (answer as { errors?: { extensions?: { code?: string } }[] } | null)?.errors ?? [];
  if (!errors.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) return;
  change({
    session: null,
    notice: state.session
      ? 'The server no longer accepts your session. Sign in again, then run the operation once more.'
      : 'This operation is only for people who are signed in. Sign in, then run it once more.',
  });
}
