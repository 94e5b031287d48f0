// Builds the page from its sources and compares every file with what is committed: what the binary serves is what the sources say.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { report } from './report.mjs';

const source = join(process.env.GANTRY_SOURCE, 'web/apidocs');
const copy = 'build';

/** Contents by path of all files in a folder. */
function files(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

rmSync(copy, { recursive: true, force: true });
cpSync(source, copy, { recursive: true, filter: (path) => !['dist', 'node_modules'].includes(basename(path)) });
for (const args of [['ci', '--no-audit', '--no-fund', '--ignore-scripts'], ['run', 'check'], ['run', 'build']]) {
  execFileSync('npm', args, { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'] });
}

const [committed, built] = [files(join(source, 'dist')), files(join(copy, 'dist'))];
const failures = [];
for (const name of new Set([...committed.keys(), ...built.keys()])) {
  if (!committed.has(name)) failures.push(`${name} is not committed`);
  else if (!built.has(name)) failures.push(`${name} is committed and not built any more`);
  else if (!committed.get(name).equals(built.get(name))) failures.push(`${name} differs`);
}
if (failures.length) failures.push('build it anew: cd web/apidocs && npm ci --ignore-scripts && npm run build');
report('build', built.size - Math.max(0, failures.length - 1), failures);
