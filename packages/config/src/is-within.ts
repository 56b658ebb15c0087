/** Whether an absolute path equals a directory or is below it. Compares text only, so links are not resolved. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}
