import { expect, test } from "vitest";
import { killStarts } from "../kills/kill-starts.ts";
import { isolations } from "./support/home.ts";

// A few of them; `pnpm --filter @seer/environment kill-starts` kills as many as you like, on Modal's emulator too.
test.each(isolations)(
  "kill -9 at random moments of a start leaves nothing, with isolation %s",
  async (isolation) => {
    const kills = await killStarts({ backend: "local", isolation, count: 5, seed: 5, leaseMs: 300 });
    expect(kills.length).toBe(7);
    expect(kills.filter(({ left }) => left.length > 0)).toEqual([]);
  },
);
