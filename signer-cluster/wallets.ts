/**
 * Which key and path each wallet has. The first registration of a wallet holds for good, so that the
 * tweak of a signature depends on nothing that a request says.
 */
import { PlatformError } from '#core/errors.ts';
import type { Bytes } from '#core/bytes.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { DerivedKey } from './protocols.ts';

type Entry = Extract<JournalEntry, { kind: 'wallet-registered' }>;

export type Registration = Omit<Entry, 'kind'>;

/** A wallet with the key that signs for it, as this node derives it. */
export type WalletKey = Registration & {
  /** The derived key, 33 bytes compressed for secp256k1. */
  readonly publicKey: Bytes;
  /** What is added to the key's secret when the wallet signs. */
  readonly tweak: bigint;
};

export type Wallets = {
  find(wallet: string): WalletKey | undefined;
  /** All wallets of a key, in the order of their ids. */
  of(key: string): readonly Registration[];
  /**
   * Durable when it resolves. Registering again what is registered is no fault.
   * @throws IDEMPOTENCY_CONFLICT when the wallet has another key or path; INVALID_INPUT when the path
   *   cannot be derived; AUDIT_UNAVAILABLE
   */
  register(registration: Registration): Promise<WalletKey>;
};

type Known = { readonly wallet: WalletKey; readonly durable: Promise<void> };

export function wallets(
  journal: Journal,
  entries: readonly JournalEntry[],
  derive: (key: string, path: string) => DerivedKey,
): Wallets {
  const known = new Map<string, Known>();
  const derived = (registration: Registration): WalletKey => ({
    ...registration,
    ...derive(registration.key, registration.path),
  });
  for (const entry of entries) {
    if (entry.kind !== 'wallet-registered') continue;
    const { kind: _, ...registration } = entry;
    known.set(entry.wallet, { wallet: derived(registration), durable: Promise.resolve() });
  }
  return {
    find: (wallet) => known.get(wallet)?.wallet,
    of: (name) =>
      [...known.values()]
        .filter(({ wallet }) => wallet.key === name)
        .map(({ wallet: { wallet, key, organization, path } }) => ({
          wallet,
          key,
          organization,
          path,
        }))
        .toSorted((a, b) => (a.wallet < b.wallet ? -1 : 1)),
    async register(registration) {
      const before = known.get(registration.wallet);
      if (before !== undefined) {
        requireSame(before.wallet, registration);
        await before.durable;
        return before.wallet;
      }
      const wallet = derived(registration);
      const durable = journal.append({ kind: 'wallet-registered', ...registration });
      known.set(registration.wallet, { wallet, durable });
      await durable;
      return wallet;
    },
  };
}

function requireSame(known: Registration, asked: Registration): void {
  const { key, organization, path } = known;
  if (key === asked.key && organization === asked.organization && path === asked.path) return;
  throw new PlatformError('IDEMPOTENCY_CONFLICT', {
    reason: 'this wallet is registered with another key or path',
  });
}
