import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import { type Links, openLinks } from '#cluster-client/links.ts';
import type { SignerLink } from '#cluster-client/link.ts';
import { mandateFields, payloadsOf } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import type { KeyId } from '#core/ids.ts';
import { MINUTE_MS, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import { genesisHash } from '#mandate/authority/genesis.ts';
import { reshareChange } from '#mandate/change-input.ts';
import type { Mandate } from '#mandate/mandate.ts';
import { parseRecord } from '#signer-cluster/committee-record.ts';
import { signWith } from '#signer-cluster/identity.ts';
import { readCommitteeKeys } from '#signer-cluster/operator/committee-keys.ts';
import { isSignedBy } from '#signing/verify.ts';
import { runCommand } from '#testing/command-line.ts';
import { openedStore } from '#testing/node-secrets.ts';
import { PayingCompany, usdc } from '#testing/paying-company.ts';
import {
  PRICES,
  type SignerProcess,
  askAlone,
  createWallet,
  spawnSigner,
} from '#testing/signers.ts';
import { readNodeKeys } from './node-keys.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const scheme = 'ecdsa-secp256k1';

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const NAMES = ['ada', 'bea', 'cyd', 'dan', 'eve'];
const nodes = new Map<string, SignerProcess>();
const opened: Links[] = [];

async function run(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommand(words);
  expect(err).toBe('');
  expect(code).toBe(0);
  return out;
}

const refused = async (...words: readonly string[]): Promise<string> => {
  const { code, err } = await runCommand(words);
  expect(code).not.toBe(0);
  return err;
};

const WHERE = (): readonly string[] =>
  `--workers-ca ${at('tls', 'ca.pem')} --address signer.example.com:7001 --listen 127.0.0.1:7001`.split(
    ' ',
  );

const card = (name: string): string => at(name, 'join-card.json');
const start = async (name: string): Promise<void> => {
  const before = nodes.get(name);
  const options = { port: before?.port ?? 0, env: { PRICES: at('prices.json') } };
  nodes.set(name, await spawnSigner(at(name, 'node.json'), 0, options));
};

/** Who is which party of a record. */
async function partiesIn(record: string): Promise<ReadonlyMap<number, string>> {
  const { members, retired } = parseRecord(await readFile(at(record), 'utf8'));
  const cards = await Promise.all(
    NAMES.map(async (name) => {
      const { identity } = JSON.parse(await readFile(card(name), 'utf8')) as { identity: string };
      return [identity, name] as const;
    }),
  );
  const byIdentity = new Map(cards);
  const named = [...members, ...retired].map(
    ({ party, identity }) => [party, byIdentity.get(hex(identity)) as string] as const,
  );
  return new Map(named);
}

/** The members' own keys, with which the test cosigns the audit log in their place. */
async function notariesIn(record: string): Promise<PayingCompany['notaries']> {
  const { members } = parseRecord(await readFile(at(record), 'utf8'));
  const parties = await partiesIn(record);
  const keys = await Promise.all(
    members.map(async ({ party, identity: publicKey }) => {
      const { identity } = await openedStore(at(parties.get(party) ?? '', 'node.json'));
      const sign = (message: Bytes): Bytes => signWith(identity.signing, message);
      return [party, { publicKey, sign }] as const;
    }),
  );
  return new Map(keys);
}

const hashOf = (told: string): string => /hash ([0-9a-f]{64})/.exec(told)?.[1] ?? '';

async function pin(name: string, record: string, hash: string): Promise<void> {
  const again = nodes.get(name)?.servesAgain();
  await run('signer', 'join', at(record), '--expect-hash', hash, '--node', at(name));
  await again;
}

/** A worker that has this record. */
async function workerOf(record: string): Promise<SignerCluster> {
  await writeFile(at('tls', 'committee.json'), await readFile(at(record)));
  const parties = await partiesIn(record);
  const signers = new Map(
    [...parties].map(([party, name]) => [party, `127.0.0.1:${nodes.get(name)?.port}`] as const),
  );
  const links = await openLinks({ signers, tls: at('tls') }, LOG.warn);
  opened.push(links);
  const cluster = clusterOver(links.links, LOG);
  const answering = async () => (await cluster.health()).every(({ ok }) => ok);
  await expect.poll(answering).toBe(true);
  return cluster;
}

beforeAll(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'committee-'));
  acme = await PayingCompany.open('records', instant(Date.now() - MINUTE_MS));
  keyId = acme.own('spent').key.keyId;
  await writeFile(at('prices.json'), PRICES);
  await run('signer', 'workers', at('tls'));
  for (const name of NAMES) {
    await run('signer', 'init', at(name), ...WHERE());
  }
  await Promise.all(NAMES.map(start));
});

afterAll(async () => {
  for (const links of opened) {
    for (const link of links.links) link.close();
    links.close();
  }
  await Promise.all([...nodes.values()].map((node) => node.kill()));
  await rm(folder, { recursive: true });
});

const rejected = { code: 'EVIDENCE_REJECTED' };
let before: SignerCluster;
let after: SignerCluster;
let publicKey: Bytes;
let acme: PayingCompany;
let keyId: KeyId;
let hash: string;
/** By party of the second record, in which all of the first one are. */
let second: ReadonlyMap<number, string>;
const mandates: Mandate[] = [];
const nameOf = (party: number): string => second.get(party) ?? '';

const bring = (cluster: SignerCluster) =>
  cluster.bringAuthority({
    organization: acme.state.organization,
    head: acme.authority.state.head,
    entries: async (from, max) =>
      acme.authority.entries.slice(from, from + max).map(({ content }) => contentText(content)),
  });

/** The company's policy lets a quarter of a million leave this wallet in a day. */
async function mandateOf(dollars: bigint): Promise<Mandate> {
  const approvers = dollars > 10_000n ? {} : { approvers: [] };
  const { mandate } = await acme.pay({ wallet: 'spent', units: usdc(dollars), ...approvers });
  mandates.push(mandate);
  return mandate;
}

async function pay(cluster: SignerCluster, mandate: Mandate): Promise<readonly number[]> {
  const authority = acme.authority.state.head.sequence;
  const agreement = await cluster.agree({
    keyId,
    mandate,
    authority,
    mandatesOf: async () => mandates,
  });
  const { signatures, signers } = await cluster.sign({ keyId, mandate, agreement });
  expect(isSignedBy(publicKey, payloadsOf(mandate)[0]!, signatures[0]!)).toBe(true);
  return signers;
}

const trust = (name: string): Promise<string> => {
  const genesis = genesisHash(acme.authority.genesis);
  return run('signer', 'trust', acme.state.organization, genesis, '--node', at(name));
};

test('three nodes of three machines make a committee, and sign', async () => {
  const make = (file: string, ...cards: readonly string[]) =>
    run('signer', 'committee', 'make', at(file), '--threshold', '2', ...cards.map(card));
  const told = await make('record-1', 'ada', 'bea', 'cyd');
  expect(hashOf(await make('record-1-again', 'cyd', 'ada', 'bea'))).toBe(hashOf(told));
  const waiting = await run('signer', 'status', '--node', at('ada'));
  expect(waiting).toContain('waits for the record of its committee');
  for (const name of ['ada', 'bea', 'cyd']) {
    await pin(name, 'record-1', hashOf(told));
    await trust(name);
  }
  before = await workerOf('record-1');
  acme.notaries = await notariesIn('record-1');
  expect((await bring(before)).behind).toEqual(new Map());
  const { organization } = acme.state;
  const wallet = acme.wallets.spent;
  ({ publicKey } = await createWallet(before, { keyId, organization, wallet }));
  expect(await pay(before, await mandateOf(200_000n))).toHaveLength(2);
});

test('a changed card, and a record with another hash, are refused', async () => {
  const stolen = JSON.parse(await readFile(card('dan'), 'utf8')) as { identity: string };
  const { identity } = JSON.parse(await readFile(card('eve'), 'utf8')) as { identity: string };
  await writeFile(at('stolen'), JSON.stringify({ ...stolen, identity }));
  const next = ['signer', 'committee', 'next', at('record-2'), '--from'];
  const cards = ['--retire', '1,3', card('eve')];
  const changed = await refused(...next, at('record-1'), ...cards, at('stolen'));
  expect(changed).toContain('not signed by the identity');
  const told = await run(...next, at('ada', 'committee.json'), ...cards, card('dan'));
  expect(told).toContain('has left: party 1, 3');
  hash = hashOf(told);
  const join = ['signer', 'join', at('record-2'), '--node', at('ada'), '--expect-hash'];
  expect(await refused(...join, hash.replace(/^./, 'x'))).toContain(`its hash is ${hash}`);
  expect(await refused('signer', 'init', at('ada'), ...WHERE())).toContain('something is there');
  const first = await partiesIn('record-1');
  second = await partiesIn('record-2');
  expect([1, 2, 3].map(nameOf)).toEqual([...first.values()]);
});

test('a key moves to those who are new when all have pinned the record, and stays the same key', async () => {
  for (const party of [2, 3, 4, 5]) await pin(nameOf(party), 'record-2', hash);
  const status = await run('signer', 'status', '--node', at(nameOf(3)));
  expect(status).toContain('has left the committee: it deals its shares to others');
  expect(status).toContain('party 1, 3 of its holders has left the committee');
  after = await workerOf('record-2');
  const change = { dealers: [1, 2], receivers: [2, 4, 5], threshold: 2 };
  for (const party of [4, 5]) await trust(nameOf(party));
  const { authority, state } = acme;
  const ordered = reshareChange({ keyId, ...change });
  await authority.change(authority.administrator, 'reshareKey', keyId, ordered);
  expect((await bring(after)).behind).toEqual(new Map());
  const { organization } = state;
  const request = { keyId, organization, scheme, ...change } as const;
  const old = hashOf(await run('signer', 'committee', 'show', at('record-1')));
  const unknown = `not 4 members of record ${old.slice(0, 8)}`;
  await expect(after.reshareKey(request)).rejects.toThrow(unknown);
  await pin(nameOf(1), 'record-2', hash);

  const word = ['--key', keyId, '--receivers', '2,4,5', '--threshold', '2'];
  for (const party of change.dealers) {
    await run('signer', 'approve', 'reshare', '--node', at(nameOf(party)), ...word);
  }
  expect(hex((await after.reshareKey(request)).publicKey)).toBe(hex(publicKey));
});

test('what was spent before counts at nodes that were not there, and no limit is spent twice', async () => {
  acme.notaries = await notariesIn('record-2');
  const small = await mandateOf(40_000n);
  const mandate = mandateFields(small);
  const fresh = opened.at(-1)?.links.find(({ party }) => party === 4) as SignerLink;
  const [refusal] = await askAlone(fresh, { purpose: 'reserve', keyId, mandate, authority: 0 });
  expect(JSON.stringify(refusal)).toMatch(/SIGNERS_UNAVAILABLE.*HANDOVER_DUE/);

  await expect(pay(after, await mandateOf(60_000n))).rejects.toMatchObject(rejected);
  const signers = new Set(await pay(after, small));
  for (const party of await pay(after, await mandateOf(1_000n))) signers.add(party);
  expect([...signers].every((party) => [2, 4, 5].includes(party))).toBe(true);
  await expect(pay(after, await mandateOf(20_000n))).rejects.toMatchObject(rejected);
  await nodes.get(nameOf(4))?.kill();
  await start(nameOf(4));
  const status = await run('signer', 'status', '--node', at(nameOf(4)));
  expect(status).not.toContain('has not heard');
  expect(status).toContain(`record ${hash}`);
});

test('a key is dealt to the members of the pinned record, and an auditor knows them by it', async () => {
  await writeFile(at('private'), 'c0ffee'.padStart(64, '0'));
  const words = ['--scheme', scheme, '--secret', at('private')];
  await run('signer', 'deal', at('dealing'), '--node', at(nameOf(4)), ...words);
  expect([...(await readCommitteeKeys(at(nameOf(4)))).recipients.keys()]).toEqual([2, 4, 5]);
  const [{ nodes: known }] = await readNodeKeys(at(nameOf(4), 'committee.json'));
  expect([...known.keys.keys()]).toEqual([2, 4, 5]);
  expect(known).toMatchObject({ threshold: 2, members: 3 });
});

test('nothing is dealt by a node that has no record yet', async () => {
  await run('signer', 'init', at('fay'), ...WHERE());
  const words = ['--scheme', scheme, '--secret', at('private')];
  const told = await refused('signer', 'deal', at('nothing'), '--node', at('fay'), ...words);
  expect(told).toContain('it has no record of a committee yet');
});
