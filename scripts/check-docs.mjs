// Compiles every code fence of every page: TypeScript with the project's own strict settings, Python for syntax.
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const scratch = "tests/.docs";
const pages = globSync(["*.md", "docs/**/*.md", "{packages,apps,examples,tools}/*/*.md"]).sort();
const fence = /^```(ts|python)\n(.*?)^```$/gms;

rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const counts = { ts: 0, python: 0 };
for (const page of pages) {
  const text = readFileSync(page, "utf8");
  for (const match of text.matchAll(fence)) {
    const [, language, code] = match;
    const line = text.slice(0, match.index).split("\n").length;
    const file = `${page.replaceAll(/[/.]/g, "-")}-line-${line}.${language === "ts" ? "ts" : "py"}`;
    writeFileSync(join(scratch, file), language === "ts" ? `${code}\nexport {};\n` : code);
    counts[language]++;
  }
}
writeFileSync(
  join(scratch, "tsconfig.json"),
  JSON.stringify({
    extends: "../../tsconfig.base.json",
    compilerOptions: { noUnusedLocals: false },
    include: ["*.ts"],
  }),
);

const python = `import glob, sys
for file in sorted(glob.glob("${scratch}/*.py")):
    compile(open(file, encoding="utf8").read(), file, "exec")`;
const runs = [counts.ts && ["tsc", ["-p", scratch]], counts.python && ["python", ["-c", python]]].filter(
  Boolean,
);
for (const [command, args] of runs) {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${counts.ts} TypeScript and ${counts.python} Python fences in ${pages.length} pages compile`);
