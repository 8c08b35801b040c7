import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
} from '@solana/spl-token';
import {
  ComputeBudgetProgram,
  Message,
  PublicKey,
  SystemProgram,
  TransactionInstruction,
  TransactionMessage,
} from '@solana/web3.js';
import { base58 } from '@scure/base';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { nonceAccountOf } from './derived-address.ts';
import { ALICE, SOL_PAYMENT, TestKey, USDC, USDC_PAYMENT } from './fixtures.ts';
import { type Payment, decodePayment, encodePayment } from './payment.ts';
import { MEMO_PROGRAM } from './programs.ts';
import { encodeSetUp, requireSetUp } from './set-up.ts';

const key = (address: string): PublicKey => new PublicKey(address);

/** The same payment, built and encoded by the SDK alone. */
function oracle(payment: Payment): Bytes {
  const [from, to] = [key(payment.from), key(payment.to)];
  const { token } = payment;
  const tokenAccount = (owner: PublicKey): PublicKey =>
    getAssociatedTokenAddressSync(key(token?.mint ?? ''), owner, true);
  const instructions = [
    SystemProgram.nonceAdvance({
      noncePubkey: key(nonceAccountOf(payment.from)),
      authorizedPubkey: from,
    }),
    ComputeBudgetProgram.setComputeUnitLimit({ units: payment.computeUnits }),
    ComputeBudgetProgram.setComputeUnitPrice({ microLamports: payment.unitPrice }),
  ];
  if (token === undefined) {
    const lamports = payment.units;
    instructions.push(SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports }));
  } else {
    const mint = key(token.mint);
    const [source, target] = [tokenAccount(from), tokenAccount(to)];
    if (token.createsAccount) {
      instructions.push(createAssociatedTokenAccountIdempotentInstruction(from, target, to, mint));
    }
    const { units } = payment;
    instructions.push(
      createTransferCheckedInstruction(source, mint, target, from, units, token.decimals),
    );
  }
  if (payment.memo !== '') {
    const data = Buffer.from(payment.memo);
    instructions.push(new TransactionInstruction({ programId: key(MEMO_PROGRAM), keys: [], data }));
  }
  const recentBlockhash = base58.encode(payment.nonce);
  const message = new TransactionMessage({ payerKey: from, recentBlockhash, instructions });
  const compiled = message.compileToLegacyMessage();
  if (token === undefined || token.createsAccount) return compiled.serialize();
  // The SDK has no way to mention an account that no instruction uses.
  return new Message({
    header: {
      ...compiled.header,
      numReadonlyUnsignedAccounts: compiled.header.numReadonlyUnsignedAccounts + 1,
    },
    accountKeys: [...compiled.accountKeys, to],
    recentBlockhash,
    instructions: compiled.instructions,
  }).serialize();
}

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const payments: fc.Arbitrary<Payment> = fc
  .record({
    from: fc.string().map((name) => new TestKey(`from ${name}`).address),
    nonce: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    computeUnits: fc.integer({ min: 0, max: 1_400_000 }),
    unitPrice: u64,
    to: fc.string().map((name) => new TestKey(`to ${name}`).address),
    units: u64,
    token: fc.option(
      fc.record({
        mint: fc.constant(USDC.contract as string),
        decimals: fc.integer({ min: 0, max: 255 }),
        createsAccount: fc.boolean(),
      }),
      { nil: undefined },
    ),
    memo: fc.string({ unit: 'grapheme', maxLength: 20 }),
  })
  .map(({ token, ...rest }) => (token === undefined ? rest : { ...rest, token }));

test('a payment is encoded as the SDK encodes it, and read back', () => {
  fc.assert(
    fc.property(payments, (payment) => {
      const bytes = encodePayment(payment);
      expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(oracle(payment)).toString('hex'));
      expect(decodePayment(bytes)).toEqual(payment);
    }),
    { numRuns: 60 },
  );
});

test('the set-up is encoded as the SDK encodes it, and read back', () => {
  const [from, account] = [key(ALICE.address), key(nonceAccountOf(ALICE.address))];
  const instructions = [
    SystemProgram.transfer({ fromPubkey: from, toPubkey: account, lamports: 1_447_680 }),
    SystemProgram.allocate({
      accountPubkey: account,
      basePubkey: from,
      seed: 'countersign',
      space: 80,
      programId: SystemProgram.programId,
    }),
    SystemProgram.nonceInitialize({ noncePubkey: account, authorizedPubkey: from }),
  ];
  const recentBlockhash = base58.encode(SOL_PAYMENT.nonce);
  const expected = new TransactionMessage({ payerKey: from, recentBlockhash, instructions });
  const bytes = encodeSetUp(ALICE.address, SOL_PAYMENT.nonce);
  expect(bytes).toEqual(new Uint8Array(expected.compileToLegacyMessage().serialize()));
  expect(requireSetUp(bytes)).toEqual({ from: ALICE.address });
});

const REJECTED = expect.objectContaining({ code: 'EVIDENCE_REJECTED' });

test.each([
  ['SOL', encodePayment(SOL_PAYMENT)],
  ['a token', encodePayment(USDC_PAYMENT)],
])('with any byte changed, a payment of %s is refused or another one', (_, bytes) => {
  const before = decodePayment(bytes);
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] as number) ^ flip;
      let read: Payment;
      try {
        read = decodePayment(changed);
      } catch (error) {
        expect(error).toEqual(REJECTED);
        continue;
      }
      expect(read).not.toEqual(before);
      expect(encodePayment(read)).toEqual(changed);
    }
  }
});

test('a set-up with any byte changed is refused, but for the block that it names', () => {
  const bytes = encodeSetUp(ALICE.address, SOL_PAYMENT.nonce);
  const lifetimeAt = Buffer.from(bytes).indexOf(Buffer.from(SOL_PAYMENT.nonce));
  for (let at = 0; at < bytes.length; at++) {
    if (at >= lifetimeAt && at < lifetimeAt + 32) continue;
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    expect(() => requireSetUp(changed)).toThrow(REJECTED);
  }
});

test('bytes that follow, or are missing, are refused', () => {
  const bytes = encodePayment(USDC_PAYMENT);
  expect(() => decodePayment(Uint8Array.of(...bytes, 0))).toThrow(REJECTED);
  for (let size = 0; size < bytes.length; size++) {
    expect(() => decodePayment(bytes.slice(0, size))).toThrow(REJECTED);
  }
});

test('no bytes at all make the decoder fail otherwise than by refusing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => decodePayment(bytes)).toThrow(REJECTED);
    }),
  );
});

/** A message of these instructions, signed for by Alice alone. */
function messageOf(...instructions: readonly TransactionInstruction[]): Bytes {
  const from = key(ALICE.address);
  const recentBlockhash = base58.encode(SOL_PAYMENT.nonce);
  return new TransactionMessage({
    payerKey: from,
    recentBlockhash,
    instructions: [...instructions],
  })
    .compileToLegacyMessage()
    .serialize();
}

const alice = key(ALICE.address);
const vendor = key(SOL_PAYMENT.to);
const advance = SystemProgram.nonceAdvance({
  noncePubkey: key(nonceAccountOf(ALICE.address)),
  authorizedPubkey: alice,
});
const limit = ComputeBudgetProgram.setComputeUnitLimit({ units: 1_500 });
const price = ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 0 });
const pay = SystemProgram.transfer({ fromPubkey: alice, toPubkey: vendor, lamports: 1 });
const otherNonce = SystemProgram.nonceAdvance({
  noncePubkey: key(nonceAccountOf(SOL_PAYMENT.to)),
  authorizedPubkey: alice,
});
const assign = SystemProgram.assign({ accountPubkey: alice, programId: vendor });
const toContract = {
  fromPubkey: alice,
  toPubkey: vendor,
  lamports: 1,
  seed: 'x',
  basePubkey: alice,
};
const withSeed = SystemProgram.transfer({ ...toContract, programId: vendor });

test('the form that is signed is the one that the SDK makes of these instructions', () => {
  expect(decodePayment(messageOf(advance, limit, price, pay))).toMatchObject({ units: 1n });
});

test.each<[string, readonly TransactionInstruction[]]>([
  ['no durable nonce', [limit, price, pay]],
  ['the durable nonce of another wallet', [otherNonce, limit, price, pay]],
  ['the nonce used up last', [limit, price, pay, advance]],
  ['no unit limit', [advance, price, pay]],
  ['no unit price', [advance, limit, pay]],
  ['another order', [advance, price, limit, pay]],
  ['no transfer', [advance, limit, price]],
  ['two transfers', [advance, limit, price, pay, pay]],
  ['the wallet given to a program', [advance, limit, price, assign]],
  ['a transfer and the wallet given to a program', [advance, limit, price, pay, assign]],
  ['a transfer from a derived account', [advance, limit, price, withSeed]],
])('a message with %s is refused', (_, instructions) => {
  expect(() => decodePayment(messageOf(...instructions))).toThrow(REJECTED);
});
