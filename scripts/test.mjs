// Every TypeScript and Python test, with a closing line of counts for each runner.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const only = process.argv.slice(2);
const report = join(tmpdir(), `seer-vitest-${process.pid}.json`);

const vitest = spawnSync(
  "vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...only],
  { stdio: "inherit" },
);
let counts = "no report";
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
  counts = `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`;
} catch {
  // A run that never got as far as a report has failed, and says so by its status.
} finally {
  rmSync(report, { force: true });
}

let pytestStatus = 0;
if (only.length === 0) {
  const folders = globSync(["packages/*/python/tests", "examples/*/test"]).filter(
    (folder) => globSync(`${folder}/test_*.py`).length > 0,
  );
  pytestStatus = spawnSync("pytest", ["-q", ...folders], { stdio: "inherit" }).status ?? 1;
}
console.log(`vitest: ${counts}`);
process.exit(vitest.status || pytestStatus);
