// A size stands alone in a name: `Llama-3.1-70B-Instruct`, `mixtral-8x7b`; not `Qwen3-30B-A3B`'s second, nor `4bit`.
const size = /(?<![A-Za-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![A-Za-z0-9])/i;
const eightBit = /(?<![a-z0-9])(fp8|int8|8[-_]?bit|w8a\d+)(?![a-z0-9])/i;
const fourBit = /(?<![a-z0-9])(int4|4[-_]?bit|awq|gptq|nf4|fp4|nvfp4|w4a\d+)(?![a-z0-9])/i;

/** How many bytes the weights of a model on the hub have, as far as its id says: 2 for each parameter it names. */
export function bytesByName(id: string): number | undefined {
  const name = id.split("/").at(-1) ?? id;
  const found = size.exec(name);
  if (found === null) return undefined;
  const [, experts = "1", number, unit] = found;
  const parameters = Number(experts) * Number(number) * (unit?.toLowerCase() === "b" ? 1e9 : 1e6);
  const bytesEach = fourBit.test(name) ? 0.5 : eightBit.test(name) ? 1 : 2;
  return parameters * bytesEach;
}
