import { readFile } from 'node:fs/promises';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { Transaction } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { leafHash } from '#core/merkle.ts';
import { auditOrigin, cosignersOf, cosignerName, printCheckpoint } from '#mandate/checkpoint.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { parseNote } from '#mandate/signed-note.ts';
import { readConfig } from '#signer-cluster/config.ts';
import type { Frame, SignatureFields } from '#signer-cluster/proto/frames.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { createWallet, type SignerTeam, signerTeam, type Tap, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';
import type { SigningRequest } from './request.ts';
import { isSignedBy } from '#signing/verify.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');

let team: SignerTeam;
let cluster: SignerCluster;
let publicKey: Bytes;

beforeAll(async () => {
  team = await signerTeam();
  cluster = clusterOver(team.links(), LOG);
  ({ publicKey } = await createWallet(cluster, { keyId, organization, wallet }));
});

afterAll(() => team.close());

let requests = 0;
const newRequest = (): SigningRequest =>
  requestFor(paymentIntent({ externalId: `request-${(requests += 1)}` }));

function digestOf({ unsigned }: SigningRequest): Bytes {
  const network = findNetwork('local-evm');
  return verbsOf(network).payloads(network, unsigned)[0]?.digest as Bytes;
}

/** A cluster that reaches only these nodes, each through a relay that may interfere. */
const clusterOf = (parties: readonly PartyId[], tapOf: (party: PartyId) => Tap = () => ({})) =>
  clusterOver(
    team
      .links()
      .filter(({ party }) => parties.includes(party))
      .map((link) => tapped(link, tapOf(link.party))),
    LOG,
  );

test.each([[[1, 2]], [[1, 3]], [[2, 3]]])('parties %j sign together', async (parties) => {
  const mandate = newRequest();
  const { signatures, signers } = await clusterOf(parties).sign({ keyId, mandate });
  expect(signers).toEqual(parties);
  const network = findNetwork('local-evm');
  const verbs = verbsOf(network);
  const from = verbs.address(publicKey);
  const { raw } = verbs.seal(network, mandate.unsigned, signatures, from);
  expect(Transaction.from(`0x${hex(raw)}`).from).toBe(from);
});

test('the same key id answers with the same key, also when asked many times at once', async () => {
  const asked = Array.from({ length: 5 }, () =>
    createWallet(cluster, { keyId, organization, wallet }),
  );
  for (const answer of await Promise.all(asked)) expect(answer.publicKey).toEqual(publicKey);
});

test('a key id that stands for a key of another organisation is refused', async () => {
  const other = { keyId, organization: idOf('organization', 2), wallet: idOf('wallet', 2) };
  await expect(createWallet(cluster, other)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test('two workers that make the first key of an organisation at once both get it', async () => {
  const request = {
    keyId: idOf('key', 3),
    organization: idOf('organization', 3),
    wallet: idOf('wallet', 3),
  };
  const workers = [clusterOf([1, 2, 3]), clusterOf([1, 2, 3])];
  const [one, two] = await Promise.all(workers.map((worker) => createWallet(worker, request)));
  expect(one).toEqual(two);
});

test('the same intent with the same bytes may be signed again', async () => {
  const mandate = newRequest();
  const first = await cluster.sign({ keyId, mandate });
  const second = await cluster.sign({ keyId, mandate });
  expect(second.signatures[0]).not.toEqual(first.signatures[0]);
});

test('twenty transfers at once are all signed', async () => {
  const mandates = Array.from({ length: 20 }, newRequest);
  const signed = await Promise.all(mandates.map((mandate) => cluster.sign({ keyId, mandate })));
  for (const [index, { signatures }] of signed.entries()) {
    expect(isSignedBy(publicKey, { digest: digestOf(mandates[index]!) }, signatures[0]!)).toBe(
      true,
    );
  }
});

test('every session that a node took part in is on its disk', async () => {
  for (const party of [1, 2, 3]) {
    const journal = await readFile(`${team.house.data(party)}/journal/journal.log`, 'utf8');
    const entries = journal.split('\n').filter((line) => line.includes(`"${keyId}"`));
    expect(entries[0]).toContain('"kind":"session"');
    expect(entries[1]).toContain('"kind":"key-committed"');
  }
});

const checkpointOf = (leaf: string) =>
  printCheckpoint({ origin: auditOrigin(organization), size: 1n, root: leafHash(utf8(leaf)) });

test('every node cosigns a checkpoint by its own identity, and refuses another log of that name', async () => {
  const { members } = (await readConfig(team.house.config(1))).committee;
  const { parties, threshold } = await cluster.committee();
  expect({ parties, threshold }).toEqual({ parties: [1, 2, 3], threshold: 2 });
  for (const { party, identity } of members) {
    const request = { checkpoint: checkpointOf('first'), oldSize: 0, proof: [] };
    const answer = await cluster.cosign(party, request);
    if (answer.kind !== 'cosigned') throw new Error(answer.kind);
    const cosigner = { name: cosignerName(party), publicKey: identity };
    expect([...cosignersOf(parseNote(answer.note), [cosigner])]).toEqual([cosigner.name]);
    const other = { ...request, checkpoint: checkpointOf('other') };
    expect(await cluster.cosign(party, { ...other, oldSize: 1 })).toMatchObject({
      kind: 'refused',
      reason: 'forked',
    });
    expect(await cluster.cosign(party, { ...request, checkpoint: 'no text' })).toMatchObject({
      kind: 'failed',
      code: 'INVALID_INPUT',
    });
  }
});

test('health names every node', async () => {
  const all = await cluster.health();
  expect(all.map(({ party, ok, detail }) => ({ party, ok, detail }))).toEqual(
    [1, 2, 3].map((party) => ({ party, ok: true, detail: 'ready' })),
  );
});

/** Changes what nodes answer at the end of a session. */
const lying = (change: (frame: Extract<Frame, { type: 'result' }>) => Frame) => (): Tap => ({
  fromNode: (frame) => (frame.type === 'result' ? change(frame) : frame),
});

type EcdsaFields = Extract<SignatureFields, { r: string }>;

const changed = (
  one: SignatureFields,
  change: (one: EcdsaFields) => EcdsaFields,
): SignatureFields => ('bytes' in one ? one : change(one));

const flipped = (text: string): string => (text.startsWith('0') ? '1' : '0') + text.slice(1);

test.each([
  [
    'another r',
    lying(({ content, ...frame }) => ({
      ...frame,
      content: {
        ...content,
        signatures: content.signatures.map((one) =>
          changed(one, ({ r, ...rest }) => ({ ...rest, r: flipped(r) })),
        ),
      },
    })),
  ],
  [
    'another recovery number',
    lying(({ content, ...frame }) => ({
      ...frame,
      content: {
        ...content,
        signatures: content.signatures.map((one) =>
          changed(one, ({ recovery, ...rest }) => ({ ...rest, recovery: recovery ^ 1 })),
        ),
      },
    })),
  ],
  [
    'no signature',
    lying(({ content, ...frame }) => ({
      ...frame,
      content: { ...content, signatures: [] },
    })),
  ],
])('a result with %s is not released', async (_, tap) => {
  const mandate = newRequest();
  const signing = clusterOf([1, 2], tap).sign({ keyId, mandate });
  await expect(signing).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
});

test('one node that lies about the signature does not keep the right one back', async () => {
  const liar = lying(({ content, ...frame }) => ({
    ...frame,
    content: { ...content, signatures: [] },
  }));
  const mandate = newRequest();
  const { signatures } = await clusterOf([1, 2], (party) => (party === 1 ? liar() : {})).sign({
    keyId,
    mandate,
  });
  expect(isSignedBy(publicKey, { digest: digestOf(mandate) }, signatures[0]!)).toBe(true);
});

const inHex = (value: bigint): string => value.toString(16).padStart(64, '0');

test('a node that names a key of its own, and signs with it, gets nothing released', async () => {
  const secret = new Uint8Array(32).fill(5);
  const mandate = newRequest();
  const own = secp256k1.Signature.fromBytes(
    secp256k1.sign(digestOf(mandate), secret, { prehash: false, format: 'recovered' }),
    'recovered',
  );
  const fields = { r: inHex(own.r), s: inHex(own.s), recovery: own.recovery as number };
  const publicKeyOfLiar = hex(secp256k1.getPublicKey(secret));
  const liar: Tap = {
    fromNode(frame) {
      const content = { publicKey: publicKeyOfLiar, signatures: [fields], presignatures: [] };
      if (frame.type === 'accepted') return { type: 'accepted', content };
      return frame.type === 'result' ? { type: 'result', content } : frame;
    },
  };
  const signing = clusterOf([1, 2], (party) => (party === 1 ? liar : {})).sign({ keyId, mandate });
  await expect(signing).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
});

const rejecting: Tap = {
  fromNode: (frame) =>
    frame.type === 'accepted'
      ? {
          type: 'refused',
          content: { code: 'EVIDENCE_REJECTED', reason: 'a lie', field: '', parties: [] },
        }
      : frame,
};

test('one node that rejects all evidence stops no transfer', async () => {
  const liar = clusterOf([1, 2, 3], (party) => (party === 1 ? rejecting : {}));
  for (let request = 0; request < 3; request++) {
    const { signers } = await liar.sign({ keyId, mandate: newRequest() });
    expect(signers).toEqual([2, 3]);
  }
});

test('as many rejections as it takes to sign are final, one alone is not', async () => {
  const two = clusterOf([1, 2, 3], (party) => (party === 3 ? {} : rejecting));
  await expect(two.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
    context: { reason: 'a lie' },
  });
  const one = clusterOf([1, 2], (party) => (party === 1 ? rejecting : {}));
  await expect(one.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
});

test('with too few nodes in reach nothing is signed and nothing hangs', async () => {
  const signing = clusterOf([2]).sign({ keyId, mandate: newRequest() });
  await expect(signing).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
});
