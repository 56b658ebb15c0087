import { HarnessError } from "../errors.ts";
import type { Provider } from "./provider.ts";
import { readScript } from "./script/read-script.ts";
import { ScriptProvider } from "./script/script-provider.ts";
import type { ScriptTurnInput } from "./script/script-schema.ts";

export const providerNames = ["script", "claude", "openai", "gemini"] as const;

/** The names of providers; this version refuses those that it cannot run yet, and lists the available ones. */
export type ProviderName = (typeof providerNames)[number];

const available: readonly ProviderName[] = ["script"];

/** @throws HarnessError `harness/provider-unavailable`, or an error in the script */
export async function createProvider(
  provider: ProviderName | Provider,
  script: string | URL | readonly ScriptTurnInput[] | undefined,
): Promise<Provider> {
  if (typeof provider !== "string") return provider;
  if (provider !== "script") {
    throw new HarnessError(
      "harness/provider-unavailable",
      `The provider \`${provider}\` is not part of this version of Seer; available: ${available.join(", ")}`,
      { hint: 'Use `provider: "script"`, or pass your own object with a `startTurn` method.' },
    );
  }
  if (script === undefined) {
    throw new HarnessError("harness/provider-unavailable", "The provider `script` needs a script", {
      hint: "Give `script`: the path of a JSON file of turns, or an array of them.",
    });
  }
  return new ScriptProvider(await readScript(script));
}
