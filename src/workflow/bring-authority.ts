/**
 * Before nodes are asked for anything, they get what they lack of the organisation's authority log: who may
 * do what is theirs to know, and they refuse what their own copy does not allow.
 */
import type { OrganizationId } from '#core/ids.ts';
import type { AuthorityHead } from '#mandate/authority/chain.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { authorityEntries, authorityHead } from '#persistence/authority.ts';
import { reader } from '#persistence/database.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'db' | 'cluster' | 'log'>;

/** The head that every node of a cluster has, as far as this process knows. */
const brought = new WeakMap<object, Map<OrganizationId, string>>();

/**
 * Where the platform's own log ends; undefined before its genesis. A node that does not take it is no
 * error here: it says so when it is asked.
 */
export async function bringAuthority(
  parts: Parts,
  organization: OrganizationId,
): Promise<AuthorityHead | undefined> {
  const head = await authorityHead(reader(parts.db), organization);
  const known = brought.get(parts.cluster)?.get(organization);
  if (head !== undefined && known !== head.hash) await bring(parts, organization, head);
  return head;
}

/** The nodes' receipts for where the log ends now. */
export async function receiptsOfAuthority(
  parts: Parts,
  organization: OrganizationId,
): Promise<{ readonly head: AuthorityHead; readonly receipts: readonly Receipt[] } | undefined> {
  const head = await authorityHead(reader(parts.db), organization);
  if (head === undefined) return undefined;
  return { head, receipts: await bring(parts, organization, head) };
}

async function bring(
  { db, cluster, log }: Parts,
  organization: OrganizationId,
  head: AuthorityHead,
): Promise<readonly Receipt[]> {
  const { behind, receipts } = await cluster.bringAuthority({
    organization,
    head,
    entries: async (from, max) => {
      const rows = await authorityEntries(reader(db), organization, from, max);
      return rows.map(({ content }) => content);
    },
  });
  const known = brought.get(cluster) ?? new Map<OrganizationId, string>();
  brought.set(cluster, known);
  if (behind.size === 0) known.set(organization, head.hash);
  for (const [party, reason] of behind) {
    log.warn({ party, organization, reason }, 'a node lacks changes of authority');
  }
  return receipts;
}
