/** Objects of JSON, read strictly: what is not as it should be is refused with its place. */
import { type PlatformError, invalidInput } from '#core/errors.ts';
import { repeatedKey } from '#policy-lang/imports/repeated-key.ts';

/** @throws INVALID_INPUT */
export function parseJson(text: string, hint: string, place = 'file'): unknown {
  const value = parseText(text, hint, place);
  const twice = repeatedKey(text);
  if (twice === undefined) return value;
  throw invalidInput(place, `names ${JSON.stringify(twice.key)} twice`, hint);
}

function parseText(text: string, hint: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw invalidInput(place, `not JSON (${error.message})`, hint);
    throw error;
  }
}

/** Every reader throws INVALID_INPUT. Absent and null are the same. */
export class Fields {
  readonly place: string;
  readonly #hint: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(value: unknown, place: string, hint: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidInput(place, 'not an object', hint);
    }
    this.place = place;
    this.#hint = hint;
    this.#values = value as Readonly<Record<string, unknown>>;
  }

  wrong(name: string, reason: string): PlatformError {
    return invalidInput(`${this.place}.${name}`, reason, this.#hint);
  }

  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** A mistyped name must not become an absent field. */
  requireOnly(known: readonly string[]): void {
    const unknown = this.names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw this.wrong(unknown, `not a known field; known are ${known.join(', ')}`);
    }
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  object(name: string): Fields {
    return new Fields(this.get(name) ?? {}, `${this.place}.${name}`, this.#hint);
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value)) throw this.wrong(name, 'not a list');
    return value;
  }

  objects(name: string): readonly Fields[] {
    return this.list(name).map(
      (value, index) => new Fields(value, `${this.place}.${name}[${index}]`, this.#hint),
    );
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((value, index) => {
      if (typeof value === 'string') return value;
      throw this.wrong(`${name}[${index}]`, 'not a text');
    });
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value === 'string' && value !== '') return value;
    throw this.wrong(name, 'not a text');
  }

  /** One of a few texts. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    const text = this.text(name);
    const choice = choices.find((known) => known === text);
    if (choice !== undefined) return choice;
    throw this.wrong(name, `not one of ${choices.join(', ')}`);
  }

  /** A whole number from 0, as a number or as its text. */
  whole(name: string): number {
    const value = this.get(name);
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    throw this.wrong(name, 'not a whole number');
  }

  wholes(name: string): readonly number[] {
    return this.list(name).map((value, index) => {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
      throw this.wrong(`${name}[${index}]`, 'not a whole number');
    });
  }

  /** A number from 0 as its decimal text: a number, or a text such as "1.5". */
  decimal(name: string): string {
    const value = this.get(name);
    const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
    if (/^(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return text;
    throw this.wrong(name, 'not a decimal number');
  }

  is(name: string): boolean {
    const value = this.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.wrong(name, 'not true or false');
  }
}
