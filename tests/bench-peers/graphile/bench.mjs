// graphile-worker as a peer of Gantry's job engine; ../README.md says what is measured.
//
// The settings of --local-queue are those of graphile-worker's own page on performance.

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const TASK = "no_operation";
const AT_ONCE = 1000;
const IDLE_SLOTS = 4;
const PAUSE_MS = 10;
const WARM_UP = 5;

const connectionString = process.env.DATABASE_URL;
const logger = new Logger(() => () => {});
const flags = process.argv.slice(2);
const localQueue = flags[0] === "--local-queue";
const [measure, ...numbers] = localQueue ? flags.slice(1) : flags;

let handled = 0;
let onStart = () => {};

function worker(slots) {
  const batches = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  return run({
    preset: { worker: localQueue ? batches : {} },
    connectionString,
    logger,
    concurrency: slots,
    maxPoolSize: Math.max(10, slots + 1),
    noHandleSignals: true,
    taskList: {
      [TASK]: async () => {
        const started = performance.now();
        handled += 1;
        onStart(started);
      },
    },
  });
}

// Jobs that are done are deleted; what failed stays.
async function untilDone() {
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (;;) {
    const { rows } = await client.query("SELECT count(*)::int AS left FROM graphile_worker._private_jobs");
    if (rows[0].left === 0) break;
    await sleep(5);
  }
  await client.end();
}

async function jobsPerSecond(utils, slots, count) {
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from);
    await utils.addJobs(Array.from({ length }, (_, i) => ({ identifier: TASK, payload: { number: from + i } })));
  }
  let first;
  const all = new Promise((resolve) => {
    onStart = (started) => {
      first ??= started;
      if (handled === count) resolve();
    };
  });
  const runner = await worker(slots);
  await all;
  await untilDone();
  const seconds = (performance.now() - first) / 1000;
  await runner.stop();
  if (handled !== count) throw new Error(`${handled} of ${count} jobs were handled`);
  return count / seconds;
}

async function starts(count) {
  const runner = await worker(IDLE_SLOTS);
  const client = new pg.Client({ connectionString });
  await client.connect();
  const waits = [];
  for (let number = -WARM_UP; number < count; number += 1) {
    await sleep(PAUSE_MS);
    const start = new Promise((resolve) => {
      onStart = resolve;
    });
    await client.query("BEGIN");
    await client.query("SELECT graphile_worker.add_job($1, payload := $2)", [TASK, { number }]);
    await client.query("COMMIT");
    const committed = performance.now();
    const started = await start;
    if (number >= 0) waits.push(Math.max(0, started - committed));
  }
  await client.end();
  await untilDone();
  await runner.stop();
  if (handled !== count + WARM_UP) throw new Error(`${handled} of ${count + WARM_UP} jobs were handled`);
  return waits.sort((one, other) => one - other);
}

const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
const peer = localQueue ? "graphile-worker, local queue" : "graphile-worker";
const { version } = createRequire(import.meta.url)("graphile-worker/package.json");
if (measure === "jobs") {
  const [slots, count] = numbers.map(Number);
  console.log(JSON.stringify({ peer, version, slots, jobs_per_second: await jobsPerSecond(utils, slots, count) }));
} else {
  const waits = await starts(Number(numbers[0]));
  const at = (part) => waits[Math.floor((waits.length * part) / 100)];
  console.log(JSON.stringify({ peer, version, start_p50_ms: at(50), start_p99_ms: at(99) }));
}
await utils.release();
