/**
 * The instructions that our transactions consist of, each in the one form that we make and accept.
 * Integers are little endian. Layouts: solana-system-interface `SystemInstruction`, solana-compute-
 * budget-interface, spl-token `TokenInstruction`, spl-associated-token-account, spl-memo.
 */
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { addressBytes } from './address.ts';
import { NONCE_SEED, nonceAccountOf, tokenAccountOf } from './derived-address.ts';
import {
  ASSOCIATED_TOKEN_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  MEMO_PROGRAM,
  NONCE_ACCOUNT_BYTES,
  RECENT_BLOCKHASHES,
  RENT,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
} from './programs.ts';

export type AccountUse = {
  readonly address: string;
  readonly signs: boolean;
  readonly isWritten: boolean;
};

export type Instruction = {
  readonly program: string;
  readonly accounts: readonly AccountUse[];
  readonly data: Bytes;
};

export const SYSTEM = { transfer: 2, advanceNonce: 4, initializeNonce: 6, allocateWithSeed: 9 };
export const BUDGET = { unitLimit: 2, unitPrice: 3 };
export const TOKEN = { transferChecked: 12 };
export const ASSOCIATED_TOKEN = { createIdempotent: 1 };

const written = (address: string): AccountUse => ({ address, signs: false, isWritten: true });
const read = (address: string): AccountUse => ({ address, signs: false, isWritten: false });
const signer = (address: string): AccountUse => ({ address, signs: true, isWritten: false });
const payer = (address: string): AccountUse => ({ address, signs: true, isWritten: true });

function littleEndian(value: bigint, size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let i = 0, rest = value; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

const u32 = (value: number): Bytes => littleEndian(BigInt(value), 4);
const u64 = (value: bigint): Bytes => littleEndian(value, 8);

const system = (kind: number, accounts: readonly AccountUse[], ...parts: Bytes[]): Instruction => ({
  program: SYSTEM_PROGRAM,
  accounts,
  data: concat(u32(kind), ...parts),
});

/** `lamports` of the wallet to the recipient. */
export const transfer = (from: string, to: string, lamports: bigint): Instruction =>
  system(SYSTEM.transfer, [payer(from), written(to)], u64(lamports));

/** Uses the wallet's durable nonce up; what follows can never be executed a second time. */
export const advanceNonce = (wallet: string): Instruction =>
  system(SYSTEM.advanceNonce, [
    written(nonceAccountOf(wallet)),
    read(RECENT_BLOCKHASHES),
    signer(wallet),
  ]);

/**
 * Gives the nonce's account its size. Unlike creating it, this succeeds where a stranger has sent
 * lamports to the address before.
 */
export const allocateNonce = (wallet: string): Instruction =>
  system(
    SYSTEM.allocateWithSeed,
    [written(nonceAccountOf(wallet)), signer(wallet)],
    addressBytes(wallet),
    u64(BigInt(NONCE_SEED.length)),
    utf8(NONCE_SEED),
    u64(BigInt(NONCE_ACCOUNT_BYTES)),
    addressBytes(SYSTEM_PROGRAM),
  );

/** Makes the wallet itself the one that may use the nonce up, or take the account's funds back. */
export const initializeNonce = (wallet: string): Instruction =>
  system(
    SYSTEM.initializeNonce,
    [written(nonceAccountOf(wallet)), read(RECENT_BLOCKHASHES), read(RENT)],
    addressBytes(wallet),
  );

const budget = (kind: number, value: Bytes): Instruction => ({
  program: COMPUTE_BUDGET_PROGRAM,
  accounts: [],
  data: concat(Uint8Array.of(kind), value),
});

/** At most so many compute units. */
export const unitLimit = (units: number): Instruction => budget(BUDGET.unitLimit, u32(units));

/** So many millionths of a lamport for each compute unit of the limit. */
export const unitPrice = (price: bigint): Instruction => budget(BUDGET.unitPrice, u64(price));

/** Creates the recipient's token account, at the sender's expense, where it does not exist. */
export const createTokenAccount = (from: string, to: string, mint: string): Instruction => ({
  program: ASSOCIATED_TOKEN_PROGRAM,
  accounts: [
    payer(from),
    written(tokenAccountOf(to, mint)),
    read(to),
    read(mint),
    read(SYSTEM_PROGRAM),
    read(TOKEN_PROGRAM),
  ],
  data: Uint8Array.of(ASSOCIATED_TOKEN.createIdempotent),
});

export type TokenMovement = {
  readonly from: string;
  readonly to: string;
  readonly mint: string;
  readonly units: bigint;
  readonly decimals: number;
};

/** From the wallet's token account to the recipient's. */
export const transferToken = ({ from, to, mint, units, decimals }: TokenMovement): Instruction => ({
  program: TOKEN_PROGRAM,
  accounts: [
    written(tokenAccountOf(from, mint)),
    read(mint),
    written(tokenAccountOf(to, mint)),
    signer(from),
  ],
  data: concat(Uint8Array.of(TOKEN.transferChecked), u64(units), Uint8Array.of(decimals)),
});

/** Publishes the text. It names no account, so it binds nobody. */
export const memo = (text: string): Instruction => ({
  program: MEMO_PROGRAM,
  accounts: [],
  data: utf8(text),
});
