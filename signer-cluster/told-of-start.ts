/** What a node signs of itself for one start of another node (`starts.ts`), and how that is read. */
import type { Canonical } from '#core/canonical.ts';
import type { Head, OwnWord } from '#mandate/receipt-text.ts';
import type { Authority } from './authority.ts';
import type { Position } from './journal.ts';
import type { LogHead } from './proto/cosign-request.ts';
import { readPosition } from './standing.ts';

export type ToldOfStart = {
  /** Where it last heard the other's journal to be. */
  readonly journal?: Position;
  /** When the newest payment was made that it has in writing, in milliseconds since 1970. */
  readonly newest: number;
  /** By organisation, where its log of authority ends. */
  readonly heads: ReadonlyMap<string, Head>;
  /** By origin, what it cosigned last of an audit log. */
  readonly cosigned: ReadonlyMap<string, LogHead>;
};

/** Of all organisations whose genesis is pinned. */
export function headsOf({ find, pins }: Pick<Authority, 'find' | 'pins'>): Map<string, Head> {
  return new Map(
    [...pins().keys()].flatMap((organization) => {
      const head = find(organization)?.head;
      return head === undefined ? [] : [[organization, head] as const];
    }),
  );
}

export function toldText({ journal, newest, heads, cosigned }: ToldOfStart): {
  readonly [field: string]: Canonical;
} {
  return {
    newest,
    heads: [...heads].map(([organization, { sequence, hash }]) => ({
      organization,
      sequence,
      hash,
    })),
    cosigned: [...cosigned].map(([origin, { size, root }]) => ({ origin, size, root })),
    ...(journal === undefined ? {} : { journal: { ...journal } }),
  };
}

const isHash = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Undefined for anything that no node says: who tells a part of it wrongly has told nothing. */
export function readTold(own: OwnWord): ToldOfStart | undefined {
  const journal = readPosition(own['journal']);
  const heads = readMap(own['heads'], ({ organization, sequence, hash }) =>
    typeof organization === 'string' && isCount(sequence) && isHash(hash)
      ? [organization, { sequence, hash }]
      : undefined,
  );
  const cosigned = readMap(own['cosigned'], ({ origin, size, root }) =>
    typeof origin === 'string' && isCount(size) && isHash(root)
      ? [origin, { size, root }]
      : undefined,
  );
  const { newest } = own;
  if (own['journal'] !== undefined && journal === undefined) return undefined;
  if (typeof newest !== 'number' || heads === undefined || cosigned === undefined) return undefined;
  return { newest, heads, cosigned, ...(journal === undefined ? {} : { journal }) };
}

type Fields = Readonly<Record<string, unknown>>;

function readMap<T>(
  value: unknown,
  read: (fields: Fields) => readonly [string, T] | undefined,
): ReadonlyMap<string, T> | undefined {
  if (!Array.isArray(value)) return undefined;
  const all = value.map((one: unknown) => read((one ?? {}) as Fields));
  const sound = all.filter((one) => one !== undefined);
  return sound.length === all.length ? new Map(sound) : undefined;
}
