import { expect, test } from "vitest";
import { killStarts } from "../kills/kill-starts.ts";
import { isolations } from "./support/home.ts";

// A few of them; `pnpm --filter @seer/environment kill-starts` kills as many as you like, on Modal's emulator too.
test.each(isolations)(
  "kill -9 at random moments of a start leaves nothing, with isolation %s",
  async (isolation) => {
    const seed = Date.now() % 1_000_000;
    const kills = await killStarts({ backend: "local", isolation, count: 5, seed, leaseMs: 300 });
    expect(kills.length).toBe(7);
    expect(
      kills.filter(({ left }) => left.length > 0),
      `seed ${seed}`,
    ).toEqual([]);
  },
  120_000,
);
