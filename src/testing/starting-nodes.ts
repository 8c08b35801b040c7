/** Nodes that start, over the parts that decide alone, with journals in memory. */
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import type { Mode } from '#mandate/quorum.ts';
import type { CheckedReceipt, Receipt, Subject } from '#mandate/receipt-text.ts';
import { checkReceipt } from '#mandate/receipt.ts';
import { approvals } from '#signer-cluster/approvals.ts';
import { type Committee, committeeOf } from '#signer-cluster/committee.ts';
import { cosignedIn } from '#signer-cluster/cosigning.ts';
import { newIdentity, type NodeIdentity } from '#signer-cluster/identity.ts';
import type { JournalEntry, Position } from '#signer-cluster/journal.ts';
import type { Conversation, Party } from '#signer-cluster/party.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import { everybody, receiptOf } from '#signer-cluster/receipts.ts';
import { serve } from '#signer-cluster/serve.ts';
import { type Spends, spends } from '#signer-cluster/spends.ts';
import { setBacks } from '#signer-cluster/set-backs.ts';
import { standing } from '#signer-cluster/standing.ts';
import { starts } from '#signer-cluster/starts.ts';

export const ORG = 'org';
export const NOW = instant(1_000);
const spendOf = (id: string, created: number) => ({
  id: id.repeat(32),
  organization: ORG,
  key: 'key_1',
  digests: [id.repeat(32)],
  created,
  expires: 99,
});
export const A = spendOf('aa', 1);
export const B = spendOf('bb', 2);

export type Node = Pick<
  Party,
  'me' | 'committee' | 'starts' | 'standing' | 'setBacks' | 'store'
> & {
  readonly entries: JournalEntry[];
  readonly spends: Spends;
  readonly words: ReturnType<typeof approvals>;
};

type House = { readonly committee: Committee; readonly identities: readonly NodeIdentity[] };

export function houseOf(threshold: number, count: number): House {
  const identities = Array.from({ length: count }, () => newIdentity());
  const members = identities.map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  }));
  return { committee: committeeOf(threshold, members), identities };
}

let named = 0;

/** By organisation, the hashes of the heads of its log of authority; the node trusts it. */
export type Logs = Map<string, string[]>;

const logsOf = (logs: Logs) => ({
  find(organization: string) {
    const hashes = logs.get(organization) ?? [];
    const head = { sequence: hashes.length - 1, hash: hashes.at(-1) ?? '' };
    return hashes.length === 0 ? undefined : ({ head } as AuthorityState);
  },
  pins: () => new Map([...logs.keys()].map((organization) => [organization, ''])),
  hashAt: (organization: string, sequence: number) => logs.get(organization)?.[sequence],
});

/** One start of a node, on this disk; its MACs name the entries up to each place. */
export function startOf(
  { committee, identities }: House,
  me: number,
  entries: JournalEntry[] = [],
  mode: Mode = 'safety',
  logs: Logs = new Map(),
): Node {
  const headAt = (count: number): string =>
    Buffer.from(JSON.stringify(entries.slice(0, count)))
      .toString('hex')
      .slice(-64)
      .padStart(64, '0');
  const journal = {
    append: async (entry: JournalEntry): Promise<void> => void entries.push(entry),
    appendNow: (entry: JournalEntry): void => void entries.push(entry),
    get durable(): Position {
      return { count: entries.length, head: headAt(entries.length) };
    },
    headAt: async (count: number) => (count <= entries.length ? headAt(count) : undefined),
    writable: true,
    close: async () => undefined,
  };
  const past = [...entries];
  const words = approvals(
    journal,
    past,
    () => 0 as never,
    () => `${(named += 1)}`,
  );
  const shape = { threshold: committee.threshold, members: committee.members.length, mode };
  const own = spends(journal, past, shape);
  const authority = logsOf(logs);
  const lost = setBacks({ committee: hex(committee.hash), journal, entries: past, authority });
  const stand = standing({ me, journal, entries: past, approvals: words, setBacks: lost });
  const store = { identity: identities[me - 1] } as unknown as Party['store'];
  const start = (named += 1).toString(16).padStart(32, '0');
  const parts = { own: start, me, committee, mode, journal, entries: past, standing: stand };
  const cosigned = cosignedIn(past);
  const known = {
    approvals: words,
    spends: own,
    authority: logsOf(logs),
    cosigned,
    now: () => NOW,
  };
  const all = starts({ ...parts, ...known });
  const told = { standing: stand, setBacks: lost, starts: all };
  return { me, committee, entries, spends: own, words, store, ...told };
}

/** What the node answers when it is asked alone. @throws what it refuses with */
export async function ask(node: Node, open: OpenRequest): Promise<unknown> {
  let text = 'null';
  const party = { ...node, committee: { ...node.committee, retired: [] } } as unknown as Party;
  const stream = {
    inbox: { next: async () => ({ type: 'open', content: open }) },
    send: (frame: { type: string; content: { text: string } }) => {
      if (frame.type === 'document') ({ text } = frame.content);
    },
  };
  await serve({ party, stream, about: {} } as unknown as Conversation);
  return JSON.parse(text);
}

/** How `told` hears of the start of `node`: what it signs. */
export async function hearOf(node: Node, told: Node): Promise<readonly Receipt[]> {
  const known = told.starts.heard().find(({ party }) => party === node.me)?.start ?? '';
  const replaces = [{ party: told.me, start: known }];
  const start = (await ask(node, { purpose: 'start', replaces })) as Receipt;
  const answer = await ask(told, { purpose: 'takeStarts', starts: [start] });
  return (answer as { told: readonly Receipt[] }).told;
}

export async function stand(node: Node, others: readonly Node[]): Promise<void> {
  const told = (await Promise.all(others.map((one) => hearOf(node, one)))).flat();
  await ask(node, { purpose: 'stand', told });
}

export async function standAll(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes)
    await stand(
      node,
      nodes.filter((one) => one !== node),
    );
}

export const spendSubject = ({ id, digests }: typeof A) =>
  ({ kind: 'spend', organization: ORG, key: 'key_1', intent: id, digests }) as const;

/** Its receipt, once it has the spend in writing; as `told` counts it. */
export async function receiptFrom(node: Node, spend: typeof A): Promise<Receipt> {
  node.starts.requireStanding();
  await node.spends.record(spend);
  return receiptOf(node, spendSubject(spend), {});
}

export const checked = (receipt: Receipt, subject: Subject, at: Node): CheckedReceipt =>
  checkReceipt(receipt, subject, everybody(at));

/** 3 of 5; the parties 1 and 2 are corrupted, and say what they like. */
export async function fiveNodes() {
  const house = houseOf(3, 5);
  const nodes = [1, 2, 3, 4, 5].map((party) => startOf(house, party));
  await standAll(nodes);
  const [one, two, three, four, five] = nodes as [Node, Node, Node, Node, Node];
  return { house, one, two, three, four, five, nodes };
}
