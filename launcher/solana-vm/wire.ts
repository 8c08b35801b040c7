/** What the chain's face reads of any transaction, whoever made it: signatures, accounts, lifetime. */
import { base58 } from '@scure/base';

export type WireInstruction = {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
};

export type WireTransaction = {
  readonly signatures: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly isVersioned: boolean;
  /** Signers, read-only signers, read-only others. */
  readonly header: readonly [number, number, number];
  /** Those that stand in the message itself, in base58. */
  readonly accounts: readonly string[];
  /** In base58. */
  readonly lifetime: string;
  readonly instructions: readonly WireInstruction[];
};

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
/** The first byte of a versioned message has the high bit, and the version below. */
const VERSIONED = 0x80;

/** Bytes that are no transaction. */
export class BadTransaction extends Error {
  override readonly name = 'BadTransaction';
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  take(size: number): Uint8Array {
    if (this.#at + size > this.#bytes.length) throw new BadTransaction('cut short');
    return this.#bytes.slice(this.#at, (this.#at += size));
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  length(): number {
    let length = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.byte();
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) return length;
    }
    throw new BadTransaction('a length of more than three bytes');
  }

  list<T>(item: () => T): readonly T[] {
    return Array.from({ length: this.length() }, item);
  }
}

/** @throws BadTransaction */
export function readTransaction(raw: Uint8Array): WireTransaction {
  const reader = new Reader(raw);
  const signatures = reader.list(() => reader.take(SIGNATURE_BYTES));
  const message = raw.slice(reader.at);
  if (signatures.length === 0) throw new BadTransaction('no signature');
  return { signatures, message, ...readMessage(message) };
}

/** @throws BadTransaction */
export function readMessage(message: Uint8Array): Omit<WireTransaction, 'signatures' | 'message'> {
  const reader = new Reader(message);
  const first = reader.byte();
  const isVersioned = first >= VERSIONED;
  const header = [isVersioned ? reader.byte() : first, reader.byte(), reader.byte()] as const;
  const accounts = reader.list(() => base58.encode(reader.take(KEY_BYTES)));
  const lifetime = base58.encode(reader.take(KEY_BYTES));
  const instructions = reader.list(() => ({
    programIdIndex: reader.byte(),
    accounts: reader.list(() => reader.byte()),
    data: reader.take(reader.length()),
  }));
  return { isVersioned, header, accounts, lifetime, instructions };
}
