/** What a request's parameters are, and the errors that a node of Solana answers with. */
import { base58 } from '@scure/base';
import type { Address } from './chain.ts';

/** JSON-RPC 2.0's numbers, and Solana's own. */
export const CODE = {
  badRequest: -32_600,
  noMethod: -32_601,
  badParameters: -32_602,
  simulationFailed: -32_002,
  badSignature: -32_003,
  noBlock: -32_004,
};

export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly details: unknown;

  constructor(code: number, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

export type Parameters = readonly unknown[];
export type Options = {
  readonly encoding?: string;
  readonly limit?: number;
  readonly before?: string;
  readonly skipPreflight?: boolean;
  readonly transactionDetails?: string;
  readonly dataSlice?: { readonly offset: number; readonly length: number };
};
export type Method = (...params: Parameters) => unknown;

export const bad = (what: string): RpcError =>
  new RpcError(CODE.badParameters, `Invalid params: ${what}`);

export const optionsOf = (value: unknown): Options =>
  typeof value === 'object' && value !== null ? value : {};

export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw bad(`${what} must be a string`);
}

export function addressOf(value: unknown): Address {
  const text = textOf(value, 'an address');
  if (/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text) && base58.decode(text).length === 32) {
    return text as Address;
  }
  throw bad('WrongSize');
}

export function unitsOf(value: unknown): bigint {
  if (/^[1-9]\d{0,19}$/.test(String(value))) return BigInt(String(value));
  throw bad('an amount must be a whole number above zero');
}

export function slotOf(value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw bad('a slot must be a whole number');
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

export function rawOf(value: unknown, { encoding = 'base58' }: Options): Uint8Array {
  const text = textOf(value, 'a transaction');
  if (encoding === 'base64') return fromBase64(text);
  try {
    return base58.decode(text);
  } catch {
    // Foreign letters: not the caller's encoding, or no transaction at all.
    throw bad('invalid base58 encoding');
  }
}
