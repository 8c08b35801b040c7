/**
 * What an organisation has ordered for a key or a wallet, by its own authority log: nodes make, renew,
 * give away and hand out a key only as the newest change of that key says, and nothing for an organisation
 * whose genesis is not pinned here (EVIDENCE_REJECTED).
 */
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { isId } from '#core/ids.ts';
import type { AuthorityState, KeyState, WalletState } from '#mandate/authority/state.ts';
import type { ChangeInput } from '#mandate/change.ts';
import { authorityOf, requireThawed } from './authority.ts';
import type { Party } from './party.ts';

type Knowing = Pick<Party, 'authority'>;

/** The log may only be late: the worker can bring what is missing and ask again. */
const notOrdered = (what: string): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', {
    reason: `the organisation's log, as this node has it, orders no such ${what} (NOT_ORDERED)`,
  });

function keyOf(state: AuthorityState, keyId: string, what: string): KeyState {
  const key = isId('key', keyId) ? state.keys.get(keyId) : undefined;
  if (key !== undefined) return key;
  throw notOrdered(what);
}

/** A key that the organisation wants made. @throws SIGNERS_UNAVAILABLE */
export function requireKeyOrdered(
  party: Knowing,
  asked: { readonly organization: string; readonly keyId: string; readonly scheme: string },
): void {
  const state = authorityOf(party, asked.organization);
  const { scheme, provenance } = keyOf(state, asked.keyId, 'key');
  if (scheme !== asked.scheme || provenance !== 'generated') throw notOrdered('key');
}

/**
 * Exactly this, and nothing newer. What was ordered before a freeze does not leave during it.
 * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED
 */
export function requireOrdered(
  party: Knowing,
  { organization, keyId }: { readonly organization: string; readonly keyId: string },
  operation: 'refreshKey' | 'reshareKey' | 'importKey' | 'exportKey',
  input: ChangeInput,
): void {
  const state = authorityOf(party, organization);
  const { order } = keyOf(state, keyId, operation);
  const isSame = Object.entries(input).every(([field, value]) => {
    const ordered = order.input[field];
    return ordered !== undefined && canonicalText(ordered) === canonicalText(value);
  });
  if (order.operation !== operation || !isSame) throw notOrdered(operation);
  if (operation !== 'exportKey') return;
  requireThawed(party, organization);
  for (const [wallet, { key }] of state.wallets) {
    if (key === keyId) requireThawed(party, organization, wallet);
  }
}

/** The entry of the log that unlocked a key last, 0 where none did. @throws SIGNERS_UNAVAILABLE */
export function unlockOf(
  party: Knowing,
  { organization, keyId }: { readonly organization: string; readonly keyId: string },
): number {
  const state = authorityOf(party, organization);
  return keyOf(state, keyId, 'unlockKey').unlocked;
}

/** A wallet as the log has it, if it lies there. @throws SIGNERS_UNAVAILABLE */
export function requireWalletOrdered(
  party: Knowing,
  asked: {
    readonly organization: string;
    readonly wallet: string;
    readonly key: string;
    readonly path: string;
  },
): WalletState {
  const state = authorityOf(party, asked.organization);
  const wallet = isId('wallet', asked.wallet) ? state.wallets.get(asked.wallet) : undefined;
  if (wallet?.key !== asked.key || wallet.path !== asked.path) throw notOrdered('wallet');
  return wallet;
}
