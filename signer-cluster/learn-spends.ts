/** Spends that other nodes have in writing and this one has missed: they count here from now on. */
import { parseHex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseInstant } from '#core/time.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { initiatedSpend } from '#mandate/initiated-spend.ts';
import { parseIntent } from '#mandate/intent.ts';
import { withTold } from '#mandate/replacement.ts';
import type { PriceBook } from '#policy-lang/price-book.ts';
import { spendText } from '#mandate/spend-text.ts';
import { authorityOf } from './authority.ts';
import { type Conversation, type Party, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { LearnRequest, MandateFields } from './proto/open-request.ts';
import type { Spend } from './spends.ts';

/**
 * Also one that is over a limit by now counts: it may be paid.
 * @throws EVIDENCE_REJECTED for the first one that no initiator signed; those before it are learned
 */
export async function serveLearn({ party }: Conversation, open: LearnRequest): Promise<Result> {
  const { organization } = activeKey(party, open.keyId);
  // What the record before has in writing stands for bytes that whoever tells it here may lie about.
  party.handover.requireComplete(organization);
  const state = authorityOf(party, organization);
  const prices = await party.prices();
  for (const mandate of open.mandates) {
    const { spend, transactions } = learned(party, mandate, state, prices);
    // Otherwise one intent would be paid twice: by the bytes that were signed, and by those told here.
    party.guard.learn({ ...spend, transactions, intent: spend.id });
    await party.spends.record(spend);
  }
  return { publicKey: '', signatures: [], presignatures: [] };
}

const rejected = (field: string, reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason });

function learned(
  party: Party,
  { intent: text, initiator, unsigned }: MandateFields,
  state: AuthorityState,
  prices: PriceBook,
): { readonly spend: Spend; readonly transactions: readonly (readonly string[])[] } {
  const { wallet: id, network } = parseIntent(text);
  const wallet = party.wallets.find(id);
  if (wallet === undefined) throw rejected('wallet', 'the wallet is not registered here');
  const key = activeKey(party, wallet.key);
  const address = verbsOf(findNetwork(network)).address(wallet.publicKey);
  const own = {
    state,
    couldInitiate: (id: string) => party.authority.couldInitiate(key.organization, id),
    now: party.now(),
    quotes: prices,
    key,
    wallet: { path: wallet.path, publicKey: wallet.publicKey, address },
  };
  const asked = { intent: text, initiator, unsigned: parseHex(unsigned, 'unsigned') };
  const { intent, digests, spend } = initiatedSpend(asked, own);
  const before = party.spends.ledger(key.organization).find(spend.id)?.spend.transactions ?? [];
  const transactions = spend.transactions.reduce(withTold, before);
  return {
    transactions: transactions.map((terms) => terms.digests),
    spend: {
      id: spend.id,
      organization: key.organization,
      key: key.keyId,
      digests,
      created: parseInstant(intent.created),
      expires: parseInstant(intent.expires),
      counted: spendText({ ...spend, transactions }),
      initiators: [initiator],
    },
  };
}
