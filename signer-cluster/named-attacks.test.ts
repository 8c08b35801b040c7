/**
 * The attacks that docs/THREAT_MODEL.md names, on real nodes: by whoever owns the gateway, the database and
 * the worker's certificate, and decides which node hears of what.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import type { SignerLink } from '#cluster-client/link.ts';
import { mandateFields } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, formatInstant, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import type { SignedChange } from '#mandate/authority/signed-change.ts';
import { LOGIN_DOMAIN, ceremonyStatement } from '#mandate/ceremony.ts';
import type { Mandate } from '#mandate/mandate.ts';
import { newMember, passkeyOf, randomOf, signEnrolment } from '#testing/authority.ts';
import { PayingCompany, usdc } from '#testing/paying-company.ts';
import { askAlone, createWallet, type SignerTeam, signerTeam, tapped } from '#testing/signers.ts';
import type { Frame } from './proto/frames.ts';
import type { OpenRequest } from './proto/open-request.ts';

let team: SignerTeam;
let cluster: SignerCluster;
let acme: PayingCompany;
let links: readonly SignerLink[];

const LOG = { info: () => undefined, warn: () => undefined };
const ALL = [1, 2, 3] as const;

beforeAll(async () => {
  team = await signerTeam(3, 2);
  links = team.links();
  cluster = clusterOver(links, LOG);
  acme = await PayingCompany.open('named attacks', instant(Date.now() - MINUTE_MS));
  acme.notaries = team.house.trusted.notaries.keys;
  for (const party of ALL) expect(await tellLog(party)).toMatchObject({ type: 'result' });
  const { organization } = acme.state;
  await createWallet(cluster, { keyId: keyId(), wallet: acme.wallets.operations, organization });
});

afterAll(async () => {
  cluster?.close();
  await team?.close();
});

const keyId = () => acme.own('operations').key.keyId;

/** The last thing that the node says. */
async function ask(party: number, open: OpenRequest): Promise<Frame | undefined> {
  const [link] = links.filter((one) => one.party === party);
  return (await askAlone(link as SignerLink, open, 2)).at(-1);
}

/** Brings the node all that the log has, and texts in place of what would follow. */
function tellLog(party: number, forged: readonly SignedChange[] = []): Promise<Frame | undefined> {
  const { state, entries } = acme.authority;
  const texts = [...entries.map(({ content }) => content), ...forged].map(contentText);
  return ask(party, {
    purpose: 'authority',
    organization: state.organization,
    from: 0,
    entries: texts,
    head: state.head,
    receipts: [],
  });
}

const reserve = (party: number, mandate: Mandate) =>
  ask(party, { purpose: 'reserve', keyId: keyId(), mandate: mandateFields(mandate), authority: 0 });

const agree = (mandate: Mandate) =>
  cluster.agree({ keyId: keyId(), mandate, authority: 0, mandatesOf: async () => [] });

const pay = (wanted = {}) => acme.pay({ units: usdc(10n), approvers: [], ...wanted });

const refused = (reason: RegExp, code = 'EVIDENCE_REJECTED') =>
  expect.objectContaining({
    type: 'refused',
    content: expect.objectContaining({ code, reason: expect.stringMatching(reason) }),
  });

test('the last share withheld and the payment redrafted: nothing but the same bytes is signed', async () => {
  const payment = await pay();
  const { mandate, intent } = payment;
  const agreement = await agree(mandate);
  const withheld: number[] = [];
  // All the nodes say reaches the worker, and neither their last message nor a result goes any further.
  const greedy = links.map((link) =>
    tapped(link, {
      fromNode(frame) {
        if (frame.type !== 'result') return frame;
        withheld.push(link.party);
        return { type: 'refused', content: { ...NOTHING, code: 'SIGNERS_UNAVAILABLE' } };
      },
    }),
  );
  const taken = clusterOver(greedy, LOG);
  await expect(taken.sign({ keyId: keyId(), mandate, agreement })).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
  expect(withheld.length).toBeGreaterThanOrEqual(2);
  const redrafted = { ...mandate, unsigned: acme.bytesOf(intent, { nonce: 8n }) };
  for (const party of ALL) {
    expect(await reserve(party, redrafted)).toEqual(refused(/another sequence number/));
  }
  await expect(
    cluster.sign({ keyId: keyId(), mandate: redrafted, agreement }),
  ).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  const { signatures } = await cluster.sign({ keyId: keyId(), mandate, agreement });
  expect(signatures).toHaveLength(1);
});

const NOTHING = { reason: 'withheld', field: '', parties: [] };

test('a login turned into a mandate: its assertion pays nothing', async () => {
  const { people } = acme;
  const nonce = Buffer.from(randomOf('login')(32)).toString('base64url');
  const nonces = { serverNonce: nonce, clientNonce: nonce, origin: acme.state.origin };
  const login = await people.alice.sign(ceremonyStatement(LOGIN_DOMAIN, nonces));
  const { mandate } = await pay();
  const { statement } = mandate.initiator;
  for (const initiator of [login, { ...login, statement }]) {
    for (const party of ALL) {
      expect(await reserve(party, { ...mandate, initiator })).toEqual(refused(/./));
    }
  }
});

test('a forged enrolment: nobody but the holder of the invitation lets a passkey in', async () => {
  const { authority, people } = acme;
  const { id, enrolmentKey } = await authority.invite('Eve', 'finance-operator');
  for (const party of ALL) expect(await tellLog(party)).toMatchObject({ type: 'result' });
  const eve = await newMember(id, randomOf('eve'));
  const statement = authority.statement('registerCredential', id, passkeyOf(eve), id);
  const stolen = randomOf('another secret')(32);
  const attempts: SignedChange[] = [
    { change: signEnrolment(statement, stolen, enrolmentKey), approvals: [] },
    { change: await eve.sign(statement), approvals: [] },
    { change: await people.alice.sign(statement), approvals: [] },
    { change: await authority.administrator.sign(statement), approvals: [] },
  ];
  for (const attempt of attempts) {
    for (const party of ALL) expect(await tellLog(party, [attempt])).toEqual(refused(/./));
  }
  const { mandate } = await pay({ initiator: eve });
  for (const party of ALL) expect(await reserve(party, mandate)).toEqual(refused(/no credential/));
});

test('a backdated credential: no date in a change or a mandate brings authority back', async () => {
  const { authority, people } = acme;
  const mallory = await newMember(people.alice.id, randomOf('mallory'));
  const early = instant(authority.now - HOUR_MS);
  const dated = { created: formatInstant(early), expires: formatInstant(instant(early + DAY_MS)) };
  const { alice } = people;
  const input = passkeyOf(mallory);
  const statement = authority.statement('registerCredential', alice.id, input, alice.id, dated);
  for (const signer of [mallory, people.dora, people.bob]) {
    const change = await signer.sign(statement);
    for (const party of ALL) {
      expect(await tellLog(party, [{ change, approvals: [] }])).toEqual(refused(/./));
    }
  }
  // Dora has left since; the mandate says that it is of the time before.
  const { mandate } = await pay({ initiator: people.dora, created: early });
  for (const party of ALL) expect(await reserve(party, mandate)).toEqual(refused(/not active/));
});

test('a withheld log: one node that knows of the dismissal is enough, and the others wait for it', async () => {
  const { authority, people } = acme;
  const { mandate } = await pay({ initiator: people.alice });
  const before = await agree(mandate);
  await authority.deactivate(people.alice.id);
  expect(await tellLog(3)).toMatchObject({ type: 'result' });
  const { mandate: after } = await pay({ initiator: people.alice });
  expect(await reserve(1, after)).toMatchObject({ type: 'document' });
  expect(await reserve(3, after)).toEqual(refused(/not active/));
  await expect(agree(after)).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
  // Also what all had in writing before: the node that knows signs nothing of hers any more.
  const open = { purpose: 'sign', keyId: keyId(), signers: [1, 3], ...before } as const;
  const asked = { ...open, mandate: mandateFields(mandate), presignatures: [] };
  expect(await ask(3, asked)).toEqual(refused(/not active/));
});
