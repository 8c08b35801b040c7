/** Strict reading of the JSON that a frame carries: every field is there, none is foreign. */

/** The other side does not speak this format. */
export class FrameRefused extends Error {
  override readonly name = 'FrameRefused';
}

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object that has exactly these names: no more, no less, none inherited. */
export function exactly(value: unknown, names: readonly string[], what: string): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const keys = isObject ? Object.keys(value) : [];
  if (!isObject || keys.length !== names.length || !names.every((name) => keys.includes(name))) {
    throw new FrameRefused(`${what} must have exactly the fields ${names.join(', ')}`);
  }
  return value as Fields;
}

export function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new FrameRefused(`${what} must be a text`);
}

/** Characters of the texts that go into rows and logs of whoever asked. */
export const LINE_MAX = 512;

export function line(value: unknown, what: string): string {
  const words = text(value, what);
  if (words.length <= LINE_MAX && !/\p{C}/u.test(words)) return words;
  throw new FrameRefused(`${what} must be one line of at most ${LINE_MAX} characters`);
}

export function count(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FrameRefused(`${what} must be a whole number`);
}

export function list<T>(value: unknown, what: string, item: (value: unknown) => T): readonly T[] {
  if (Array.isArray(value)) return value.map(item);
  throw new FrameRefused(`${what} must be a list`);
}

export function hexText(value: unknown, what: string, size: number): string {
  const digits = text(value, what);
  if (/^[0-9a-f]*$/.test(digits) && digits.length === 2 * size) return digits;
  throw new FrameRefused(`${what} must be ${size} bytes in hex`);
}

export const parties = (value: unknown): readonly number[] =>
  list(value, 'parties', (party) => count(party, 'party'));
