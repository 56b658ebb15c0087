import { z } from "zod";

const pathPair = z.tuple([z.string().min(1), z.string().min(1)]);

/** What of a workspace can be written down; its libraries and skills are objects, which `@seer/workspace` adds. */
export const workspaceConfigSchema = z.strictObject({
  /** Directories of Agent Skills. */
  skillDirs: z.array(z.string().min(1)).default([]),
  /** Pairs of a local file and its path in the workspace. */
  localFiles: z.array(pathPair).default([]),
  /** Pairs of a local directory and its path in the workspace. */
  localDirs: z.array(pathPair).default([]),
  /** Python that runs once, when a session is set up. */
  customInitCode: z.string().default(""),
  /** Load the configured models into a notebook's kernel. */
  preloadModels: z.boolean().default(true),
  /** Keep the cells that load them out of the notebook. */
  hiddenModelLoading: z.boolean().default(true),
});

export type WorkspaceConfigInput = z.input<typeof workspaceConfigSchema>;
export type WorkspaceConfig = z.output<typeof workspaceConfigSchema>;
