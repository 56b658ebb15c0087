import type { Usage } from "../messages.ts";

/** What a run has used so far. */
export class RunTotals {
  turns = 0;
  usage: Usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };

  add(usage: Usage): void {
    this.usage = {
      inputTokens: this.usage.inputTokens + usage.inputTokens,
      cachedInputTokens: this.usage.cachedInputTokens + usage.cachedInputTokens,
      outputTokens: this.usage.outputTokens + usage.outputTokens,
    };
  }
}
