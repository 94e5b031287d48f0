// PostGraphile 4 as a peer of Gantry's GraphQL API, a process for each core; ../README.md says what is measured.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import simplify from "@graphile-contrib/pg-simplify-inflector";
import pg from "pg";
import { postgraphile } from "postgraphile";
import filters from "postgraphile-plugin-connection-filter";

const CONNECTIONS = 16;
const workers = availableParallelism();

if (cluster.isPrimary) {
  const { version } = JSON.parse(readFileSync("node_modules/postgraphile/package.json"));
  let waiting = workers;
  cluster.on("listening", () => {
    waiting -= 1;
    if (waiting === 0) console.log(`postgraphile ${version}`);
  });
  for (let n = 0; n < workers; n += 1) cluster.fork();
} else {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: CONNECTIONS / workers });
  const handler = postgraphile(pool, "public", {
    appendPlugins: [simplify, filters],
    disableDefaultMutations: true,
    disableQueryLog: true,
    dynamicJson: true,
    legacyRelations: "omit",
    setofFunctionsContainNulls: false,
  });
  await handler.getGraphQLSchema();
  createServer(handler).listen(Number(process.env.PORT), "127.0.0.1");
}
