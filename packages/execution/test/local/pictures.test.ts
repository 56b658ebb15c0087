import { expect, test } from "vitest";
import { startSession } from "./session-fixture.ts";

test("figures come back as pictures, each once, of whatever cell they are", async () => {
  const session = await startSession();
  const { images } = await session.exec(
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n(fig, ax)",
  );
  expect(images.map(({ mediaType }) => mediaType)).toEqual(["image/png"]);
  expect(
    Buffer.from(images[0] ?? [])
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");
  expect((await session.exec("plt.close('all'); 1")).images).toEqual([]);
  expect((await session.exec("ax.set_title('later'); fig")).images).toHaveLength(1);
  expect((await session.exec("[fig, plt.figure()]")).images).toHaveLength(2);
  expect((await session.exec("from PIL import Image\nImage.new('L', (3, 3))")).images).toHaveLength(1);
});

test("pictures say what they are", async () => {
  const session = await startSession();
  const code = (form: string, data: string) =>
    `class Drawing:\n    def _repr_${form}_(self): return ${data}\nDrawing()`;
  const { images } = await session.exec(code("svg", "'<svg/>'"));
  expect(images.map((image) => [image.mediaType, Buffer.from(image).toString()])).toEqual([
    ["image/svg+xml", "<svg/>"],
  ]);
  expect((await session.exec(code("jpeg", "b'\\xff\\xd8'"))).images[0]?.mediaType).toBe("image/jpeg");
});

test.each([
  ["plt.title('loss $x_{$'); 42", "ValueError"],
  ["plt.title('loss $x_{$'); plt.gcf()", "ValueError"],
  [
    "class Bad(plt.Artist):\n    def draw(self, r): raise SystemExit\nplt.gcf().add_artist(Bad()); 1",
    "SystemExit",
  ],
  ["class Bad:\n    def _repr_png_(self): raise OSError('no')\nBad()", "OSError"],
])("a picture that cannot be drawn is its cell's failure, and nobody else's", async (code, pythonType) => {
  const session = await startSession();
  const failing = session.exec(`import matplotlib.pyplot as plt\nprint('before')\n${code}`);
  await expect(failing).rejects.toMatchObject({
    code: "execution/python-error",
    pythonType,
    output: { stdout: "before\n" },
    traceback: expect.not.stringMatching(/seer_(session|host)[/\\]/),
  });
  expect(await session.exec("'later'")).toMatchObject({ result: "'later'", images: [] });
  expect((await session.exec("plt.plot([1, 2])")).images).toHaveLength(1);
});
