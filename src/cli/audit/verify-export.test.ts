import { secp256k1 } from '@noble/curves/secp256k1.js';
import { beforeEach, expect, test } from 'vitest';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { hex } from '#core/bytes.ts';
import { MINUTE_MS } from '#core/time.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { AuditedCompany, type Unplaced } from '#testing/audited-company.ts';
import { NODES, WITNESSES, cosigningNode } from '#testing/audit-log.ts';
import type { KnownRecords } from './known-records.ts';
import type { ProofWork } from './proof-work.ts';
import { proofThreads } from './proof-threads.ts';
import { type Verdict, verifyLines } from './verify-export.ts';

let company: AuditedCompany;
beforeEach(async () => {
  company = await AuditedCompany.open();
  records = alone;
  every = undefined;
});

const nodes = {
  threshold: 2,
  members: 3,
  keys: new Map(NODES.map(({ party, cosigner }) => [party, cosigner.publicKey])),
};
const alone: KnownRecords = [{ witnesses: WITNESSES, nodes }];
let records: KnownRecords = alone;
let every: number | undefined;
const verify = (genesis = company.genesis, work?: ProofWork): Promise<Verdict> =>
  verifyLines(
    company.lines(every),
    { records, genesis, known: [] },
    work === undefined ? {} : { work },
  );

const entryAt = (place: number): Unplaced => company.parts.at(place) as Unplaced;
const placeOf = (action: string): number =>
  company.parts.findLastIndex((part) => part.kind === 'entry' && part.entry.action === action);

/** Tells the newest entry of this action otherwise. */
function retell(action: string, change: (part: Unplaced) => Partial<Unplaced>): void {
  const place = placeOf(action);
  const part = entryAt(place);
  company.parts[place] = { ...part, ...change(part) };
}

/** The newest payment as if it had come after these changes. */
async function retellAfter(change: () => Promise<void>): Promise<void> {
  const paid = company.parts.splice(placeOf('transfer.created'));
  await change();
  company.tellChanges();
  const { authority } = entryAt(-1).entry;
  const later = paid.map((part) =>
    part.kind === 'entry' ? { ...part, entry: { ...part.entry, authority } } : part,
  );
  company.parts.push(...later);
}

const deactivate = async (id: Parameters<AuditedCompany['authority']['deactivate']>[0]) => {
  await company.authority.deactivate(id);
  company.tellChanges();
};

test('what people asked for, approved and signed is found to be right', async () => {
  await company.pay();
  await company.publish(2, 1);
  company.tellChanges();
  await company.pay({ approvers: [company.ben] });
  await company.pay({ dollars: 5n });
  const { entries, authority, judged, fault } = await verify();
  expect(fault).toBeUndefined();
  expect(authority).toEqual({ entries: 12, head: company.authority.state.head.hash });
  expect({ entries, judged }).toEqual({
    entries: 33,
    judged: { assertions: 6, decisions: 6, signatures: 3, receipts: 9, addresses: 1, erased: 0 },
  });
});

type Lie = readonly [what: string, tell: () => Promise<void> | void, reason: RegExp];

const CHANGES: readonly Lie[] = [
  [
    'a change of authority is left out',
    () => void company.parts.splice(2, 2),
    /entry 2 stands where 1 belongs/,
  ],
  [
    'a change of authority was not signed like this',
    () => {
      const part = company.parts[2];
      if (part?.kind !== 'authority') throw new Error('no change');
      company.parts[2] = { ...part, content: part.content.replace('Alice', 'Mallory') };
    },
    /entry 1 of the authority log does not hold/,
  ],
  [
    'a change of authority has no entry of its own',
    () => void company.parts.splice(3, 1),
    /2 changes of authority came with it/,
  ],
  [
    'an entry was made with an older authority log',
    async () => {
      const { authority } = entryAt(-1).entry;
      await deactivate(company.ben.id);
      company.tell({ action: 'session.opened', subject: company.alice.id });
      retell('session.opened', ({ entry }) => ({ entry: { ...entry, authority } }));
    },
    /with another authority log/,
  ],
  [
    'a wallet lies elsewhere than the authority log says',
    () => retell('wallet.active', ({ detail }) => ({ detail: { ...detail, path: 'm/1' } })),
    /knows no such wallet/,
  ],
];

/** The wallet with the words of these nodes about its address. */
const attested = (...told: Parameters<AuditedCompany['attestations']>) =>
  retell('wallet.active', () => ({
    evidence: { attestations: company.attestations(...told) },
  }));

const ADDRESSES: readonly Lie[] = [
  ['no node has signed an address', () => attested({}, []), /no node has signed/],
  ['one node has not', () => attested({}, NODES.slice(1)), /node 1 has not/],
  ['the nodes signed another address', () => attested({ address: VENDOR }), /1, 2, 3 has not/],
  ['they signed it for another key', () => attested({ key: 'key_1' }), /1, 2, 3 has not/],
  ['it is told of another key', () => tellOtherKey(), /node 1, 2, 3 has not signed/],
];

/** As a gateway does that puts a key of its own in the place of the nodes'. */
function tellOtherKey(): void {
  const publicKey = secp256k1.getPublicKey(new Uint8Array(32).fill(7));
  const address = verbsOf(findNetwork('local-evm')).address(publicKey);
  const own = { publicKey: hex(publicKey), address };
  retell('wallet.active', ({ detail }) => ({ detail: { ...detail, ...own } }));
}

const REQUESTS: readonly Lie[] = [
  [
    'somebody asks who has left',
    async () => {
      await deactivate(company.alice.id);
      await company.pay();
    },
    /was not active/,
  ],
  [
    'somebody asks who may not',
    async () => void (await company.pay({ initiator: company.carol })),
    /had not transfers:create/,
  ],
  [
    'somebody votes who has left',
    async () => {
      await deactivate(company.bob.id);
      await company.pay();
    },
    /was not active/,
  ],
  [
    'somebody votes who may not',
    async () => void (await company.pay({ approvers: [company.bob, company.carol] })),
    /had not approvals:decide/,
  ],
  [
    'somebody votes twice',
    async () => void (await company.pay({ approvers: [company.bob, company.bob] })),
    /voted twice/,
  ],
  [
    'a vote says otherwise than what was signed',
    async () => {
      await company.pay({ decision: 'REJECT' });
      retell('approval.voted', ({ detail }) => ({ detail: { ...detail, decision: 'APPROVE' } }));
    },
    /another vote/,
  ],
  [
    'an intent stands for two payments',
    async () => {
      await company.pay();
      const { entry, ...created } = entryAt(placeOf('transfer.created'));
      company.tell({
        ...created,
        ...entry,
        detail: created.detail ?? {},
        subject: 'trf_other',
      } as never);
    },
    /stands for another payment/,
  ],
];

const DECISIONS: readonly Lie[] = [
  [
    'an older policy decides',
    async () => {
      await company.pay();
      await retellAfter(async () => void (await company.publish(2, 1)));
    },
    /another policy was in force/,
  ],
  [
    'an older list decides',
    async () => {
      await company.register([VENDOR]);
      await company.publish(2, 2, true);
      company.tellChanges();
      await company.pay();
      expect((await verify()).fault).toBeUndefined();
      await retellAfter(() => company.register([]));
    },
    /with other lists and groups/,
  ],
  [
    'a decision is about somebody else',
    async () => {
      await company.pay({ dollars: 5n });
      const { evidence, detail } = entryAt(placeOf('transfer.created'));
      await company.pay({ dollars: 6n });
      retell('transfer.created', (part) => ({
        evidence: { ...part.evidence, decision: evidence.decision as never },
        detail: { ...part.detail, decision: detail?.['decision'] as never },
      }));
    },
    /about another payment/,
  ],
  [
    'a decision is much older than its entry',
    async () => {
      await company.pay({ dollars: 5n });
      retell('transfer.created', ({ entry }) => ({
        entry: { ...entry, at: new Date(company.authority.now + 6 * MINUTE_MS).toISOString() },
      }));
    },
    /decided at another time/,
  ],
  [
    'too few have approved',
    async () => void (await company.pay({ approvers: [company.bob] })),
    /too few/,
  ],
  [
    'somebody has rejected it',
    async () => void (await company.pay({ decision: 'REJECT' })),
    /rejected it/,
  ],
  [
    'the policy has blocked it',
    async () => void (await company.pay({ dollars: 900_000_000_001n })),
    /the policy blocked it/,
  ],
];

const SIGNATURES: readonly Lie[] = [
  [
    'too few nodes had it in writing',
    async () => void (await company.pay({ nodes: NODES.slice(0, 2) })),
    /2 receipts, and 3 of 3/,
  ],
  [
    'the nodes wrote it down when an approver had left',
    async () => {
      await company.pay();
      const place = placeOf('transfer.broadcast');
      const rest = company.parts.splice(place);
      await deactivate(company.bob.id);
      const { state } = company.authority;
      await company.pay({ dollars: 5n, state });
      const [signed] = rest as [Unplaced];
      const { receipts } = entryAt(placeOf('transfer.broadcast')).evidence;
      company.parts.push({
        ...signed,
        entry: { ...signed.entry, authority: state.head.hash },
        evidence: { ...signed.evidence, receipts },
      });
    },
    /too few/,
  ],
  [
    'the receipts name an authority log that nobody knows',
    async () => {
      const { state } = company.authority;
      const unknown = { ...state, head: { sequence: 3, hash: '11'.repeat(32) } };
      await company.pay({ state: unknown });
    },
    /no node had it in writing/,
  ],
  [
    'the receipts are about another transaction',
    async () => {
      await company.pay();
      const { receipts } = entryAt(placeOf('transfer.broadcast')).evidence;
      await company.pay();
      retell('transfer.broadcast', ({ evidence }) => ({
        evidence: { ...evidence, receipts: receipts as never },
      }));
    },
    /0 receipts, and 3 of 3/,
  ],
  [
    'the organisation was frozen',
    async () => {
      const { authority } = company;
      const { organization } = authority.state;
      await authority.change(authority.administrator, 'freezeOrganization', organization, {});
      company.tellChanges();
      await company.pay();
    },
    /organisation was frozen/,
  ],
  [
    'another key has signed',
    async () => {
      await company.pay();
      retell('transfer.broadcast', ({ detail }) => {
        const [signature] = (detail?.['signatures'] ?? []) as unknown as [{ readonly r: string }];
        const other = { ...signature, r: `00${signature.r.slice(2)}` };
        return { detail: { ...detail, signatures: [other] } };
      });
    },
    /did not sign/,
  ],
];

test.each([...CHANGES, ...ADDRESSES, ...REQUESTS, ...DECISIONS, ...SIGNATURES])(
  'it is found where %s',
  async (_, tell, reason) => {
    await tell();
    expect((await verify()).fault?.reason).toMatch(reason);
  },
);

test('an export of another genesis is not that of the organisation', async () => {
  expect((await verify('11'.repeat(32))).fault?.reason).toMatch(/begins with the genesis/);
});

test('other threads find the same, and the first of several faults is told', async () => {
  for (let paid = 0; paid < 20; paid++) await company.pay({ dollars: 5n });
  const right = await verify();
  expect(right.fault).toBeUndefined();
  const work = proofThreads(2);
  expect(await verify(company.genesis, work)).toEqual(right);
  await work.close();
  for (const [place, part] of company.parts.entries()) {
    if (part.kind !== 'entry' || part.entry.action !== 'transfer.broadcast') continue;
    const detail = { ...part.detail, hash: '0x00' };
    if (place > company.parts.length / 2) company.parts[place] = { ...part, detail };
  }
  const again = proofThreads(2);
  const { fault } = await verify(company.genesis, again);
  await again.close();
  expect(fault).toEqual((await verify()).fault);
  expect(fault?.reason).toMatch(/another transaction was sent/);
});

test('what was erased is counted, and takes nothing from the rest', async () => {
  await company.pay();
  const erased = { salt: null, detail: null };
  const place = placeOf('transfer.created');
  const [line] = [...company.lines()].filter((text) => text.includes('"transfer.created"'));
  const { commitment } = (JSON.parse(line ?? '') as Unplaced).entry;
  const { entry, evidence } = entryAt(place);
  company.parts[place] = { kind: 'entry', entry: { ...entry, commitment }, evidence, ...erased };
  const { fault, judged } = await verify();
  expect(fault).toBeUndefined();
  expect(judged).toMatchObject({ assertions: 2, signatures: 0, erased: 1 });
});

/** A committee that follows the first one: party 1 has left, party 4 has come. */
const later = [...NODES.slice(1), cosigningNode(4)];
const [FIRST, SECOND] = ['5e'.repeat(32), '6f'.repeat(32)] as const;
const first = { witnesses: WITNESSES, nodes, record: FIRST };
const second = {
  witnesses: { cosigners: later.map(({ cosigner }) => cosigner), quorum: 3 },
  nodes: {
    threshold: 2,
    members: 3,
    keys: new Map(later.map(({ party, cosigner }) => [party, cosigner.publicKey])),
  },
  record: SECOND,
};

test('what an older committee cosigned and had in writing holds by the chain of records, and by nothing less', async () => {
  await company.pay({ dollars: 5n });
  company.follow(SECOND, later);
  every = 5;
  await company.pay({ dollars: 5n });
  records = [second, first];
  expect(await verify()).toMatchObject({ judged: { receipts: 6 }, record: SECOND });
  const work = proofThreads(1);
  expect((await verify(company.genesis, work)).fault).toBeUndefined();
  await work.close();
  for (const alone of [first, second]) {
    records = [alone];
    expect((await verify()).fault?.reason).toMatch(/2 nodes cosigned it, and 3 must/);
  }
  // Checkpoints at the end alone: what is missing are the keys of those who gave the receipts.
  every = undefined;
  expect((await verify()).fault?.reason).toMatch(/record 5e5e5e5e, which is not among the known/);
});

test('the receipts of a payment are of one committee', async () => {
  company.follow(SECOND, later);
  records = [second, first];
  await company.pay({ nodes: NODES });
  expect((await verify()).fault?.reason).toMatch(/2 receipts, and 3 of 3/);
});

test('it is told whose the last checkpoint is', async () => {
  await company.pay({ dollars: 5n });
  records = [second, first];
  expect(await verify()).toMatchObject({ record: FIRST });
});

test('nodes in the mode availability are believed as their operators have told it, and not by their word', async () => {
  const available: KnownRecords = [
    { witnesses: { ...WITNESSES, quorum: 2 }, nodes: { ...nodes, mode: 'availability' } },
  ];
  await company.pay({ nodes: NODES.slice(0, 2), mode: 'availability' });
  expect((await verify()).fault?.reason).toMatch(/2 receipts, and 3 of 3/);
  records = available;
  expect((await verify()).fault).toBeUndefined();
  // One node alone is too few in any mode.
  await company.pay({ nodes: NODES.slice(0, 1), mode: 'availability' });
  expect((await verify()).fault?.reason).toMatch(/1 receipts, and 2 of 3/);
});

test('in the mode safety no receipt counts of a node that did not wait for the others', async () => {
  await company.pay({ mode: 'availability' });
  expect((await verify()).fault?.reason).toMatch(/0 receipts in the mode safety, and 3 of 3/);
});
