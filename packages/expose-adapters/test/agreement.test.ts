import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "./served.ts";
import { type Surfaces, surfaceNames, surfacesOf } from "./surfaces.ts";

/** A call, and its result or a part of its error. */
type Case = readonly [name: string, args: Record<string, unknown>, expected: unknown];

const tree = { value: 1, left: { value: 2, left: null, right: null }, right: null };
const everything = { int: 1, list: ["a"], match: null, _Everything__hidden: 0.25 };

const interfaces: Record<string, readonly Case[]> = {
  interface: [
    ["get_model_info", {}, { num_layers: 26, hidden_size: 2304, name: "tiny" }],
    [
      "get_embedding",
      { text: "ü\n\"'\\", layer: 3 },
      expect.objectContaining({ text: "ü\n\"'\\", layer: 3 }),
    ],
    [
      "positional",
      { a: 1, b: 0.5, rest: [2], z: "x" },
      { a: 1, b: 0.5, rest: [2], scale: 1, labels: { z: "x" } },
    ],
    ["choose", { mode: 3, pooling: "last" }, "3 LAST None"],
    ["choose", { mode: "slow" }, /mode: expected one of 'fast', 'exact', 3, got 'slow'/],
    ["train", { probe: { layer: 1, direction: [0.5] } }, expect.objectContaining({ label: "unnamed" })],
    [
      "train",
      { probe: { layer: 1, directions: [] } },
      /probe\.directions: .*layer, direction, label, children/,
    ],
    [
      "spans",
      { text: "abc" },
      [
        { start: 0, end: 3 },
        { start: 1, end: -1 },
      ],
    ],
    ["dates", { day: "2024-02-29", path: "a/b", wait: 90 }, "2024 b 90.0 "],
    ["dates", { day: "yesterday" }, /day: expected an ISO 8601 date/],
    ["awkward", { value: { class: 1, list: [], "a-b": "x" } }, { class: 2, list: [], "a-b": "x" }],
    ["fail", { kind: "value" }, /layer 40 of 26/],
    ["fail", { kind: "own" }, /no such probe/],
    ["fail", { kind: "key" }, /'missing'/],
    ["unsendable", {}, /result\['model'\] is of type object, which cannot be sent/],
    ["constrained", { layer: 1, names: ["a", "b"] }, ["a@1", "b@1"]],
    ["constrained", { layer: 1, names: ["a", 2] }, /names\[1\]: expected a string, got 2/],
    [
      "items",
      { count: 2 },
      [
        [0, "0"],
        [1, "1"],
      ],
    ],
    ["nothing", {}, null],
    ["list", { int: "a", str: "b", fn_name: "c" }, expect.objectContaining({ fn_name: "c", _call: '"""' })],
    ["delete", {}, "a function called `delete`"],
    ["Any", { value: { $key: [1, null, true] } }, { $key: [1, null, true] }],
  ],
  types: [
    ["any_value", { value: { a: [1, "b", null] } }, { a: [1, "b", null] }],
    ["boolean", {}, true],
    ["boolean", { value: "yes" }, /value: expected true or false, got 'yes'/],
    ["union", { value: [1, 2] }, [1, 2]],
    ["union", { value: null }, null],
    ["literal", { value: 'quote"' }, 'quote"'],
    ["literal", { value: -5 }, -5],
    ["single", {}, "only"],
    ["mixed", { value: 0.5 }, 0.5],
    ["level", {}, 1],
    ["opaque", { value: "B" }, "B"],
    ["opaque", { value: "C" }, /value: expected one of 'A', 'B', got 'C'/],
    ["empty", { value: {} }, {}],
    ["tree", { value: { value: 1, left: { value: 2 } } }, tree],
    ["box", { value: { content: 3 } }, { content: 3 }],
    [
      "typed_dicts",
      { value: { x: 1, inner: { x: 2 } }, keywords: { class: "c", from: { x: 3 } } },
      [
        { x: 1, inner: { x: 2 } },
        { class: "c", from: { x: 3 } },
      ],
    ],
    ["points", { value: { a: [{ x: 1 }] } }, { a: [{ x: 1, y: 0 }] }],
    ["sequences", { a: [1], b: ["x"], c: [0.5], d: [2] }, [[1], ["x"], [0.5], [2]]],
    ["mappings", { a: { x: 1 }, b: { y: [] }, c: { z: 2 } }, { a: { x: 1 }, b: { y: [] }, c: { z: 2 } }],
    ["tuples", { a: [1, "x"], b: [0.5, 1.5], c: [], d: [null] }, [[1, "x"], [0.5, 1.5], [], [null]]],
    ["tuples", { a: [1], b: [], c: [], d: [] }, /a: expected a list of 2, got \[1\]/],
    ["bare", { a: [1], b: { k: 1 }, d: [2] }, [[1], { k: 1 }, [], [2]]],
    [
      "texts",
      { a: "x/y", b: "00000000-0000-0000-0000-000000000001" },
      ["x/y", expect.stringMatching(/1$/), "1.5"],
    ],
    ["constrained", { value: 2, layer: 3 }, 5],
    ["constrained", { value: -1 }, /value: expected a whole number, at least 0, got -1/],
    ["only_for_checkers", { value: { any: "thing" } }, "a"],
    ["only_keywords", { first: 1 }, "1 two"],
    ["only_positions", { first: 1, second: "x" }, "1 x"],
    [
      "rest",
      { values: [{ x: 1 }], one: { value: 1, left: { value: 2 } } },
      { values: [{ x: 1, y: 0 }], others: { one: tree } },
    ],
    ["defaults", {}, expect.stringContaining("Point(x=1, y=2), 1, None, 'HALF'")],
    [
      "model",
      { value: { layer: 2, theNote: "n", point: [1] } },
      { layer: 2, scores: [], theNote: "n", point: [1, 0] },
    ],
    ["model", { value: { layer: -1 } }, /value\.layer: expected greater than or equal to 0, got -1/],
    ["model", { value: { layer: 1 }, layer: 0 }, /layer: expected a whole number, at least 1, got 0/],
    ["steer", { value: { layer: 2, scale: 1.5 } }, { layer: 2, total: 3 }],
    ["steer", { value: { layer: 2 } }, /value: expected the field 'scale' of Steer/],
    ["everything", { value: everything }, everything],
    ["later", { value: 3 }, 3],
    ["nothing", {}, null],
  ],
};

describe.each(Object.keys(interfaces))("%s.py", (name) => {
  const cases = interfaces[name] ?? [];
  const stack = new AsyncDisposableStack();
  let surfaces: Surfaces;

  beforeAll(async () => {
    surfaces = await surfacesOf(stack.use(await serve(`fixtures/${name}.py`, `${name}_tools`)), stack);
  });

  afterAll(() => stack.disposeAsync());

  test.each(surfaceNames)("every call has the same outcome through the %s", async (surface) => {
    const outcomes = await surfaces[surface](cases.map(([fn, args]) => [fn, args]));
    cases.forEach(([fn, args, expected], i) => {
      const call = `${fn}(${JSON.stringify(args)})`;
      const wanted =
        expected instanceof RegExp ? { error: expect.stringMatching(expected) } : { result: expected };
      expect(outcomes[i], call).toEqual(wanted);
    });
  });
});
