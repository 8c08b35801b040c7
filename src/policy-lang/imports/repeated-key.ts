/** Objects of JSON that name one key twice: `JSON.parse` keeps the last and says nothing. */

const PARTS = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** The first key that its object has already, and where it stands. The text is valid JSON. */
export function repeatedKey(
  text: string,
): { readonly key: string; readonly offset: number; readonly length: number } | undefined {
  /** The keys of each open object; undefined for an open list. */
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (const { 0: part, index: offset } of text.matchAll(PARTS)) {
    const keys = open.at(-1);
    if (part === '{' || part === '[') {
      open.push(part === '{' ? new Set() : undefined);
      isKeyNext = part === '{';
    } else if (part === '}' || part === ']') {
      open.pop();
      isKeyNext = false;
    } else if (part === ',') isKeyNext = keys !== undefined;
    else if (isKeyNext && keys !== undefined) {
      // Escapes are undone: two spellings of one key are one key.
      const key = JSON.parse(part) as string;
      if (keys.has(key)) return { key, offset, length: part.length };
      keys.add(key);
      isKeyNext = false;
    }
  }
  return undefined;
}
