import { readFileSync } from "node:fs";
import type { ServedInterface } from "@seer/rpc";
import { Skill } from "@seer/workspace";
import { slug } from "../interface/identifiers.ts";
import type { ExposedFunction, Interface } from "../interface/model.ts";
import { readInterface } from "../interface/read-interface.ts";
import { exampleArguments, exampleFunction } from "../markdown/example.ts";
import { fence } from "../markdown/fence.ts";
import { interfaceDocs } from "../markdown/interface-docs.ts";
import { packageFile } from "../package-file.ts";
import { clientFiles } from "../python/client-files.ts";
import { endpointFile } from "../python/endpoint-file.ts";
import { PythonNames } from "../python/names.ts";

const longestName = 64;
const longestDescription = 1024;

/** A served interface as an Agent Skill, with a script that calls its functions and needs nothing but Python. */
export function toSkill(served: ServedInterface): Skill {
  const read = readInterface(served.name, served.description);
  const docs = interfaceDocs(read, new PythonNames({ functions: [], types: read.types }));
  return Skill.create({
    name: slug(served.name, longestName) || "tools",
    description: descriptionOf(read),
    instructions: instructionsOf(read),
    files: {
      "references/functions.md": `# The functions of ${served.name}\n\n${docs}\n`,
      ...Object.fromEntries(["call.py", "render.py"].map((name) => [`scripts/${name}`, script(name)])),
      "scripts/_endpoint.json": endpointFile(served),
      ...clientFiles("scripts/seer_client"),
    },
  });
}

/** What the skill does and when to use it: all that an agent sees of it until it decides to. */
function descriptionOf({ name, doc, functions }: Interface): string {
  const what = firstParagraph(doc) || `The Python functions of ${name}.`;
  const names = functions.map((fn) => fn.name).join(", ");
  const text = `${what} Use when a task needs ${name} or what its functions do, which run in a sandbox: ${names}.`;
  const plain = text.replaceAll(/[<>]/g, "").replaceAll(/\s+/g, " ");
  return plain.length <= longestDescription ? plain : `${plain.slice(0, longestDescription - 1)}…`;
}

function instructionsOf({ name, functions }: Interface): string {
  const example = exampleFunction(functions);
  const call = (more: string) =>
    `python3 scripts/call.py ${example?.name ?? "FUNCTION"} ${shellQuote(
      JSON.stringify(example === undefined ? {} : exampleArguments(example)),
    )}${more}`;
  return [
    `# ${name}`,
    "These functions run in a sandbox and keep their state from one call to the next:",
    functions.map(summary).join("\n"),
    "Read [references/functions.md](references/functions.md) for their parameters and results before you call them.",
    "## Calling",
    "From this skill's directory, with the arguments as a JSON object by name:",
    fence("sh", call("")),
    [
      "- The result is printed as JSON on standard output, what the function itself prints on standard error.",
      "- When the function raises, its traceback is on standard error and the exit code is 1.",
      "- Long arguments can come from standard input: give `-` in their place.",
      "- A picture in the result is written to a file in the current directory, whose name the result has in its place.",
      "- Long arrays and bytes are shown by their beginning; `--save DIR` writes them there, and the pictures too.",
    ].join("\n"),
  ].join("\n\n");
}

function script(name: string): string {
  return readFileSync(packageFile(`python/src/${name}`), "utf8");
}

function summary({ name, description }: ExposedFunction): string {
  const line = firstParagraph(description).replaceAll(/\s+/g, " ");
  return `- \`${name}\`${line === "" ? "" : `: ${line}`}`;
}

function firstParagraph(text: string): string {
  return (text.split(/\n\s*\n/)[0] ?? "").trim();
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
