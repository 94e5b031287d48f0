// Where the server is, how results are told, and how a named check is run.

/** The GraphQL URL: first argument, or GANTRY_URL (a server's root or its /graphql path). */
export function serverUrl() {
  const given = process.argv[2] ?? process.env.GANTRY_URL ?? 'http://127.0.0.1:8000';
  const url = new URL(given);
  if (url.pathname === '/') url.pathname = '/graphql';
  return url;
}

/** The same place as a WebSocket. */
export function socketUrl() {
  const url = serverUrl();
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

/** The operation that streams, from the environment; undefined when none was given. */
export function subscription() {
  const query = process.env.GANTRY_SUBSCRIPTION;
  if (!query) return undefined;
  return { query, variables: JSON.parse(process.env.GANTRY_SUBSCRIPTION_VARIABLES ?? '{}') };
}

/** Authorization of GANTRY_TOKEN, or nothing. */
export function credentials() {
  const token = process.env.GANTRY_TOKEN;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Runs checks one after another, each within fifteen seconds, and reports. */
export async function run(suite, checks) {
  const failures = [];
  let passed = 0;
  for (const [name, check] of Object.entries(checks)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer within 15 s')), 15_000);
    });
    try {
      await Promise.race([check(), late]);
      passed += 1;
    } catch (error) {
      failures.push(`${name}: ${error?.message ?? JSON.stringify(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
  report(suite, passed, failures);
}

/** Prints what failed and the counts, and ends the process. */
export function report(suite, passed, failures) {
  for (const failure of failures) console.log(`FAILED ${suite}: ${failure}`);
  console.log(`${suite}: ${passed} passed, ${failures.length} failed`);
  process.exit(failures.length === 0 && passed > 0 ? 0 : 1);
}
