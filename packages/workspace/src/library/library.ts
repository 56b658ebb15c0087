import { basename, extname, join, resolve } from "node:path";
import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";
import type { FileContent, Files } from "../files/file-content.ts";
import { readContent, readFiles } from "../files/read-files.ts";
import { checkRelativePath } from "../files/relative-path.ts";
import { Skill } from "../skill/skill.ts";
import { moduleDocs } from "./module-docs.ts";
import { checkPythonName } from "./python-name.ts";

export interface LibraryOptions {
  /** Name of the Python module or package. */
  name: string;
  /** Either one file `NAME.py`, or the files of a package by their path in it, including `__init__.py`. */
  files: Files;
  /** Documentation for agents. @default the module's docstring */
  docs?: string;
}

export interface LibraryNameOptions {
  /** Name of the Python module or package. @default the name of the file or directory */
  name?: string;
}

/** Python code that an agent can import. */
export class Library {
  readonly name: string;
  readonly files: Files;
  readonly docs: string;

  /** @throws SeerError `workspace/invalid-library` or `workspace/unsafe-path` */
  constructor({ name, files, docs }: LibraryOptions) {
    checkPythonName(name);
    const paths = Object.keys(files);
    for (const path of paths) checkRelativePath(path, `The library ${name}`);
    const main = [`${name}.py`, "__init__.py"].find((path) => path in files);
    if (main === undefined || (main === `${name}.py` && paths.length > 1 && !("__init__.py" in files))) {
      throw invalid(
        `The library ${name} has neither a single file ${name}.py nor an __init__.py among its files (${paths.join(", ")})`,
        "Paths in a package are relative to the package's own directory.",
      );
    }
    this.name = name;
    this.files = Object.freeze({ ...files });
    this.docs = docs ?? docsOf(files[this.isSingleFile ? main : "__init__.py"]);
  }

  /** Whether the library is a single module, not a package. */
  get isSingleFile(): boolean {
    return !("__init__.py" in this.files);
  }

  /** The files by their path relative to a directory on Python's path. */
  get importableFiles(): Files {
    if (this.isSingleFile) return this.files;
    return Object.fromEntries(
      Object.entries(this.files).map(([path, content]) => [`${this.name}/${path}`, content]),
    );
  }

  /** Creates a library from a Python file. */
  static async fromFile(path: string, options: LibraryNameOptions = {}): Promise<Library> {
    if (extname(path) !== ".py") {
      throw invalid(`${path} is not a .py file`, "For a package, use Library.fromDirectory.");
    }
    return moduleLibrary(options.name ?? basename(path, ".py"), await readContent(path));
  }

  /** Creates a library from a Python package: a directory with an `__init__.py`. */
  static async fromDirectory(path: string, options: LibraryNameOptions = {}): Promise<Library> {
    const files = await readFiles(path, {
      ignore: (name) => name === "__pycache__" || name === ".git" || name.endsWith(".pyc"),
    });
    if (!("__init__.py" in files)) {
      throw invalid(
        `${path} is not a Python package: it has no __init__.py`,
        "Add an empty __init__.py, or use Library.fromFile for one of its files.",
      );
    }
    return new Library({ name: options.name ?? basename(resolve(path)), files });
  }

  /** Creates a library from the `code.py` in a skill's directory, with SKILL.md as its documentation. */
  static async fromSkillDir(path: string, options: LibraryNameOptions = {}): Promise<Library> {
    const skill = await Skill.fromDirectory(path);
    const code = skill.files["code.py"];
    if (code === undefined) {
      throw invalid(
        `The skill ${join(path, "SKILL.md")} has no code.py beside it`,
        "To give an agent the skill itself, add its directory to the workspace's `skillDirs`.",
      );
    }
    const docs = [skill.description, skill.instructions].filter((text) => text !== "").join("\n\n");
    return moduleLibrary(options.name ?? skill.name.replaceAll("-", "_"), code, docs);
  }

  /** Creates a library from Python source. */
  static fromCode(code: string, options: { name: string }): Library {
    return moduleLibrary(options.name, code);
  }
}

function moduleLibrary(name: string, code: FileContent, docs?: string): Library {
  return new Library({ name, files: { [`${name}.py`]: code }, ...(docs === undefined ? {} : { docs }) });
}

function docsOf(source: FileContent | undefined): string {
  return typeof source === "string" ? moduleDocs(source) : "";
}

function invalid(message: string, hint: string) {
  return new SeerError<WorkspaceErrorCode>("workspace/invalid-library", message, { hint });
}
