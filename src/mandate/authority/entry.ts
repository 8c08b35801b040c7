/** The entries of the authority log: how a copy of it is read again, and how it is stored. */
import { type Canonical, canonicalText } from '#core/canonical.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { canonicalOrUndefined } from '#mandate/statement.ts';
import { applyChange } from './apply-change.ts';
import { evidence, rejected } from './evidence.ts';
import { GENESIS_DOMAIN, type Genesis, parseGenesis } from './genesis.ts';
import type { SignedChange } from './signed-change.ts';
import { type AuthorityState, stateOfGenesis } from './state.ts';

/** `sequence` counts from the genesis, which is 0. */
export type AuthorityEntry = {
  readonly sequence: number;
  readonly content: Genesis | SignedChange;
};

export const isGenesis = (content: AuthorityEntry['content']): content is Genesis =>
  'domain' in content;

/**
 * The state after one more entry; `state` is absent before the genesis.
 * @throws EVIDENCE_REJECTED for an entry that does not continue the log, and what `applyChange` throws
 */
export function applyEntry(
  state: AuthorityState | undefined,
  { sequence, content }: AuthorityEntry,
): AuthorityState {
  const expected = state === undefined ? 0 : state.head.sequence + 1;
  if (sequence !== expected) {
    throw rejected('sequence', `entry ${sequence} stands where ${expected} belongs`);
  }
  if (isGenesis(content)) {
    if (state !== undefined) throw rejected('sequence', 'a second genesis');
    return evidence('genesis', () => stateOfGenesis(parseGenesis(canonicalText(content))));
  }
  if (state === undefined) throw rejected('sequence', 'the log does not begin with a genesis');
  return applyChange(state, content);
}

/**
 * Reads a whole log, or what follows a known state. Order: by sequence.
 * @throws EVIDENCE_REJECTED and what `applyChange` throws, for the first entry that does not hold
 */
export function replay(
  entries: readonly AuthorityEntry[],
  from?: AuthorityState,
): AuthorityState | undefined {
  return entries.reduce<AuthorityState | undefined>(applyEntry, from);
}

const SIGNED_FIELDS = [
  'statement',
  'credentialId',
  'authenticatorData',
  'clientDataJSON',
  'signature',
] as const;

/** The one text of an entry's content, as it is stored and sent. */
export const contentText = (content: AuthorityEntry['content']): string => canonicalText(content);

/**
 * Reads the text of an entry's content and nothing else; `applyEntry` checks what it says.
 * @throws EVIDENCE_REJECTED
 */
export function parseContent(text: string): AuthorityEntry['content'] {
  const value = readJson(text);
  if (!isObject(value) || canonicalOrUndefined(value) !== text) {
    throw rejected('entry', 'not in its canonical form');
  }
  if (value['domain'] === GENESIS_DOMAIN) return evidence('genesis', () => parseGenesis(text));
  const { change, approvals } = value;
  const isWhole = Object.keys(value).length === 2 && isSigned(change) && isSignedList(approvals);
  if (!isWhole) throw rejected('entry', 'neither a genesis nor a signed change');
  return { change, approvals };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw rejected('entry', 'not JSON', { cause });
  }
}

type JsonObject = { readonly [field: string]: Canonical };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSigned = (value: unknown): value is SignedStatement =>
  isObject(value) &&
  Object.keys(value).length === SIGNED_FIELDS.length &&
  SIGNED_FIELDS.every((field) => typeof value[field] === 'string');

const isSignedList = (value: unknown): value is readonly SignedStatement[] =>
  Array.isArray(value) && value.every(isSigned);
