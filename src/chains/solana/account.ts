/** What the accounts hold that a payment depends on, read from their bytes. */
import { type Bytes, hex } from '#core/bytes.ts';
import { formatAddress } from './address.ts';
import type { TokenAccountState } from './draft.ts';
import {
  NONCE_ACCOUNT_BYTES,
  SYSTEM_PROGRAM,
  TOKEN_ACCOUNT_BYTES,
  TOKEN_PROGRAM,
} from './programs.ts';

/** `data` is empty where the chain has no such account. */
export type Account = {
  readonly owner: string;
  readonly lamports: bigint;
  readonly data: Bytes;
};

export const NO_ACCOUNT: Account = { owner: SYSTEM_PROGRAM, lamports: 0n, data: new Uint8Array(0) };

const u32At = (data: Bytes, at: number): number =>
  new DataView(data.buffer, data.byteOffset).getUint32(at, true);
const u64At = (data: Bytes, at: number): bigint =>
  new DataView(data.buffer, data.byteOffset).getBigUint64(at, true);
const addressAt = (data: Bytes, at: number): string => formatAddress(data.slice(at, at + 32));

/** Whether it is what a wallet has, or nothing yet. */
export const isWallet = ({ owner, data }: Account): boolean =>
  owner === SYSTEM_PROGRAM && data.length === 0;

const CURRENT_VERSION = 1;
const INITIALIZED = 1;

/**
 * The value of an account's durable nonce, as a number; undefined where it is none of this wallet.
 * Layout: `solana-nonce`, `Versions::Current`: version, state, authority, nonce, fee.
 */
export function nonceOf({ owner, data }: Account, wallet: string): bigint | undefined {
  if (owner !== SYSTEM_PROGRAM || data.length !== NONCE_ACCOUNT_BYTES) return undefined;
  if (u32At(data, 0) !== CURRENT_VERSION || u32At(data, 4) !== INITIALIZED) return undefined;
  return addressAt(data, 8) === wallet ? BigInt(`0x${hex(data.slice(40, 72))}`) : undefined;
}

const FROZEN = 2;

/** Layout: spl-token `Account`: mint, owner, amount, delegate, state, ... */
const isTokenAccount = ({ owner, data }: Account, mint: string): boolean =>
  owner === TOKEN_PROGRAM && data.length === TOKEN_ACCOUNT_BYTES && addressAt(data, 0) === mint;

/** Whether the wallet's associated account takes the token. */
export function tokenAccountState(
  account: Account,
  wallet: string,
  mint: string,
): TokenAccountState {
  if (isWallet(account)) return 'absent';
  if (!isTokenAccount(account, mint) || addressAt(account.data, 32) !== wallet) return 'taken';
  return account.data[108] === FROZEN ? 'frozen' : 'open';
}

/** Base units in a token account; none where it is absent, or no account of this mint. */
export const tokenUnits = (account: Account, mint: string): bigint =>
  isTokenAccount(account, mint) ? u64At(account.data, 64) : 0n;
