/**
 * The set-up of a wallet's durable nonce, once before its first payment:
 *
 *     Transfer, AllocateWithSeed, InitializeNonceAccount
 *
 * It gives no funds away: the lamports lie in an account of which the wallet itself disposes. Its
 * lifetime is a recent block hash, so it expires within minutes; a second one can only fail, because
 * the account is there then.
 */
import type { Bytes } from '#core/bytes.ts';
import { nonceAccountOf } from './derived-address.ts';
import { allocateNonce, initializeNonce, transfer } from './instructions.ts';
import { decodeMessage, encodeMessage, requireSameBytes } from './message.ts';
import { NONCE_ACCOUNT_BYTES, SIGNATURE_FEE, rentExempt } from './programs.ts';

/** In lamports: what the nonce's account holds from then on. */
export const NONCE_DEPOSIT = rentExempt(NONCE_ACCOUNT_BYTES);
/** In lamports: the deposit and the fee. There is no priority fee. */
export const SET_UP_COST = NONCE_DEPOSIT + SIGNATURE_FEE;

const messageOf = (wallet: string, blockHash: Bytes) => ({
  payer: wallet,
  lifetime: blockHash,
  instructions: [
    transfer(wallet, nonceAccountOf(wallet), NONCE_DEPOSIT),
    allocateNonce(wallet),
    initializeNonce(wallet),
  ],
  mentioned: [],
});

/** The unsigned bytes; the wallet and the block hash (32 bytes) determine them. */
export const encodeSetUp = (wallet: string, blockHash: Bytes): Bytes =>
  encodeMessage(messageOf(wallet, blockHash));

/** @throws EVIDENCE_REJECTED unless the bytes are exactly the set-up of their payer. */
export function requireSetUp(bytes: Bytes): { readonly from: string } {
  const { payer, lifetime } = decodeMessage(bytes);
  requireSameBytes(messageOf(payer, lifetime), bytes);
  return { from: payer };
}
