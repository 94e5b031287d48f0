// Compares the schema with that of the last release (released.graphql) and fails on breaking changes that CHANGELOG.md does not
// name in its Unreleased section: each by its coordinate in backticks, such as `Study.series`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const source = process.env.GANTRY_SOURCE ?? '../../..';
const released = readFileSync('released.graphql', 'utf8');
const current = readFileSync(join(source, 'schema.graphql'), 'utf8');

/** What git prints; undefined where there is no repository, no tag, or the tag has no such file. */
function git(...words) {
  try {
    return execFileSync('git', ['-C', source, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** A release writes its schema.graphql to released.graphql too. An archive without git has nothing to check that by. */
function staleRelease() {
  const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*')?.trim();
  if (!tag) {
    console.log('no release is tagged yet: compared with released.graphql alone, the schema of 0.1.0');
    return [];
  }
  const same = git('show', `${tag}:schema.graphql`) === released;
  return same ? [] : [`released.graphql is not the schema.graphql of ${tag}: copy it there`];
}

/** The text between the heading "Unreleased" and the next heading of its level. */
function unreleased() {
  const changelog = readFileSync(join(source, 'CHANGELOG.md'), 'utf8');
  const section = /^## \[Unreleased\]\n([\s\S]*?)(?=^## )/m.exec(changelog);
  if (!section) throw new Error('CHANGELOG.md has no section [Unreleased]');
  return section[1];
}

const named = new Set([...unreleased().matchAll(/`([^`\s]+)`/g)].map(([, word]) => word));
const changes = await diff(buildSchema(released), buildSchema(current));
const of = (level) => changes.filter(({ criticality }) => criticality.level === level);
const breaking = of(CriticalityLevel.Breaking);
for (const { path, message } of of(CriticalityLevel.Dangerous)) console.log(`look twice: ${path}: ${message}`);

const failures = staleRelease();
for (const { path, message } of breaking) {
  if (named.has(path)) console.log(`breaking, and listed: ${path}: ${message}`);
  else failures.push(`CHANGELOG.md does not list a breaking change, \`${path}\`: ${message}`);
}
for (const failure of failures) console.log(`FAILED schema: ${failure}`);
console.log(`${changes.length} changes since the last release, ${breaking.length} of them breaking`);
console.log(`schema: ${breaking.length + 1 - failures.length} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
