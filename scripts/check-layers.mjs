// Checks the direction of imports between the folders of each package: no folders import each other, in a circle of any
// length, and where a package has layers, none imports from a layer above its own.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** From the top down. Files beside the folders may be imported by all, but for `index.ts`. */
const layers = {
  "packages/environment": [
    ["sandbox", "storage", "idle", "snapshots"],
    ["serve", "services", "cost", "backends", "backends/local", "backends/modal", "backends/docker"],
    ["models"],
    ["runtime"],
    ["plan"],
  ],
};

const problems = [];
for (const source of globSync("{packages,apps,tools}/*/src").sort()) {
  const imports = importsBetweenFolders(source);
  problems.push(...circles(source, imports));
  const rows = layers[dirname(source)];
  if (rows !== undefined) problems.push(...upwardImports(source, imports, rows));
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/** Which folder imports which, with the files that do: `Map { folder => Map { folder => ["a.ts -> b.ts"] } }`. */
function importsBetweenFolders(source) {
  const imports = new Map();
  for (const file of globSync(`${source}/**/*.{ts,tsx}`)) {
    const text = readFileSync(file, "utf8");
    for (const [, path] of text.matchAll(/(?:from|import\(|import)\s*"(\.[^"]+)"/g)) {
      const imported = join(dirname(file), path);
      const [from, to] = [folderOf(relative(source, file)), folderOf(relative(source, imported))];
      if (from === to) continue;
      const targets = imports.get(from) ?? new Map();
      imports.set(from, targets);
      targets.set(to, [
        ...(targets.get(to) ?? []),
        `${relative(source, file)} -> ${relative(source, imported)}`,
      ]);
    }
  }
  return imports;
}

/** A file beside the folders stands for itself; each backend is a folder of its own. */
function folderOf(path) {
  const parts = path.split(sep);
  return parts.slice(0, parts[0] === "backends" && parts.length > 2 ? 2 : 1).join("/");
}

function circles(source, imports) {
  const found = [];
  const done = new Set();
  const follow = (folder, path) => {
    if (path.includes(folder)) {
      const circle = [...path.slice(path.indexOf(folder)), folder];
      const files = circle.slice(1).map((to, index) => `  ${imports.get(circle[index]).get(to)[0]}`);
      found.push([`${source}: folders import each other: ${circle.join(" -> ")}`, ...files].join("\n"));
      return;
    }
    if (done.has(folder)) return;
    for (const next of imports.get(folder)?.keys() ?? []) follow(next, [...path, folder]);
    done.add(folder);
  };
  for (const folder of imports.keys()) follow(folder, []);
  return found;
}

function upwardImports(source, imports, rows) {
  const rowOf = (folder) => rows.findIndex((row) => row.includes(folder));
  const found = [];
  for (const [from, targets] of imports) {
    if (from === "index.ts") continue;
    if (rowOf(from) < 0 && !from.endsWith(".ts"))
      found.push(`${source}: ${from} has no layer in scripts/check-layers.mjs`);
    for (const [to, files] of targets) {
      const isUp = to === "index.ts" || (rowOf(to) >= 0 && (rowOf(from) < 0 || rowOf(to) < rowOf(from)));
      if (isUp)
        found.push(`${source}: ${from} imports from ${to}, which is above it:\n  ${files.join("\n  ")}`);
    }
  }
  return found;
}
