/** Bytes that do something else than the intent that was signed and approved. */
import { approveCall, transferCall } from '#chains/evm/explain.ts';
import type { Transaction } from '#chains/evm/transaction.ts';
import { encodePayment } from '#chains/solana/payment.ts';
import { encodeSetUp } from '#chains/solana/set-up.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, concat, parseHex, utf8 } from '#core/bytes.ts';
import type { Intent } from '#mandate/intent.ts';
import { STRANGER } from '#testing/policy-fixtures.ts';
import { type Draw, type Forged, type Forgery, forged, replaced } from './forgery.ts';
import type { PayingCompany } from '#testing/paying-company.ts';

/** An honest mandate whose transaction has another field. */
const withBytes =
  (change: (intent: Intent, draw: Draw) => Partial<Transaction>) =>
  async (company: PayingCompany, draw: Draw): Promise<Forged> => {
    const payment = await company.pay({ units: draw.units });
    const bytes = change(payment.intent, draw);
    return forged(payment, { unsigned: company.bytesOf(payment.intent, { bytes }) });
  };

const word = (value: bigint): Bytes => parseHex(value.toString(16).padStart(64, '0'));
const address = (text: string): Bytes => parseHex(text.slice(2).toLowerCase().padStart(64, '0'));
const UNLIMITED = 2n ** 256n - 1n;

/** A call of the token with another selector, which a careless reader takes for a payment. */
const tokenCall = (selector: string, ...words: readonly Bytes[]) =>
  withBytes(() => ({ data: concat(parseHex(selector), ...words) }));

export const BYTES: readonly Forgery[] = [
  {
    kind: 'the bytes pay more',
    field: 'units',
    reason: /the transaction has \d+, the intent \d+/,
    make: withBytes(({ recipient, units }, draw) => ({
      data: transferCall(recipient, BigInt(units) + 1n + BigInt(draw.int(9_999))),
    })),
  },
  {
    kind: 'the bytes pay less',
    field: 'units',
    reason: /the transaction has/,
    make: withBytes(({ recipient, units }, draw) => ({
      data: transferCall(recipient, BigInt(units) - 1n - BigInt(draw.int(9_999))),
    })),
  },
  {
    kind: 'the bytes pay somebody else',
    field: 'recipient',
    reason: /the transaction has/,
    make: withBytes(({ units }) => ({ data: transferCall(STRANGER, BigInt(units)) })),
  },
  {
    kind: 'the bytes pay in another asset',
    field: 'asset',
    reason: /the transaction has ETH/,
    make: withBytes(({ recipient, units }) => ({
      to: recipient,
      value: BigInt(units),
      data: new Uint8Array(),
    })),
  },
  {
    kind: 'the bytes pay a higher fee than the cap',
    field: 'fee',
    reason: /at most/,
    make: withBytes((_, draw) => ({ maxFeePerGas: 10n ** 12n + BigInt(draw.int(9_999)) })),
  },
  {
    kind: 'the bytes are for another network',
    field: '',
    reason: /chain/,
    make: withBytes((_, draw) => ({ chainId: draw.pick([1n, 137n, 11_155_111n]) })),
  },
  {
    kind: 'the bytes call a contract that is no token',
    field: '',
    reason: /no registered token/,
    make: withBytes(() => ({ to: STRANGER })),
  },
  {
    kind: 'the bytes also send the native asset',
    field: '',
    reason: /also sends the native asset/,
    make: withBytes((_, draw) => ({ value: 1n + BigInt(draw.int(9_999)) })),
  },
  {
    kind: 'an allowance of the payment in the place of the payment',
    field: 'kind',
    reason: /the transaction has allowance, the intent transfer/,
    make: withBytes(({ recipient, units }) => ({ data: approveCall(recipient, BigInt(units)) })),
  },
  {
    kind: 'an unlimited allowance in the place of a payment',
    field: 'kind',
    reason: /the transaction has allowance, the intent transfer/,
    make: tokenCall('095ea7b3', address(STRANGER), word(UNLIMITED)),
  },
  {
    kind: 'a raised allowance in the place of a payment',
    field: '',
    reason: /neither transfer nor approve/,
    make: tokenCall('39509351', address(STRANGER), word(UNLIMITED)),
  },
  {
    kind: 'a permit in the place of a payment',
    field: '',
    reason: /a token call of 228 bytes/,
    make: tokenCall(
      'd505accf',
      ...[STRANGER, STRANGER].map(address),
      ...[UNLIMITED, UNLIMITED, 27n, 1n, 1n].map(word),
    ),
  },
  {
    kind: 'bytes behind the end of the transaction',
    field: '',
    reason: /./,
    make: replaced(({ mandate }, _, draw) => ({
      unsigned: concat(mandate.unsigned, draw.bytes(1 + draw.int(40))),
    })),
  },
  {
    kind: 'a bare digest in the place of the transaction',
    field: '',
    reason: /./,
    make: replaced(({ mandate }) => ({ unsigned: sha256(mandate.unsigned) })),
  },
  {
    kind: 'a typed message in the place of the transaction',
    field: '',
    reason: /./,
    make: replaced((_, __, draw) => ({
      unsigned: concat(parseHex('1901'), draw.bytes(32), draw.bytes(32)),
    })),
  },
  {
    kind: 'another sequence number than the intent stands for',
    needs: 'earlier-spends',
    field: 'nonce',
    reason: /another sequence number/,
    async make(company, draw) {
      const signed = await company.spentBefore();
      const nonce = signed.nonce + 1n + BigInt(draw.int(9));
      return forged(signed.payment, {
        unsigned: company.bytesOf(signed.payment.intent, { nonce }),
      });
    },
  },
  {
    kind: 'another transaction of the intent with the same fee',
    needs: 'earlier-spends',
    field: 'fee',
    reason: /must pay more in fees/,
    async make(company, draw) {
      const { nonce, payment } = await company.spentBefore();
      const bytes = { maxPriorityFeePerGas: 1n + BigInt(draw.int(9_999)) };
      return forged(payment, { unsigned: company.bytesOf(payment.intent, { nonce, bytes }) });
    },
  },
  {
    kind: 'bytes that publish another memo',
    field: 'memo',
    reason: /the transaction has/,
    async make(company, draw) {
      const payment = await company.pay({ wallet: 'solana', units: draw.units });
      const { intent } = payment;
      const memo = `${intent.memo} and ${draw.int(9_999)}`;
      return forged(payment, { unsigned: company.bytesOf({ ...intent, memo }) });
    },
  },
  {
    kind: 'bytes that pay from another account',
    field: '',
    reason: /./,
    async make(company, draw) {
      const payment = await company.pay({ wallet: 'solana', units: draw.units });
      const { intent } = payment;
      const unsigned = encodePayment({
        from: intent.recipient,
        nonce: draw.bytes(32),
        computeUnits: 1_500,
        unitPrice: 0n,
        to: company.own('solana').wallet.address,
        units: BigInt(intent.units),
        memo: intent.memo,
      });
      return forged(payment, { unsigned });
    },
  },
  {
    kind: 'the set-up of an account without a mandate',
    field: 'initiator',
    reason: /another statement/,
    async make(company, draw) {
      const payment = await company.pay({ wallet: 'solana', units: draw.units });
      const { address: from } = company.own('solana').wallet;
      const empty = { authenticatorData: '', clientDataJSON: '', signature: '' };
      const initiator = { statement: '', credentialId: '', ...empty };
      return forged(payment, { initiator, unsigned: encodeSetUp(from, draw.bytes(32)) });
    },
  },
  {
    kind: 'the set-up of another account',
    field: '',
    reason: /./,
    async make(company, draw) {
      const payment = await company.pay({ wallet: 'solana', units: draw.units });
      const unsigned = encodeSetUp(payment.intent.recipient, draw.bytes(32));
      return forged(payment, { unsigned });
    },
  },
  {
    kind: 'a transaction of which one bit is turned',
    field: '',
    reason: /./,
    make: replaced(({ mandate }, _, draw) => ({ unsigned: flippedWithin(mandate.unsigned, draw) })),
  },
  {
    kind: 'no transaction at all',
    field: '',
    reason: /./,
    make: replaced(() => ({ unsigned: utf8('') })),
  },
];

/** In what the intent fixes: the token, the amount and the recipient lie in the second half. */
function flippedWithin(unsigned: Bytes, draw: Draw): Bytes {
  const half = unsigned.length >> 1;
  return concat(unsigned.slice(0, half), draw.flipped(unsigned.slice(half)));
}
