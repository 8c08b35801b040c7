/**
 * The one form of payment that the platform signs, as a message:
 *
 *     AdvanceNonceAccount, SetComputeUnitLimit, SetComputeUnitPrice,
 *     Transfer | [CreateIdempotent,] TransferChecked,
 *     [Memo]
 *
 * The wallet pays and alone signs, and its durable nonce is the lifetime. A token's recipient is
 * always among the accounts, also where no instruction needs him, because a token account's address
 * does not show whose it is. Decoding is strict: bytes that the encoder would not have made are
 * refused.
 */
import type { Bytes } from '#core/bytes.ts';
import {
  ASSOCIATED_TOKEN,
  BUDGET,
  type Instruction,
  SYSTEM,
  TOKEN,
  advanceNonce,
  createTokenAccount,
  memo,
  transfer,
  transferToken,
  unitLimit,
  unitPrice,
} from './instructions.ts';
import { type ReadInstruction, decodeMessage, encodeMessage, requireSameBytes } from './message.ts';
import {
  ASSOCIATED_TOKEN_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  MEMO_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
} from './programs.ts';
import { refuse } from './refusal.ts';

/** The chain's own bound of compute units in one transaction. */
export const COMPUTE_UNITS_MAX = 1_400_000;

export type Payment = {
  readonly from: string;
  /** The value of the wallet's durable nonce, 32 bytes. */
  readonly nonce: Bytes;
  readonly computeUnits: number;
  /** Millionths of a lamport for each compute unit. */
  readonly unitPrice: bigint;
  /** The recipient's wallet, also where tokens are sent. */
  readonly to: string;
  /** Lamports, or base units of the token. */
  readonly units: bigint;
  readonly token?: Token;
  /** Published; '' for none. */
  readonly memo: string;
};

export type Token = {
  readonly mint: string;
  readonly decimals: number;
  /** Whether the recipient's token account is created, at the wallet's expense, if it is absent. */
  readonly createsAccount: boolean;
};

function instructionsOf(payment: Payment): readonly Instruction[] {
  const { from, to, units, token } = payment;
  const head = [
    advanceNonce(from),
    unitLimit(payment.computeUnits),
    unitPrice(payment.unitPrice),
    ...(token?.createsAccount ? [createTokenAccount(from, to, token.mint)] : []),
  ];
  const movement =
    token === undefined
      ? transfer(from, to, units)
      : transferToken({ from, to, mint: token.mint, units, decimals: token.decimals });
  return [...head, movement, ...(payment.memo === '' ? [] : [memo(payment.memo)])];
}

const messageOf = (payment: Payment) => ({
  payer: payment.from,
  lifetime: payment.nonce,
  instructions: instructionsOf(payment),
  mentioned: payment.token === undefined ? [] : [payment.to],
});

export const encodePayment = (payment: Payment): Bytes => encodeMessage(messageOf(payment));

function numberAt(data: Bytes, from: number, size: number): bigint {
  if (from + size > data.length) refuse('an instruction is cut short');
  return data
    .subarray(from, from + size)
    .reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Reads a message's instructions one after the other. */
class Script {
  readonly #instructions: readonly ReadInstruction[];
  #at = 0;

  constructor(instructions: readonly ReadInstruction[]) {
    this.#instructions = instructions;
  }

  /** The next one, where it is of this program and kind; the kind has `size` bytes. */
  take(program: string, kind: number, size = 1): ReadInstruction | undefined {
    const next = this.#instructions[this.#at];
    if (next?.program !== program || next.data.length < size) return undefined;
    if (numberAt(next.data, 0, size) !== BigInt(kind)) return undefined;
    this.#at += 1;
    return next;
  }

  /** The next one, where it is of this program. */
  takeAny(program: string): ReadInstruction | undefined {
    const next = this.#instructions[this.#at];
    if (next?.program !== program) return undefined;
    this.#at += 1;
    return next;
  }
}

type Movement = Pick<Payment, 'to' | 'units' | 'token'>;

function nativeMovement(script: Script): Movement | undefined {
  const found = script.take(SYSTEM_PROGRAM, SYSTEM.transfer, 4);
  if (found === undefined) return undefined;
  return { to: account(found, 1), units: numberAt(found.data, 4, 8) };
}

/** The recipient is created for, or is the account that nothing uses: the last one. */
function tokenMovement(script: Script, accounts: readonly string[]): Movement | undefined {
  const created = script.take(ASSOCIATED_TOKEN_PROGRAM, ASSOCIATED_TOKEN.createIdempotent);
  const found = script.take(TOKEN_PROGRAM, TOKEN.transferChecked);
  if (found === undefined) return undefined;
  const to = created === undefined ? accounts.at(-1) : account(created, 2);
  return {
    to: to ?? refuse('no recipient'),
    units: numberAt(found.data, 1, 8),
    token: {
      mint: account(found, 1),
      decimals: Number(numberAt(found.data, 9, 1)),
      createsAccount: created !== undefined,
    },
  };
}

const account = ({ accounts }: ReadInstruction, index: number): string =>
  accounts[index] ?? refuse('an instruction lacks an account');

function textOf({ data }: ReadInstruction): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return refuse('a memo that is not UTF-8');
  }
}

/** @throws EVIDENCE_REJECTED for everything that the encoder would not have made */
export function decodePayment(bytes: Bytes): Payment {
  const { payer, accounts, lifetime, instructions } = decodeMessage(bytes);
  const script = new Script(instructions);
  if (script.take(SYSTEM_PROGRAM, SYSTEM.advanceNonce, 4) === undefined) {
    refuse('does not begin with using up a durable nonce');
  }
  const limit = script.take(COMPUTE_BUDGET_PROGRAM, BUDGET.unitLimit) ?? refuse('no unit limit');
  const price = script.take(COMPUTE_BUDGET_PROGRAM, BUDGET.unitPrice) ?? refuse('no unit price');
  const movement =
    nativeMovement(script) ?? tokenMovement(script, accounts) ?? refuse('no known transfer');
  const published = script.takeAny(MEMO_PROGRAM);
  const payment: Payment = {
    from: payer,
    nonce: lifetime,
    computeUnits: Number(numberAt(limit.data, 1, 4)),
    unitPrice: numberAt(price.data, 1, 8),
    ...movement,
    memo: published === undefined ? '' : textOf(published),
  };
  if (payment.computeUnits > COMPUTE_UNITS_MAX) refuse('more compute units than the chain has');
  requireSameBytes(messageOf(payment), bytes);
  return payment;
}
