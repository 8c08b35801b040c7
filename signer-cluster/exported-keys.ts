/** The keys that have left: they exist whole somewhere else, and this node signs with them no more. */
import { PlatformError } from '#core/errors.ts';
import type { Journal, JournalEntry } from './journal.ts';

export type ExportedKeys = {
  has(keyId: string): boolean;
  /** @throws KEY_LOCKED when the key was exported */
  requireHere(keyId: string): void;
  /** Durable when it resolves. @throws AUDIT_UNAVAILABLE */
  record(keyId: string, recipient: string): Promise<void>;
};

export function exportedKeys(journal: Journal, entries: readonly JournalEntry[]): ExportedKeys {
  const exported = new Set(
    entries.flatMap((entry) => (entry.kind === 'key-exported' ? [entry.key] : [])),
  );
  return {
    has: (keyId) => exported.has(keyId),
    requireHere(keyId) {
      if (!exported.has(keyId)) return;
      throw new PlatformError('KEY_LOCKED', { reason: 'the key was exported' });
    },
    async record(key, recipient) {
      // It signs nothing from now on, whatever becomes of the disk.
      exported.add(key);
      await journal.append({ kind: 'key-exported', key, recipient });
    },
  };
}
