/**
 * What the local Solana chain begins with: a bank that hands SOL out and issues the test token, and
 * that token's mint. The bank has no key; the chain itself lets it act.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { base58 } from '@scure/base';
import { addressBytes, formatAddress } from '#chains/solana/address.ts';
import { type Instruction, createTokenAccount, transfer } from '#chains/solana/instructions.ts';
import { encodeMessage } from '#chains/solana/message.ts';
import { SYSTEM_PROGRAM, TOKEN_ACCOUNT_BYTES, TOKEN_PROGRAM } from '#chains/solana/programs.ts';
import { tokenAccountOf } from '#chains/solana/derived-address.ts';
import { findAsset } from '#chains/registry.ts';
import { concat, utf8 } from '#core/bytes.ts';
import type { LiteSVM } from 'litesvm';
import { sha512 } from '@noble/hashes/sha2.js';

type Account = Parameters<LiteSVM['setAccount']>[0];

const USDC = findAsset('USDC@local-solana');
const MINT = USDC.contract as string;
/** Nobody has its key: it is a hash. */
export const BANK = base58.encode(sha256(utf8('countersign local-solana bank')));
const BANK_LAMPORTS = 10n ** 18n;
const MINT_LAMPORTS = 1_461_600n;
const MINT_TO = 7;

const account = (address: string, owner: string, lamports: bigint, data: Uint8Array): Account =>
  ({
    address,
    programAddress: owner,
    lamports,
    data,
    executable: false,
    space: BigInt(data.length),
  }) as unknown as Account;

/** spl-token's `Mint`: authority, supply, decimals, whether it is in use, nobody who may freeze. */
function mintData(): Uint8Array {
  const some = Uint8Array.of(1, 0, 0, 0);
  const supply = new Uint8Array(8);
  const rest = Uint8Array.of(USDC.decimals, 1);
  return concat(some, addressBytes(BANK), supply, rest, new Uint8Array(4 + 32));
}

export function placeGenesis(svm: LiteSVM): void {
  svm.setAccount(account(BANK, SYSTEM_PROGRAM, BANK_LAMPORTS, new Uint8Array(0)));
  svm.setAccount(account(MINT, TOKEN_PROGRAM, MINT_LAMPORTS, mintData()));
}

/** A transaction of the bank. Its "signature" is a hash, so that each has its own. */
function ofBank(instructions: readonly Instruction[], blockHash: string): Uint8Array {
  const lifetime = base58.decode(blockHash);
  const message = encodeMessage({ payer: BANK, lifetime, instructions, mentioned: [] });
  return concat(Uint8Array.of(1), sha512(message), message);
}

export const airdrop = (to: string, lamports: bigint, blockHash: string): Uint8Array =>
  ofBank([transfer(BANK, to, lamports)], blockHash);

/** Test USDC in base units, into the token account of the wallet. */
export function issue(to: string, units: bigint, blockHash: string): Uint8Array {
  const data = new Uint8Array(9);
  data[0] = MINT_TO;
  new DataView(data.buffer).setBigUint64(1, units, true);
  const mintTo: Instruction = {
    program: TOKEN_PROGRAM,
    accounts: [
      { address: MINT, signs: false, isWritten: true },
      { address: tokenAccountOf(to, MINT), signs: false, isWritten: true },
      { address: BANK, signs: true, isWritten: false },
    ],
    data,
  };
  return ofBank([createTokenAccount(BANK, to, MINT), mintTo], blockHash);
}

/** One account of a transaction, where it is a token account. */
export type TokenBalance = {
  readonly accountIndex: number;
  readonly mint: string;
  readonly owner: string;
  readonly units: bigint;
};

/** What a token account holds; undefined for every other account. */
export function tokenBalance(
  program: string,
  data: Uint8Array,
): Omit<TokenBalance, 'accountIndex'> | undefined {
  if (program !== TOKEN_PROGRAM || data.length !== TOKEN_ACCOUNT_BYTES) return undefined;
  return {
    mint: formatAddress(data.slice(0, 32)),
    owner: formatAddress(data.slice(32, 64)),
    units: new DataView(data.buffer, data.byteOffset).getBigUint64(64, true),
  };
}

const NONCE_AT = 40;

/** The data of a nonce account whose nonce was used up after this block. */
export function nonceAccountData(before: Uint8Array, blockHash: string): Uint8Array {
  const data = Uint8Array.from(before);
  data.set(sha256(concat(utf8('DURABLE_NONCE'), base58.decode(blockHash))), NONCE_AT);
  return data;
}
