// Every TypeScript and Python test, side by side, with a closing line of counts for each runner. With --soak, the long
// runs instead. Other arguments choose files and options of vitest, and leave out pytest.
import { spawn } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const soak = process.argv.includes("--soak");
const only = process.argv.slice(2).filter((argument) => argument !== "--soak");
const report = join(tmpdir(), `seer-vitest-${process.pid}.json`);
const config = soak ? "vitest.soak.config.ts" : "vitest.config.ts";

const [vitestStatus, python] = await Promise.all([
  run("vitest", [
    ...["run", "--config", config, "--reporter=default", "--reporter=json"],
    ...[`--outputFile.json=${report}`, ...only],
  ]),
  only.length === 0 ? runPytest() : { passed: true, output: "" },
]);
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
process.stdout.write(python.output);
console.log(`vitest: ${counts}`);
process.exit(vitestStatus === 0 && python.passed ? 0 : 1);

/** One run a folder, so that each finds the pytest settings of its own package. */
async function runPytest() {
  let passed = true;
  let output = "";
  for (const folder of globSync(["packages/*/python/tests", "examples/*/test"]).sort()) {
    const files = globSync(`${folder}/**/test_*.py`);
    const isWanted = (file) => !soak || readFileSync(file, "utf8").includes("pytest.mark.soak");
    if (!files.some(isWanted)) continue;
    output += `\npytest ${folder}\n`;
    const status = await run("pytest", ["-q", ...(soak ? ["-m", "soak"] : []), folder], (text) => {
      output += text;
    });
    passed &&= status === 0;
  }
  return { passed, output };
}

function run(command, args, collect) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: collect ? ["ignore", "pipe", "pipe"] : "inherit" });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", collect);
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("close", (status) => resolve(status ?? 1));
  });
}
