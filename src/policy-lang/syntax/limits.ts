/** Bounds that keep the compiler's time and stack small whatever it is given. */

/** Bytes of UTF-8 of one `*.policy` file, and of `groups.yaml`. */
export const MAX_FILE_BYTES = 64 * 1024;
/** Bytes of UTF-8 of all files of a bundle, lists included. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;
/** Files of a bundle. */
export const MAX_FILES = 1_000;
/** Brackets inside brackets, and `not` before `not`. */
export const MAX_NESTING = 64;
/** The number of a version: the largest that the API's 32-bit integers hold. */
export const MAX_VERSION = 2 ** 31 - 1;
/** Groups that one rule may ask for approval. */
export const MAX_GROUPS = 16;
/** Diagnostics that one file may bring; the rest is left out. */
export const MAX_DIAGNOSTICS = 100;
/** Comparisons of one rule, each `let` written out. */
export const MAX_ATOMS = 1_000;
/** Rows of one table. */
export const MAX_ROWS = 500;
/** Different totals that the rules of a policy compare: the platform adds up each of them. */
export const MAX_TOTALS = 64;
/** Functions and types of one file of contracts, and addresses in it. */
export const MAX_CONTRACT_ENTRIES = 2_000;
