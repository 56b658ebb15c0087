const kinds: Record<string, string> = {
  ENOENT: "NotFound",
  EISDIR: "IsDirectory",
  ENOTDIR: "NotDirectory",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EROFS: "PermissionDenied",
  EEXIST: "PathAlreadyExists",
  ENOTEMPTY: "DirectoryNotEmpty",
};

const messages: Record<string, string> = {
  NotFound: "No such file or directory",
  IsDirectory: "Is a directory",
  NotDirectory: "Not a directory",
  PermissionDenied: "Permission denied",
  PathAlreadyExists: "Path already exists",
  DirectoryNotEmpty: "Directory not empty",
};

/** An error as the JSON that clients look for on the tool's stderr. */
export function describeFailure(error: unknown): { error_kind: string; message: string; detail: string } {
  const detail = error instanceof Error ? error.message : String(error);
  const kind = kinds[(error as NodeJS.ErrnoException).code ?? ""];
  if (kind === undefined) return { error_kind: "Other", message: detail, detail };
  return { error_kind: kind, message: messages[kind] ?? kind, detail };
}
