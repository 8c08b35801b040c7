import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Transaction, encodeUnsigned } from '#chains/evm/transaction.ts';
import { transferCall } from '#chains/evm/explain.ts';
import { type SigningRequest, mandateFields } from '#cluster-client/request.ts';
import type { SignerLink } from '#cluster-client/link.ts';
import { assetId, parseNetworkId } from '#core/money.ts';
import { DAY_MS, HOUR_MS, instant } from '#core/time.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { TestOrganization } from '#testing/organizations.ts';
import { paymentIntent, paymentTransaction, requestFor } from '#testing/signing-request.ts';
import { askAlone, createWallet, signerTeam, type SignerTeam } from '#testing/signers.ts';
import { agreementOf, clusterOver, logged } from '#testing/trusted-cluster.ts';
import type { OpenRequest } from './proto/open-request.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const otherKeyId = idOf('key', 2);
const foreignKeyId = idOf('key', 3);
const OTHER_ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

let team: SignerTeam;
let links: readonly SignerLink[];
let acme: TestOrganization;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  links = team.links();
  const cluster = clusterOver(links, LOG);
  await createWallet(cluster, { keyId, organization, wallet });
  acme = await team.house.trusted.organization(organization);
  await team.house.trusted.stand(links);
  await createWallet(cluster, { keyId: otherKeyId, organization, wallet: idOf('wallet', 2) });
});

afterAll(() => team.close());

const starts = () => team.house.trusted.starts;

const openOf = (request: SigningRequest, key: string = keyId): OpenRequest => ({
  purpose: 'sign',
  keyId: key,
  signers: [1, 2],
  mandate: mandateFields(logged(request, team.house.trusted.notaries)),
  ...agreementOf(team.house.trusted.notaries, acme, { keyId, mandate: request }, starts()),
  presignatures: [],
});

/** What each node says to the request, asked alone: all that leaves it. */
const answersTo = (open: OpenRequest) => Promise.all(links.map((link) => askAlone(link, open, 2)));

async function expectRefused(open: OpenRequest, field: string, reason = /./): Promise<void> {
  for (const answer of await answersTo(open)) {
    const refusal = expect.objectContaining({
      code: 'EVIDENCE_REJECTED',
      field,
      reason: expect.stringMatching(reason),
    });
    expect(answer).toEqual([{ type: 'refused', content: refusal }]);
  }
}

const honest = paymentTransaction(paymentIntent());
const intent = paymentIntent();
const units = intent.units;

test('the honest request gets past the evidence, and the node begins to talk to its peer', async () => {
  for (const answer of await answersTo(openOf(requestFor(intent)))) {
    expect(answer.map(({ type }) => type)).toEqual(['accepted', 'post']);
  }
});

test.each<[field: string, change: Partial<Transaction>, reason?: RegExp]>([
  ['recipient', { data: transferCall(OTHER_ADDRESS, units) }],
  ['units', { data: transferCall(intent.recipient, units + 1n) }],
  ['units', { data: transferCall(intent.recipient, units - 1n) }],
  ['asset', { to: intent.recipient, value: units, data: new Uint8Array() }],
  ['', { to: OTHER_ADDRESS }, /no registered token/],
  ['', { chainId: 1n }, /chain/],
  ['', { value: 1n }, /also sends the native asset/],
  ['', { data: transferCall(intent.recipient, units).slice(0, -1) }, /67 bytes/],
  ['fee', { gasLimit: honest.gasLimit * 100n }],
  ['fee', { maxFeePerGas: honest.maxFeePerGas * 100n }],
])('bytes with another %s than the intent are refused: %o', async (field, change, reason) => {
  await expectRefused(openOf(requestFor(intent, { ...honest, ...change })), field, reason);
});

test.each([
  ['recipient', { recipient: OTHER_ADDRESS }],
  ['units', { units: 1n }],
  ['asset', { asset: assetId('ETH', parseNetworkId('local-evm')) }],
  ['network', { asset: assetId('USDC', parseNetworkId('ethereum')) }],
  ['network', { asset: assetId('USDC', parseNetworkId('no-such-chain')) }],
  ['fee', { feeMax: 1n }],
  ['organization', { organization: idOf('organization', 2) }],
  ['wallet', { wallet: idOf('wallet', 2) }],
  ['expires', { created: instant(Date.now() - DAY_MS), expires: instant(Date.now() - 1) }],
  [
    'created',
    { created: instant(Date.now() + HOUR_MS), expires: instant(Date.now() + 2 * HOUR_MS) },
  ],
])(
  'an intent with another %s than the bytes, the key or the clock is refused',
  async (field, change) => {
    await expectRefused(openOf(requestFor(paymentIntent(change), honest)), field);
  },
);

test('the key of another wallet is refused, and so is one that the node does not have', async () => {
  await expectRefused(openOf(requestFor(intent), otherKeyId), 'wallet');
  await expectRefused(openOf(requestFor(intent), foreignKeyId), 'key');
});

const unsigned = encodeUnsigned(honest);

test.each([
  ['a bare digest', new Uint8Array(32).fill(7)],
  ['nothing', new Uint8Array()],
  ['a byte too few', unsigned.slice(0, -1)],
  ['a byte too many', Uint8Array.of(...unsigned, 0)],
  ['another transaction type', Uint8Array.of(1, ...unsigned.slice(1))],
])('%s in place of the transaction is refused', async (_, bytes) => {
  await expectRefused(openOf({ ...requestFor(intent), unsigned: bytes }), '');
});

test.each([
  ['with a space', (text: string) => text.replace(':', ': ')],
  ['with another domain', (text: string) => text.replace('intent/v1', 'intent/v2')],
  ['with a field too many', (text: string) => text.replace('{', '{"a":"",')],
  ['that is not JSON', () => 'pay'],
])('an intent %s is refused', async (_, change) => {
  const open = openOf({ ...requestFor(intent), intent: change(requestFor(intent).intent) });
  for (const answer of await answersTo(open)) {
    const refusal = expect.objectContaining({ code: 'EVIDENCE_REJECTED' });
    expect(answer).toEqual([{ type: 'refused', content: refusal }]);
  }
});

test('an intent that was signed is never signed as other bytes, not even after kill -9', async () => {
  const paid = paymentIntent({ externalId: 'paid-once' });
  const cluster = clusterOver(links, LOG);
  const began = Date.now();
  await cluster.sign({ keyId, mandate: requestFor(paid) });
  const journal = await readFile(join(team.house.data(1), 'journal/journal.log'), 'utf8');
  const signed = [...journal.matchAll(/"at":(\d+)[^\n]*"kind":"sign"/g)].at(-1);
  expect(Number(signed?.[1])).toBeGreaterThanOrEqual(began);
  const replaced = requestFor(paid, { ...honest, nonce: 1n });
  await expectRefused(openOf(replaced), 'nonce');
  await team.kill(1);
  await team.revive(1);
  await team.house.trusted.stand(team.links());
  await expectRefused(openOf(replaced), 'nonce');
  await expect(cluster.sign({ keyId, mandate: replaced })).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
    context: { field: 'nonce' },
  });
  await cluster.sign({ keyId, mandate: requestFor(paid) });
});
