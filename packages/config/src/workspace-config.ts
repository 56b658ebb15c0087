import { z } from "zod";
import { systemText } from "./system-text.ts";

const path = systemText.min(1);
const pathPair = z.tuple([path, path]);

/** The serialisable part of a workspace. `@seer/workspace` adds libraries and skills, which are objects. */
export const workspaceConfigSchema = z.strictObject({
  /** Directories of Agent Skills. */
  skillDirs: z.array(path).default([]),
  /** Pairs of a local file and its path in the workspace. */
  localFiles: z.array(pathPair).default([]),
  /** Pairs of a local directory and its path in the workspace. */
  localDirs: z.array(pathPair).default([]),
  /** Python code that runs when a session's Python process starts. */
  customInitCode: z.string().default(""),
  /** Load the configured models into a notebook's kernel. */
  preloadModels: z.boolean().default(true),
  /** Do not show the cells that load the models in the notebook. */
  hiddenModelLoading: z.boolean().default(true),
});

export type WorkspaceConfigInput = z.input<typeof workspaceConfigSchema>;
export type WorkspaceConfig = z.output<typeof workspaceConfigSchema>;
