export interface TagMessage {
  tagName: string;
  tagValue: string;
}

export function readTags(tags: readonly TagMessage[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ tagName, tagValue }) => [tagName, tagValue]));
}

export function writeTags(tags: Readonly<Record<string, string>>): TagMessage[] {
  return Object.entries(tags).map(([tagName, tagValue]) => ({ tagName, tagValue }));
}
