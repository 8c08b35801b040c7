/**
 * How much an allowance lets its spender take. It counts at its maximum: as if all of it had left.
 */
import { MAX_UNITS } from './money.ts';

/** What an allowance without a bound is on the chain, and what it counts as: 2^256 - 1. */
export const UNLIMITED_UNITS = MAX_UNITS;

/**
 * From here on an allowance is without a bound, whatever the number says: 2^96 - 1 base units. Some tokens keep
 * allowances in 96 bits and never lower one that is full (UNI, COMP), others in 128 or 160 bits, most in 256; and
 * of no token of the registry are there as many units.
 */
const UNLIMITED_FROM = 2n ** 96n - 1n;

export const isUnlimited = (units: bigint): boolean => units >= UNLIMITED_FROM;
