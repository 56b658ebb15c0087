import { expect, test } from "vitest";
import { Turns } from "../../src/run/turns.ts";

const never = new AbortController().signal;

test("turns come in order, one at a time", async () => {
  const turns = new Turns();
  const events: string[] = [];
  const work = async (name: string) => {
    using _ = await turns.take(never);
    events.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.push(`${name} ends`);
  };
  await Promise.all([work("a"), work("b"), work("c")]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("who gives up waiting holds up nobody, and takes no turn", async () => {
  const turns = new Turns();
  const first = await turns.take(never);
  const impatient = new AbortController();
  const given = turns.take(impatient.signal);
  const third = turns.take(never);
  impatient.abort(new Error("no time"));
  await expect(given).rejects.toThrow("no time");

  let began = false;
  void third.then(() => {
    began = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(began).toBe(false);
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await expect(turns.take(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
  (await turns.take(never))[Symbol.dispose]();
});
