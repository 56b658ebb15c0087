import { HarnessError } from "../errors.ts";
import type { Provider } from "./provider.ts";
import { readScript } from "./script/read-script.ts";
import { ScriptProvider } from "./script/script-provider.ts";
import type { ScriptTurnInput } from "./script/script-schema.ts";

export const providerNames = ["script", "claude", "openai", "gemini"] as const;

/** The providers that Seer knows; what this version cannot run yet is refused with a list of what it can. */
export type ProviderName = (typeof providerNames)[number];

const available: readonly ProviderName[] = ["script"];

/** @throws HarnessError `harness/provider-unavailable`, or what is wrong with the script */
export async function createProvider(
  provider: ProviderName | Provider,
  script: string | URL | readonly ScriptTurnInput[] | undefined,
): Promise<Provider> {
  if (typeof provider !== "string") return provider;
  if (provider !== "script") {
    throw new HarnessError(
      "harness/provider-unavailable",
      `The provider \`${provider}\` is not part of this version of Seer; it has: ${available.join(", ")}`,
      { hint: 'Use `provider: "script"`, or pass an object of your own with a `startTurn` method.' },
    );
  }
  if (script === undefined) {
    throw new HarnessError("harness/provider-unavailable", "The provider `script` has nothing to play", {
      hint: "Give `script`: the path of a JSON file of turns, or an array of them.",
    });
  }
  return new ScriptProvider(await readScript(script));
}
