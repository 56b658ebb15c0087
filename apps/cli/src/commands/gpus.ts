import { listGpus } from "@seer/environment";
import { dollars } from "../terminal/amounts.ts";
import { style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

/** `seer gpus` */
export async function gpus({ json = false }: { json?: boolean }): Promise<void> {
  const list = await listGpus();
  if (json) {
    console.log(JSON.stringify(list, null, 2));
    return;
  }
  const rows = list.gpus.map(({ name, memoryGiB, goodFor, usdPerHour, mostOnModal }) => [
    name,
    `${memoryGiB} GB`,
    goodFor,
    mostOnModal === 0 || usdPerHour.modal === undefined ? "-" : dollars(usdPerHour.modal),
    usdPerHour.local === undefined ? "-" : dollars(usdPerHour.local),
  ]);
  const hasLocal = list.gpus.some(({ usdPerHour }) => usdPerHour.local !== undefined);
  const columns = hasLocal ? 5 : 4;
  const header = ["GPU", "MEMORY", "MODELS IN BF16", "MODAL, AN HOUR", "HERE, AN HOUR"];
  const [first = "", ...lines] = table(
    header.slice(0, columns),
    rows.map((row) => row.slice(0, columns)),
  ).split("\n");
  const paint = style(process.stdout);
  console.log([paint("bold", first), ...lines].join("\n"));
  const { date, source } = list.prices;
  process.stderr.write(
    `${style(process.stderr)("dim", `Prices per GPU, as of ${date} (${source}). Set \`gpuCount\` for several in one machine.`)}\n`,
  );
}
