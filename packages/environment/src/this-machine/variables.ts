/** What pip needs to find this machine's package index; given to nothing but an installation. */
export function installerVariables(): Record<string, string> {
  return matching(/^(PIP_\w+|UV_\w+|(https?|no|all)_proxy)$/i);
}

/** Variables of this machine with such names. */
export function matching(names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
