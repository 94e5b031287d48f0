// PostGraphile 5 as a peer of Gantry's GraphQL API, a process for each core; ../README.md says what is measured.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const CONNECTIONS = 16;
const workers = availableParallelism();

const preset = {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
  // It would leave out filters of columns that have no index to themselves.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: CONNECTIONS / workers },
    }),
  ],
  grafserv: { graphiql: false, websockets: false, outputDataAsString: true },
};

if (cluster.isPrimary) {
  const { version } = JSON.parse(readFileSync("node_modules/postgraphile/package.json"));
  let waiting = workers;
  cluster.on("listening", () => {
    waiting -= 1;
    if (waiting === 0) console.log(`postgraphile ${version}`);
  });
  for (let n = 0; n < workers; n += 1) cluster.fork();
} else {
  // What it warns of (columns of types that it does not know) must not come before the name.
  console.log = console.error;
  const server = createServer();
  const instance = postgraphile(preset);
  await instance.getSchema();
  await instance.createServ(grafserv).addTo(server);
  server.listen(Number(process.env.PORT), "127.0.0.1");
}
