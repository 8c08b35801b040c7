/**
 * The presignatures that this node holds: a pool for each key and set of signers. One goes
 * FRESH -> RESERVED -> BURNT and never back; it serves one signature at most, and whether that came to
 * be or not, its bytes are erased. They are in this process's memory and nowhere else, so that a
 * restart, a crash or a disk that was set back voids all of them.
 */
import type { Bytes } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Circle } from './distrust.ts';
import type { PoolFigures } from './proto/service.ts';

/** Which key the presignatures are for, and who holds the other parts. */
export type Pool = Circle & { readonly keyId: string; readonly keyEpoch: number };

export type Presigned = {
  /** 32 bytes in hex, equal at all signers. It is no secret. */
  readonly id: string;
  /** This node's part, as the signing floor encodes it. */
  readonly secret: Bytes;
  /** 32 bytes shared with each other signer, for the messages of the signature. */
  readonly links: ReadonlyMap<PartyId, Bytes>;
};

export type PoolLimits = {
  /** How many a pool in use is filled up to. */
  readonly target: number;
  /** How many one session makes at most. */
  readonly batch: number;
  /** How many the node holds at most, of all pools together. */
  readonly total: number;
  /** How many a second another node may ask this one to make. */
  readonly perSecond: number;
};

type Stock = {
  readonly pool: Pool;
  readonly fresh: Map<string, Presigned>;
  readonly reserved: Map<string, Presigned>;
};

/** What was made before a refresh of the key or of the pairs is in another pool. */
export const poolName = ({ keyId, keyEpoch, epoch, signers }: Pool): string =>
  `${keyId}/${keyEpoch}/${epoch}/${signers.join()}`;

/** Erased in place: nothing else refers to these bytes. */
export function erase({ secret, links }: Presigned): void {
  secret.fill(0);
  for (const link of links.values()) link.fill(0);
}

export class Presignatures {
  readonly limits: PoolLimits;
  readonly #stocks = new Map<string, Stock>();
  #made = 0;
  #burnt = 0;

  constructor(limits: PoolLimits) {
    this.limits = limits;
  }

  /** The ids that can still be reserved, oldest first. */
  fresh(pool: Pool): readonly string[] {
    return [...(this.#stocks.get(poolName(pool))?.fresh.keys() ?? [])];
  }

  /** Those, and the ids of the signatures that are being made. */
  held(pool: Pool): readonly string[] {
    return [...this.fresh(pool), ...(this.#stocks.get(poolName(pool))?.reserved.keys() ?? [])];
  }

  /** @throws RATE_LIMITED when so many more are not taken in */
  requireRoom(pool: Pool, count: number): void {
    const { target, batch, total } = this.limits;
    const { fresh, reserved } = this.figures();
    const level = this.fresh(pool).length;
    if (count <= batch && level + count <= target + batch && fresh + reserved + count <= total) {
      return;
    }
    throw new PlatformError('RATE_LIMITED', { reason: 'the node holds enough presignatures' });
  }

  /** The owner of the bytes from here on is the pool. */
  add(pool: Pool, made: readonly Presigned[]): void {
    const name = poolName(pool);
    const stock = this.#stocks.get(name) ?? { pool, fresh: new Map(), reserved: new Map() };
    this.#stocks.set(name, stock);
    for (const one of made) stock.fresh.set(one.id, one);
    this.#made += made.length;
  }

  /**
   * Takes these out for one signature, all or none. Whoever asks later for any of them is refused,
   * also with the very same request.
   * @throws SIGNERS_UNAVAILABLE when one is not FRESH
   */
  reserve(pool: Pool, ids: readonly string[]): readonly Presigned[] {
    const stock = this.#stocks.get(poolName(pool));
    const taken = ids.map((id) => stock?.fresh.get(id));
    const found = taken.filter((one) => one !== undefined);
    if (stock === undefined || found.length !== ids.length || new Set(ids).size !== ids.length) {
      throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'a presignature is not fresh' });
    }
    for (const one of found) {
      stock.fresh.delete(one.id);
      stock.reserved.set(one.id, one);
    }
    return found;
  }

  /** Erases what was reserved. */
  burn(pool: Pool, spent: readonly Presigned[]): void {
    const stock = this.#stocks.get(poolName(pool));
    for (const one of spent) {
      if (stock?.reserved.delete(one.id) === true) this.#burnt += 1;
      erase(one);
    }
  }

  /** Erases the fresh ones that this is not true of: another signer lacks its part. */
  keepOnly(pool: Pool, isKept: (id: string) => boolean): void {
    for (const [id, one] of this.#stocks.get(poolName(pool))?.fresh ?? []) {
      if (!isKept(id)) this.#drop(poolName(pool), one);
    }
  }

  /** Erases every fresh one of the pools that this is true of: a ban, a new epoch of the key. */
  burnPools(isVoid: (pool: Pool) => boolean): void {
    for (const [name, { pool, fresh }] of this.#stocks) {
      if (!isVoid(pool)) continue;
      for (const one of fresh.values()) this.#drop(name, one);
    }
  }

  figures(): PoolFigures {
    const stocks = [...this.#stocks.values()];
    return {
      pools: stocks.filter(({ fresh }) => fresh.size > 0).length,
      fresh: stocks.reduce((sum, { fresh }) => sum + fresh.size, 0),
      reserved: stocks.reduce((sum, { reserved }) => sum + reserved.size, 0),
      made: this.#made,
      burnt: this.#burnt,
    };
  }

  #drop(name: string, one: Presigned): void {
    this.#stocks.get(name)?.fresh.delete(one.id);
    this.#burnt += 1;
    erase(one);
  }
}
