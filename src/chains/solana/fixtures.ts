/** What the tests of this folder share: keys from seeds, payments, their network. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { SealedTransaction } from '#chains/adapter.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { type Bytes, utf8 } from '#core/bytes.ts';
import { addressOf } from './address.ts';
import type { Payment } from './payment.ts';
import { seal } from './seal.ts';

export const LOCAL = findNetwork('local-solana');
export const SOL = findAsset('SOL@local-solana');
export const USDC = findAsset('USDC@local-solana');

/** A key as only a test may hold it: in one piece. */
export class TestKey {
  readonly seed: Bytes;
  readonly address: string;

  constructor(name: string) {
    this.seed = sha256(utf8(name));
    this.address = addressOf(ed25519.getPublicKey(this.seed));
  }

  sign(message: Bytes): Bytes {
    return ed25519.sign(message, this.seed);
  }

  seal(unsigned: Bytes): SealedTransaction {
    return seal(LOCAL, unsigned, [{ bytes: this.sign(unsigned) }], this.address);
  }
}

export const ALICE = new TestKey('alice');
export const VENDOR = new TestKey('vendor');

export const SOL_PAYMENT: Payment = {
  from: ALICE.address,
  nonce: sha256(utf8('a nonce')),
  computeUnits: 1_500,
  unitPrice: 7_000n,
  to: VENDOR.address,
  units: 1_234_567_890n,
  memo: '',
};

export const USDC_PAYMENT: Payment = {
  ...SOL_PAYMENT,
  computeUnits: 80_000,
  units: 50_000_000_000n,
  token: { mint: USDC.contract as string, decimals: 6, createsAccount: true },
  memo: 'Invoice 2026-117 – ünïcode',
};
