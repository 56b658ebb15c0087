// What is written just before a cell's end arrives with the cell, whoever writes it and by whatever way.
import { expect, test } from "vitest";
import { startSession } from "./session-fixture.ts";

test.each([
  ["C code", "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.puts(b'last'); libc.fflush(None)"],
  ["the file descriptor", "import os; os.write(1, b'last\\n')"],
  ["a child", "import subprocess; subprocess.run(['echo', 'last'], check=True)"],
  ["a shell", "import os; os.system('echo last')"],
  ["a thread", "import threading\nt = threading.Thread(target=print, args=('last',)); t.start(); t.join()"],
  [
    "a fork",
    "import os\nif not (pid := os.fork()):\n    print('last', flush=True); os._exit(0)\nos.waitpid(pid, 0)",
  ],
  ["a wrapped stream", "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nprint('last')"],
  ["the stream's buffer", "import sys; sys.stdout.buffer.write(b'last\\n')"],
  ["a stream of one's own", "import os, sys\nsys.stdout = os.fdopen(os.dup(1), 'w')\nprint('last')"],
  ["Python's own stream", "import sys; sys.__stdout__.write('last\\n')"],
  ["a print without a newline", "print('last', end='')"],
])("by %s", async (_, code) => {
  const session = await startSession();
  for (const _ of [1, 2, 3]) {
    let heard = "";
    const { stdout } = await session.exec(`${code}\nNone`, {
      onOutput: (text) => {
        heard += text;
      },
    });
    expect(stdout.trim()).toBe("last");
    expect(heard).toBe(stdout);
  }
});

test.each([
  ["os.write(1, b'last\\n'); 1 / 0", "python-error"],
  ["os.system('echo last'); raise KeyboardInterrupt", "python-error"],
  ["os.write(1, b'last\\n'); os._exit(3)", "process-died"],
  ["print('last'); os.kill(os.getpid(), 9)", "process-died"],
])("before the failure of `%s`", async (code, kind) => {
  const session = await startSession();
  await expect(session.exec(`import os\n${code}`)).rejects.toMatchObject({
    code: `execution/${kind}`,
    output: { stdout: "last\n" },
  });
});

test("a replaced stream is heard in later cells too, and a closed one is not for ever", async () => {
  const session = await startSession();
  await session.exec("import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)");
  expect((await session.exec("print('later')")).stdout).toBe("later\n");
  await session.exec("sys.stdout.close()").catch(() => {});
  expect((await session.exec("print('once more')")).stdout).toBe("once more\n");
});
