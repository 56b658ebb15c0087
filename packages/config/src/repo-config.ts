import { z } from "zod";
import { systemText } from "./system-text.ts";

const shorthand = /^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/;
const url = /^(https?|ssh|git|file):\/\/[^\s'"`$\\]+$|^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^\s'"`$\\]+$/;

export const repoConfigSchema = z.strictObject({
  /** `owner/repo` on GitHub, or a full git URL. */
  url: z
    .string()
    .refine((value) => shorthand.test(value) || url.test(value), "expected `owner/repo` or a full git URL"),
  /** Branch, tag or commit to check out; the default branch when absent. */
  ref: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._/+@-]*$/, "expected a branch, tag or commit")
    .optional(),
  /** Path of a Dockerfile in the repository, built into a container image at the start. */
  dockerfile: systemText
    .min(1)
    .refine(
      (path) => !path.startsWith("/") && !path.split("/").includes(".."),
      "expected a path inside the repository",
    )
    .optional(),
  /** Install the repository: `true` for `pip install -e`, or a shell command to run in its directory. */
  install: z
    .union([z.boolean(), systemText.min(1)], "expected true, false or a shell command")
    .default(false),
});

/** A git repository for a sandbox, before parsing. */
export type RepoConfigInput = z.input<typeof repoConfigSchema>;
/** A git repository for a sandbox, parsed, with defaults. */
export type RepoConfig = z.output<typeof repoConfigSchema>;
