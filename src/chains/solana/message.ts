/**
 * Solana's legacy message, which is what an Ed25519 key signs: a header, the accounts, the lifetime,
 * the instructions. Accounts stand in four groups - signers before others, and in each the writable
 * before the read-only ones - and within a group in the order of their first use.
 * Source: Solana docs, "Transactions", `solana-message` `legacy.rs`.
 */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import { ADDRESS_BYTES, addressBytes, formatAddress } from './address.ts';
import type { AccountUse, Instruction } from './instructions.ts';
import { refuse } from './refusal.ts';

/** A transaction is one packet: IPv6's minimum of 1,280 bytes less 48 of headers. */
export const TRANSACTION_BYTES_MAX = 1_232;
const SIGNATURE_BYTES = 64;
/** One signature and its count go before the message. */
export const MESSAGE_BYTES_MAX = TRANSACTION_BYTES_MAX - SIGNATURE_BYTES - 1;
const HASH_BYTES = 32;

/** One signer, who pays. `lifetime` is a recent block hash, or the value of a durable nonce. */
export type Message = {
  readonly payer: string;
  readonly lifetime: Bytes;
  readonly instructions: readonly Instruction[];
  /** Accounts that no instruction uses, read-only, after all others. */
  readonly mentioned: readonly string[];
};

type Flags = { signs: boolean; isWritten: boolean };

const readOnly = (address: string): AccountUse => ({ address, signs: false, isWritten: false });

/** Every account once, with all that any instruction needs of it, in the message's order. */
function accountsOf({ payer, instructions, mentioned }: Message): readonly AccountUse[] {
  const uses = new Map<string, Flags>();
  const use = ({ address, signs, isWritten }: AccountUse): void => {
    const flags = uses.get(address) ?? { signs: false, isWritten: false };
    uses.set(address, {
      signs: flags.signs || signs,
      isWritten: flags.isWritten || isWritten,
    });
  };
  use({ address: payer, signs: true, isWritten: true });
  for (const { program, accounts } of instructions) {
    use(readOnly(program));
    for (const account of accounts) use(account);
  }
  for (const address of mentioned) use(readOnly(address));
  const rank = ({ signs, isWritten }: Flags): number => (signs ? 0 : 2) + (isWritten ? 0 : 1);
  return [...uses]
    .map(([address, flags]) => ({ address, ...flags }))
    .toSorted((a, b) => rank(a) - rank(b));
}

/** Seven bits in each byte, the lowest first; the high bit says that more follow. */
function compactLength(length: number): Bytes {
  const bytes: number[] = [];
  let rest = length;
  for (; rest > 0x7f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

const sized = (bytes: Bytes): Bytes => concat(compactLength(bytes.length), bytes);

export function encodeMessage(message: Message): Bytes {
  const accounts = accountsOf(message);
  const indexOf = new Map(accounts.map(({ address }, index) => [address, index]));
  const index = (address: string): number => indexOf.get(address) as number;
  const count = (test: (use: AccountUse) => boolean): number => accounts.filter(test).length;
  return concat(
    Uint8Array.of(
      count(({ signs }) => signs),
      count(({ signs, isWritten }) => signs && !isWritten),
      count(({ signs, isWritten }) => !signs && !isWritten),
    ),
    compactLength(accounts.length),
    ...accounts.map(({ address }) => addressBytes(address)),
    message.lifetime,
    compactLength(message.instructions.length),
    ...message.instructions.map(({ program, accounts: uses, data }) =>
      concat(
        Uint8Array.of(index(program)),
        sized(Uint8Array.from(uses, ({ address }) => index(address))),
        sized(data),
      ),
    ),
  );
}

/** What a message's instructions say, in their order; who signs and what is written is left out. */
export type ReadInstruction = {
  readonly program: string;
  readonly accounts: readonly string[];
  readonly data: Bytes;
};

export type ReadMessage = {
  readonly payer: string;
  readonly accounts: readonly string[];
  readonly lifetime: Bytes;
  readonly instructions: readonly ReadInstruction[];
};

/**
 * Reads a message. Whoever relies on it must rebuild the bytes from what he read and compare, which
 * settles flags, order and every spelling at once (`requireSameBytes`).
 * @throws EVIDENCE_REJECTED when the bytes are no legacy message with one signer
 */
export function decodeMessage(bytes: Bytes): ReadMessage {
  if (bytes.length > MESSAGE_BYTES_MAX) refuse(`longer than ${MESSAGE_BYTES_MAX} bytes`);
  let at = 0;
  const take = (size: number): Bytes => {
    if (at + size > bytes.length) refuse('the message is cut short');
    return bytes.slice(at, (at += size));
  };
  const byte = (): number => take(1)[0] as number;
  const length = (): number => {
    const first = byte();
    // Two bytes reach beyond the longest message.
    return first < 0x80 ? first : (first & 0x7f) | (byte() << 7);
  };
  const list = <T>(item: () => T): readonly T[] => Array.from({ length: length() }, item);
  const signers = byte();
  if (signers !== 1)
    refuse(signers >= 0x80 ? 'a versioned message' : `${signers} signers, not one`);
  take(2);
  const accounts = list(() => formatAddress(take(ADDRESS_BYTES)));
  const account = (): string => accounts[byte()] ?? refuse('an account that is not listed');
  const lifetime = take(HASH_BYTES);
  const instructions = list(() => ({
    program: account(),
    accounts: list(account),
    data: take(length()),
  }));
  if (at !== bytes.length) refuse('bytes after the end of the message');
  return { payer: accounts[0] ?? refuse('no account'), accounts, lifetime, instructions };
}

/** @throws EVIDENCE_REJECTED unless the message encodes to exactly these bytes */
export function requireSameBytes(message: Message, bytes: Bytes): void {
  if (!equalBytes(encodeMessage(message), bytes)) refuse('not one of the forms that are signed');
}
