import { expect, test } from "vitest";
import { moduleDocs } from "../../src/library/module-docs.ts";

test.each([
  ["a docstring on one line", '"""Tools."""\nx = 1', "Tools."],
  ["single quotes", "'Tools.'\n", "Tools."],
  ["a raw docstring", 'r"""A \\d."""', "A \\d."],
  ["indentation", '"""\n    Tools.\n\n      - one\n    """\n', "Tools.\n\n  - one"],
  ["a shebang and a comment before it", '#!/usr/bin/env python3\n# Licence.\n\n"""Tools."""', "Tools."],
  ["a byte order mark and Windows lines", '\uFEFF"""One.\r\nTwo."""', "One.\nTwo."],
  [
    "no docstring, but a leading comment",
    "#!/bin/python\n# Tools\n#  for probes.\n\nx = 1",
    "Tools\n for probes.",
  ],
  ["neither", "x = 1\n# later\n'''string'''", ""],
  ["an unclosed docstring", '"""Tools.', ""],
  ["nothing", "", ""],
])("%s", (_, source, docs) => {
  expect(moduleDocs(source)).toBe(docs);
});
