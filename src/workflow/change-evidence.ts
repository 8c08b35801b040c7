/** What shows that a change is in effect, for whoever believes the nodes and not this platform. */
import type { Actor } from '#identity/actor.ts';
import { entryHash } from '#mandate/authority/chain.ts';
import type { ChangeProof } from '#mandate/effective-change.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { authorityEntries } from '#persistence/authority.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import type { Services } from './services.ts';

/** Undefined before the change is in the authority log. @throws FORBIDDEN */
export async function readChangeProof(
  services: Services,
  actor: Actor,
  { organization, sequence, receipts }: ChangeRequestRow,
): Promise<ChangeProof | undefined> {
  requirePermission(actor, 'changes:read');
  if (typeof sequence !== 'number') return undefined;
  const last = Math.max(receipts?.sequence ?? 0, sequence);
  const from = sequence - 1;
  const rows = await authorityEntries(reader(services.db), organization, from, last - from + 1);
  const [before, own, ...following] = rows;
  if (before === undefined || own === undefined) {
    throw new Error(`the authority log of ${organization} has no entry ${sequence}`);
  }
  return {
    sequence,
    previous: before.hash,
    entry: own.content,
    links: following.map(({ content }) => entryHash(content)),
    receipts: receipts?.receipts ?? [],
  };
}
