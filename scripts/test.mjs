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
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  counts = `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`;
} catch {
  // A run that never got as far as a report has failed, and says so by its status.
} finally {
  rmSync(report, { force: true });
}

let pytestFailed = false;
if (only.length === 0) {
  // One run a folder, so that each finds the pytest settings of its own package.
  for (const tests of globSync(["packages/*/python/tests", "examples/*/test"]).sort()) {
    if (globSync(`${tests}/**/test_*.py`).length === 0) continue;
    console.log(`\npytest ${tests}`);
    const { status } = spawnSync("pytest", ["-q", tests], { stdio: "inherit" });
    pytestFailed ||= status !== 0;
  }
}
console.log(`vitest: ${counts}`);
process.exit(vitest.status === 0 && !pytestFailed ? 0 : 1);
