/** The keys that have left: they exist whole somewhere else, and this node signs with them no more. */
import { PlatformError } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** An export that was allowed once: it may take more than one try, by the same words. */
export type Export = Omit<Extract<JournalEntry, { kind: 'key-exported' }>, 'kind'>;

export type ExportedKeys = {
  has(keyId: string): boolean;
  /** @throws KEY_LOCKED when the key was exported */
  requireHere(keyId: string): void;
  /** Whether exactly this export has begun here and not ended, and its words would still hold. */
  isBegun(one: Pick<Export, 'key' | 'recipient'>, now: Instant): boolean;
  /** Durable when it resolves, together with the use of its word. @throws AUDIT_UNAVAILABLE */
  begin(one: Export): Promise<void>;
  /** Every exporter has said that its share is on its way. Durable when it resolves. */
  end(keyId: string): Promise<void>;
};

export function exportedKeys(journal: Journal, entries: readonly JournalEntry[]): ExportedKeys {
  const exported = new Set<string>();
  const begun = new Map<string, Export>();
  for (const entry of entries) {
    if (entry.kind === 'export-done') begun.delete(entry.key);
    if (entry.kind !== 'key-exported') continue;
    exported.add(entry.key);
    begun.set(entry.key, entry);
  }
  return {
    has: (keyId) => exported.has(keyId),
    requireHere(keyId) {
      if (!exported.has(keyId)) return;
      throw new PlatformError('KEY_LOCKED', { reason: 'the key was exported' });
    },
    isBegun({ key, recipient }, now) {
      const one = begun.get(key);
      return one !== undefined && one.recipient === recipient && now < one.until;
    },
    async begin(one) {
      // It signs nothing from now on, whatever becomes of the disk.
      exported.add(one.key);
      await journal.append({ kind: 'key-exported', ...one });
      begun.set(one.key, one);
    },
    async end(key) {
      begun.delete(key);
      await journal.append({ kind: 'export-done', key });
    },
  };
}
