import { z } from "zod";

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
  /** Dockerfile in the repository to build the environment from. */
  dockerfile: z
    .string()
    .min(1)
    .refine(
      (path) => !path.startsWith("/") && !path.split("/").includes(".."),
      "expected a path inside the repository",
    )
    .optional(),
  /** Install the repository with `pip install -e`. */
  install: z.boolean().default(false),
});

/** A git repository for a sandbox, as it is written. */
export type RepoConfigInput = z.input<typeof repoConfigSchema>;
/** A git repository for a sandbox, with defaults filled in. */
export type RepoConfig = z.output<typeof repoConfigSchema>;
