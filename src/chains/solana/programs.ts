/** The programs and system accounts that our transactions name, and what the chain charges for. */

export const SYSTEM_PROGRAM = '11111111111111111111111111111111';
export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
export const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';
export const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111';
export const MEMO_PROGRAM = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
export const RECENT_BLOCKHASHES = 'SysvarRecentB1ockHashes11111111111111111111';
export const RENT = 'SysvarRent111111111111111111111111111111111';

/** Lamports for each signature of a transaction. */
export const SIGNATURE_FEE = 5_000n;

export const NONCE_ACCOUNT_BYTES = 80;
export const TOKEN_ACCOUNT_BYTES = 165;
const ACCOUNT_OVERHEAD_BYTES = 128;
const LAMPORTS_PER_BYTE = 6_960n;

/**
 * What an account of so many bytes must hold, in lamports. The rate is a constant of the cluster,
 * which no transaction shows; a draft asks the chain for it and refuses where it is higher.
 */
export const rentExempt = (bytes: number): bigint =>
  BigInt(ACCOUNT_OVERHEAD_BYTES + bytes) * LAMPORTS_PER_BYTE;
