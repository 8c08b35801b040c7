import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { type IdKind, newId } from '#core/ids.ts';
import { NOW, PAYMENT, idOf } from '#mandate/fixtures.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import type { PartyId } from '#signing/kernel.ts';
import { dealingText, sealDealing } from '#signing/lifecycle/dealing-text.ts';
import { combineExport } from '#signing/lifecycle/export.ts';
import { parseExportedText } from '#signing/lifecycle/exported-text.ts';
import { splitKey } from '#signing/lifecycle/import.ts';
import { recipientOf } from '#signing/lifecycle/sealed-box.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { seededRandom } from '#signing/simulator.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import {
  type SignerTeam,
  type WalletKeyRequest,
  createWallet,
  signerTeam,
  tapped,
} from '#testing/signers.ts';
import { clusterOver, ordering } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';
import { subsetsOf } from './choice.ts';

/**
 * A node dies at one moment of a ceremony: after one of its envelopes has left it, or right before or
 * after one of its waits for the disk. `npm run matrix` plays every node and every moment.
 */
type Moment = {
  readonly victim: PartyId;
  readonly at: 'envelope' | 'before' | 'after';
  readonly number: number;
};

const LOG = { info: () => undefined, warn: () => undefined };
const { organization } = PAYMENT;
const scheme = 'ecdsa-secp256k1';
const PARTIES = [1, 2, 3];
const SETS = [...subsetsOf(PARTIES, 2)];
const IS_FULL = process.env['MATRIX'] === 'full';
const SIGNATURES = IS_FULL ? 10 : 3;
/** More than any ceremony has; a moment that does not come ends the list. */
const MOMENTS_MAX = 200;
const WITHOUT_WORD = { code: 'OPERATOR_APPROVAL_REQUIRED' };
const random = seededRandom('ceremony-crash.test');

let team: SignerTeam;
let cluster: SignerCluster;
let publicKey: string;
const keyId = idOf('key');
const FIRST = { keyId, organization, wallet: PAYMENT.wallet } as const;

const orderOf = (party: PartyId): string => join(team.house.dir, `order-${party}`);
const order = (party: PartyId, text: string): Promise<void> => writeFile(orderOf(party), text);
const revive = (party: PartyId): Promise<void> => team.revive(party, { dieAtSync: orderOf(party) });

beforeAll(async () => {
  team = await signerTeam();
  for (const party of PARTIES) await revive(party);
  cluster = clusterOver(team.links(), LOG);
  const made = await createWallet(cluster, FIRST);
  publicKey = hex(made.publicKey);
});

afterAll(() => team.close());

let requests = 0;

async function expectSignatures(of: WalletKeyRequest): Promise<void> {
  const { wallet } = of;
  for (let count = 0; count < SIGNATURES; count++) {
    const parties = SETS[count % SETS.length] as readonly PartyId[];
    const links = team.links().filter(({ party }) => parties.includes(party));
    const externalId = `ceremony-crash-${(requests += 1)}`;
    const mandate = requestFor(
      paymentIntent({ organization: of.organization, wallet, externalId }),
    );
    const { signatures } = await clusterOver(links, LOG).sign({ keyId: of.keyId, mandate });
    expect(signatures).toHaveLength(1);
    for (const link of links) link.close();
  }
}

/** A relay through which the victim dies when so many of its envelopes have come. */
function dying({ victim, at, number }: Moment): SignerCluster {
  let seen = -1;
  const links = team.links().map((link) =>
    link.party !== victim || at !== 'envelope'
      ? link
      : tapped(link, {
          fromNode(frame) {
            if (frame.type === 'post') seen += 1;
            if (frame.type === 'post' && seen === number) team.signer(victim).child.kill('SIGKILL');
            return frame;
          },
        }),
  );
  return clusterOver(links, LOG);
}

type Ceremony = (through: SignerCluster) => Promise<unknown>;

const endOf = (ceremony: Promise<unknown>): Promise<string> =>
  ceremony.then(
    () => 'done',
    (error: unknown) => (isPlatformError(error) ? error.code : 'another error'),
  );

/** How the ceremony ended in which the victim died, which runs again; undefined where it did not die. */
async function dieDuring(moment: Moment, ceremony: Ceremony): Promise<string | undefined> {
  const { victim, at, number } = moment;
  // The victim has the order before it is told when to die: the log is no part of the ceremony.
  await ceremony(ordering(team.house.trusted)).catch(() => undefined);
  if (at !== 'envelope') await order(victim, `${at} ${number}`);
  const end = await endOf(ceremony(dying(moment)));
  await order(victim, 'never');
  const { child } = team.signer(victim);
  // A ceremony may come to its end without the victim's last word.
  const isHere = (await cluster.health()).some(({ party, ok }) => party === victim && ok);
  if (end === 'done' && isHere && !child.killed) return undefined;
  expect(['done', 'SIGNERS_UNAVAILABLE']).toContain(end);
  // Who killed itself may still be on its way out.
  if (child.signalCode === null) await once(child, 'exit');
  await revive(victim);
  await expect
    .poll(() => cluster.health(), { timeout: 30_000 })
    .toEqual(PARTIES.map(() => expect.objectContaining({ ok: true })));
  return end;
}

/** Whether the victim died; then the ceremony was asked for once more, and came to its end. */
async function dieAndRepeat(moment: Moment, ceremony: Ceremony): Promise<boolean> {
  const end = await dieDuring(moment, ceremony);
  if (end !== undefined) await ceremony(cluster);
  return end !== undefined;
}

/** Every moment of every node, each kind until one does not come any more; or a few of them. */
async function play(
  few: readonly Moment[],
  one: (moment: Moment) => Promise<boolean>,
  victims = PARTIES,
): Promise<void> {
  if (!IS_FULL) {
    for (const moment of few)
      expect(`${JSON.stringify(moment)} ${await one(moment)}`).toMatch(/true/);
    return;
  }
  let played = 0;
  for (const victim of victims) {
    for (const at of ['envelope', 'before', 'after'] as const) {
      const first = at === 'envelope' ? 0 : 1;
      for (let number = first; number < MOMENTS_MAX; number++) {
        if (!(await one({ victim, at, number }))) break;
        played += 1;
      }
    }
  }
  console.info(`${played} deaths`);
  expect(played).toBeGreaterThan(3 * few.length);
}

const refresh: Ceremony = async (through) =>
  expect(hex((await through.refreshKey({ keyId })).publicKey)).toBe(publicKey);

const approve = async (parties: readonly PartyId[], operation: object): Promise<void> => {
  for (const party of parties) {
    const asked = { command: 'approve', ...operation };
    expect(await askNode(team.house.data(party), asked)).toMatchObject({ ok: true });
  }
};

const reshare: Ceremony = async (through) => {
  const sets = { dealers: [1, 2], receivers: PARTIES, threshold: 2 };
  const made = await through.reshareKey({ keyId, organization, scheme, ...sets });
  expect(hex(made.publicKey)).toBe(publicKey);
};

type Status = {
  readonly keys: readonly { readonly keyId: string; readonly epoch: number }[];
  readonly approvals: readonly { readonly operation: string }[];
};

const statuses = (parties: readonly PartyId[]): Promise<readonly Status[]> =>
  Promise.all(
    parties.map(async (party) => {
      const status = await askNode(team.house.data(party), { command: 'status' });
      return status as unknown as Status;
    }),
  );

/** The words that these nodes' operators have given and that were not used. */
const wordsFor = async (operation: string, parties: readonly PartyId[]): Promise<number> =>
  (await statuses(parties))
    .flatMap(({ approvals }) => approvals)
    .filter((word) => word.operation === operation).length;

/** Of the first key, on each node. */
const epochs = async (): Promise<readonly unknown[]> =>
  (await statuses(PARTIES)).map(({ keys }) => keys.find((one) => one.keyId === keyId)?.epoch);

/** The last envelopes say that a node is ready, and that it has committed: the moments in between. */
const FEW: readonly Moment[] = [
  { victim: 2, at: 'envelope', number: 53 },
  { victim: 3, at: 'before', number: 7 },
  { victim: 1, at: 'after', number: 8 },
];
const TIMEOUT_MS = IS_FULL ? 4 * 3_600_000 : 120_000;

test(
  'a node that dies in a refresh: all come to one epoch, and sign',
  { timeout: TIMEOUT_MS },
  () =>
    play(FEW, async (moment) => {
      const hasDied = await dieAndRepeat(moment, refresh);
      await expectSignatures(FIRST);
      return hasDied;
    }),
);

test(
  'a node that dies in a reshare: the same words finish it, all come to one epoch, and sign',
  { timeout: TIMEOUT_MS },
  () =>
    play(FEW.slice(1, 2), async (moment) => {
      const [epoch = 0] = (await epochs()) as readonly number[];
      await approve([1, 2], { operation: 'reshare', key: keyId, receivers: PARTIES, threshold: 2 });
      const end = await dieDuring(moment, reshare);
      // Once all have committed there is nothing to finish, and the words were used.
      const isOver = (await epochs()).every((one) => one === epoch + 1);
      if (end !== undefined && !isOver) await reshare(cluster);
      else if (end !== undefined)
        await expect(reshare(cluster)).rejects.toMatchObject(WITHOUT_WORD);
      expect(await epochs()).toEqual(PARTIES.map(() => epoch + 1));
      expect(await wordsFor('reshare', PARTIES)).toBe(0);
      await expectSignatures(FIRST);
      return end !== undefined;
    }),
);

let made = 1;

/** A key, a wallet and an organisation that no node has heard of: its pairs are set up as well. */
function newWallet() {
  made += 1;
  const number = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, made >> 8, made & 0xff);
  const id = <K extends IdKind>(kind: K) => newId(kind, NOW, number);
  return { keyId: id('key'), organization: id('organization'), wallet: id('wallet') };
}

test(
  'a node that dies in a key generation: the key is on all nodes or none',
  { timeout: TIMEOUT_MS },
  () =>
    play([{ victim: 3, at: 'after', number: 4 }], async (moment) => {
      const request = newWallet();
      const hasDied = await dieAndRepeat(moment, (through) => createWallet(through, request));
      await expectSignatures(request);
      return hasDied;
    }),
);

/** The others have prepared the key and this node has not; and all have, and it has not committed. */
const FEW_OF_IMPORT: readonly Moment[] = [
  { victim: 3, at: 'before', number: 8 },
  { victim: 3, at: 'before', number: 9 },
];

test(
  'a node that dies in an import: the same words finish it, and are used up',
  { timeout: TIMEOUT_MS },
  async () => {
    const { committee } = await readConfig(team.house.config(1));
    const recipients = new Map(committee.members.map((one) => [one.party, one.encryption]));
    await play(FEW_OF_IMPORT, async (moment) => {
      const request = newWallet();
      const secret = BigInt(made);
      const taken = hex(encodePoint(multiplyBase(secret)));
      const chainCode = random(32);
      const of = { group: SECP256K1, secret, parties: PARTIES, threshold: 2, chainCode, random };
      const dealing = dealingText(sealDealing(SECP256K1, splitKey(of), recipients, random));
      const { wallet, ...named } = request;
      const about = { ...named, scheme } as const;
      const word = { operation: 'import', key: about.keyId, scheme, publicKey: taken };
      await approve([1, 2], { ...word, organization: about.organization });
      const hasDied = await dieAndRepeat(moment, async (through) =>
        expect(hex((await through.importKey({ ...about, dealing })).publicKey)).toBe(taken),
      );
      expect(await wordsFor('import', PARTIES)).toBe(0);
      await cluster.registerWallet({ ...named, wallet, path: 'm/44/60/0/0/0' });
      await expectSignatures(request);
      return hasDied;
    });
  },
);

test(
  'a node that dies in an export: the same words finish it, for one recipient, and are used up',
  { timeout: TIMEOUT_MS },
  () =>
    play(
      [2, 3].map((number) => ({ victim: 1, at: 'after', number })),
      async (moment) => {
        const about = newWallet();
        const { publicKey: exported } = await createWallet(cluster, about);
        const opening = random(32);
        const recipient = recipientOf(opening);
        const request = { keyId: about.keyId, recipient, exporters: [1, 2] };
        const word = { operation: 'export', key: about.keyId, recipient: hex(recipient) };
        await approve([1, 2], word);
        const elsewhere = { ...request, recipient: recipientOf(random(32)) };
        const exporting: Ceremony = async (through) => {
          const { shares } = await through.exportKey(request);
          const boxes = shares.map((text) => parseExportedText(text).share);
          const { secret } = combineExport(SECP256K1, boxes, opening);
          expect(hex(encodePoint(multiplyBase(secret)))).toBe(hex(exported));
        };
        const end = await dieDuring(moment, exporting);
        await expect(cluster.exportKey(elsewhere)).rejects.toMatchObject(WITHOUT_WORD);
        if (end !== undefined) {
          // Who has all boxes is done, also where an exporter died before it closed the words.
          const isClosed = end === 'done' ? [WITHOUT_WORD.code] : [];
          expect(['done', ...isClosed]).toContain(await endOf(exporting(cluster)));
        }
        await expect(cluster.exportKey(elsewhere)).rejects.toMatchObject(WITHOUT_WORD);
        await expect(cluster.exportKey(request)).rejects.toMatchObject(WITHOUT_WORD);
        expect(await wordsFor('export', PARTIES)).toBe(0);
        return end !== undefined;
      },
      [1, 2],
    ),
);
