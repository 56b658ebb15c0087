import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const proto = new URL("../../proto/", import.meta.url);
const require = createRequire(import.meta.url);
const sdk = readFileSync(join(dirname(require.resolve("modal")), "index.js"), "utf8");

/** The fields of each message as the SDK's own generated encoders write them. */
function encoderFields(name: string): Map<string, number>[] {
  const encoders = sdk.matchAll(new RegExp(`\\nvar ${name} = \\{\\n  encode\\(message.*?\\n  \\},`, "gs"));
  return [...encoders].map(([text]) => {
    const fields = new Map<string, number>();
    // Scalars: writer.uint32(TAG).string(message.field). Messages: Type.encode(message.field, writer.uint32(TAG)…
    for (const [, tag, field] of text.matchAll(/uint32\((\d+)\)\.\w+\(message\.(\w+)\)/g))
      fields.set(field ?? "", Number(tag) >> 3);
    for (const [, field, tag] of text.matchAll(/encode\(message\.(\w+), writer\.uint32\((\d+)\)/g))
      fields.set(field ?? "", Number(tag) >> 3);
    // Lists and maps: a loop over message.field, with the tag in its body.
    for (const [, field, tag] of text.matchAll(
      /message\.(\w+)\)(?:\.forEach| \{)[\s\S]{0,160}?uint32\((\d+)\)/g,
    )) {
      if (!fields.has(field ?? "")) fields.set(field ?? "", Number(tag) >> 3);
    }
    return fields;
  });
}

interface Field {
  message: string;
  field: string;
  number: number;
}

function protoFields(): Field[] {
  const found: Field[] = [];
  for (const file of ["modal-client.proto", "task-command-router.proto"]) {
    const path: string[] = [];
    for (const line of readFileSync(new URL(file, proto), "utf8").split("\n")) {
      const opening = /^\s*(message|oneof|service)\s+(\w+)\s*\{(.*)/.exec(line);
      const field = /(?:repeated |optional )?[\w.<>, ]+\s+(\w+) = (\d+);/.exec(line);
      const [, kind, name = "", rest = ""] = opening ?? [];
      if (kind === "message") path.push(name);
      else if (kind !== undefined) path.push("");
      if (field !== null) {
        const message = path.filter((part) => part !== "").join("_");
        const camel = (field[1] ?? "").replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
        found.push({ message, field: camel, number: Number(field[2]) });
      }
      if (/^\s*\}/.test(line) || rest.includes("}")) path.pop();
    }
  }
  return found;
}

/** `Any` has a name of its own here, because proto-loader has its own idea of google.protobuf.Any. */
const RENAMED: Record<string, string> = { PackedDetail: "Any" };

it("are those of the SDK's own encoders", () => {
  const fields = protoFields();
  expect(fields.length).toBeGreaterThan(150);
  const wrong = fields.filter(({ message, field, number }) => {
    const encoders = encoderFields(RENAMED[message] ?? message);
    return !encoders.some((encoder) => encoder.get(field) === number);
  });
  expect(wrong).toEqual([]);
});
