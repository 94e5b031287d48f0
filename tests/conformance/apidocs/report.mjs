// How results are told to `cargo xtask conformance`.

/** Prints what failed and the counts, and ends the process. */
export function report(suite, passed, failures) {
  for (const failure of failures) console.log(`FAILED ${suite}: ${failure}`);
  console.log(`${suite}: ${passed} passed, ${failures.length} failed`);
  process.exit(failures.length === 0 && passed > 0 ? 0 : 1);
}
