// Runs every audit of npm graphql-http (GraphQL over HTTP) against a Gantry server.
import { serverAudits } from 'graphql-http';
import { serverUrl, report } from './target.mjs';

const failures = [];
let passed = 0;
for (const audit of serverAudits({ url: serverUrl().href })) {
  const result = await audit.fn();
  if (result.status === 'ok') passed += 1;
  else failures.push(`${result.id} ${result.name}: ${result.reason ?? result.status}`);
}
report('graphql-http', passed, failures);
