/** Codes of the errors that `@seer/workspace` throws. */
export type WorkspaceErrorCode =
  | "workspace/duplicate"
  | "workspace/invalid-library"
  | "workspace/invalid-skill"
  | "workspace/unreadable"
  | "workspace/unsafe-path";
