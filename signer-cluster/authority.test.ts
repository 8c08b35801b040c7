import { beforeAll, expect, test } from 'vitest';
import { DAY_MS, type Instant, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import { genesisHash } from '#mandate/authority/genesis.ts';
import type { ChangeOperation } from '#mandate/authority/kinds.ts';
import { TestAuthority } from '#testing/authority.ts';
import { type Authority, type TrustMode, authority, requireThawed } from './authority.ts';
import type { JournalEntry } from './journal.ts';

let acme: TestAuthority;
let organization: string;

beforeAll(async () => {
  acme = await TestAuthority.found('a node and its log');
  organization = acme.state.organization;
  await acme.join('Alice', 'finance-operator');
  await acme.join('Bob', 'treasury-manager');
});

const texts = () => acme.entries.map(({ content }) => contentText(content));

/** A node whose clock stands when the log was made, with what it has in writing. */
function node(mode: TrustMode = 'first-use', entries: readonly JournalEntry[] = [], late = 0) {
  const journal: JournalEntry[] = [...entries];
  const append = async (entry: JournalEntry): Promise<void> => void journal.push(entry);
  const now = (): Instant => instant(acme.now + late);
  return { log: authority({ append }, entries, { mode, now }), journal };
}

const takeAll = (log: Authority, entries = texts()) =>
  log.take({ organization, from: 0, entries }, 'worker');

const rejected = (reason: RegExp) =>
  expect.objectContaining({
    code: 'EVIDENCE_REJECTED',
    context: expect.objectContaining({ reason: expect.stringMatching(reason) }),
  });

test('a node takes a log from its genesis on, and has it again after a restart', async () => {
  const { log, journal } = node();
  expect(await takeAll(log)).toEqual(acme.state.head);
  const again = node('operator', journal);
  expect(again.log.find(organization)?.head).toEqual(acme.state.head);
  expect(await takeAll(again.log)).toEqual(acme.state.head);
  expect(again.journal).toEqual(journal);
});

test('where its operator says whom to trust, nothing else is believed', async () => {
  const { log } = node('operator');
  await expect(takeAll(log)).rejects.toEqual(rejected(/does not trust the genesis/));
  await log.trust(organization, genesisHash(acme.genesis));
  expect(await takeAll(log)).toEqual(acme.state.head);
  const other = node('operator').log;
  await other.trust(organization, '11'.repeat(32));
  await expect(takeAll(other)).rejects.toEqual(rejected(/does not trust the genesis/));
  await expect(other.trust(organization, genesisHash(acme.genesis))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('a log with a hole, another entry in its middle, or of another organisation is refused', async () => {
  const { log } = node();
  const [genesis = '', first = '', second = ''] = texts();
  await log.take({ organization, from: 0, entries: [genesis, first] }, 'worker');
  const hole = log.take({ organization, from: 3, entries: [second] }, 'worker');
  await expect(hole).rejects.toEqual(rejected(/came where 2 is awaited/));
  const fork = log.take({ organization, from: 1, entries: [second] }, 'worker');
  await expect(fork).rejects.toEqual(rejected(/another entry 1/));
  const foreign = node().log.take(
    { organization: acme.newId('organization'), from: 0, entries: [genesis] },
    'worker',
  );
  await expect(foreign).rejects.toEqual(rejected(/of another organisation/));
  expect(log.find(organization)?.head.sequence).toBe(1);
});

/** A node that was away for two days. */
const late = (): Authority => node('first-use', [], 2 * DAY_MS).log;

test('a change of long ago takes the word of other nodes for exactly this log, or of the operator', async () => {
  const entries = texts();
  const batch = { organization, from: 0, entries };
  await expect(late().take(batch, 'worker')).rejects.toEqual(rejected(/was signed at/));
  expect(await late().take(batch, 'operator')).toEqual(acme.state.head);
  expect(await late().take(batch, acme.state.head)).toEqual(acme.state.head);
  const other = { ...acme.state.head, hash: '22'.repeat(32) };
  await expect(late().take(batch, other)).rejects.toEqual(rejected(/about another log/));
});

test("an operator's stop outlives a restart, and the operator ends it", async () => {
  const { log, journal } = node();
  await takeAll(log);
  await log.freeze(organization);
  const again = node('first-use', journal);
  const locked = expect.objectContaining({ code: 'KEY_LOCKED' });
  expect(() => requireThawed({ authority: again.log }, organization)).toThrow(locked);
  await again.log.thaw(organization);
  requireThawed({ authority: again.log }, organization);
  expect(node('first-use', again.journal).log.isFrozen(organization)).toBe(false);
});

test("what the organisation has frozen, no operator's word thaws", async () => {
  const frozen = await TestAuthority.found('a frozen organisation');
  const id = frozen.state.organization;
  const operation: ChangeOperation = 'freezeOrganization';
  await frozen.change(frozen.administrator, operation, id, {});
  const { log } = node();
  const entries = frozen.entries.map(({ content }) => contentText(content));
  await log.take({ organization: id, from: 0, entries }, 'worker');
  await log.thaw(id);
  expect(log.isFrozen(id)).toBe(true);
});

test('a wallet that the organisation has frozen waits, and no other', async () => {
  const own = await TestAuthority.found('a frozen wallet');
  const wallets = [await own.openWallet(), await own.openWallet()] as const;
  const [walletId] = wallets;
  await own.change(own.administrator, 'freezeWallet', walletId, { walletId });
  const { log } = node();
  const { organization: id } = own.state;
  const entries = own.entries.map(({ content }) => contentText(content));
  await log.take({ organization: id, from: 0, entries }, 'worker');
  expect(() => requireThawed({ authority: log }, id, walletId)).toThrow(
    expect.objectContaining({ code: 'KEY_LOCKED', context: { reason: 'the wallet is frozen' } }),
  );
  requireThawed({ authority: log }, id, wallets[1]);
});
