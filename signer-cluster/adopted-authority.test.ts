/** A log that was brought in another order, and its repair by the operator. */
import { beforeEach, expect, test } from 'vitest';
import { type AuthorityEntry, contentText, replay } from '#mandate/authority/entry.ts';
import type { ChangeOperation } from '#mandate/authority/kinds.ts';
import type { AuthorityHead } from '#mandate/authority/chain.ts';
import type { ChangeInput } from '#mandate/change.ts';
import { walletChange } from '#mandate/change-input.ts';
import { TestAuthority } from '#testing/authority.ts';
import { type Adoption, type Authority, authority, changeHash } from './authority.ts';
import type { JournalEntry } from './journal.ts';

type Content = AuthorityEntry['content'];

let acme: TestAuthority;
let organization: string;
let [one, other]: Content[] = [];

beforeEach(async () => {
  acme = await TestAuthority.found('a forked log');
  organization = acme.state.organization;
  await acme.createKey();
  [one, other] = [await walletMade('One'), await walletMade('Other')];
});

/** A signed change that comes in whichever order. */
async function walletMade(name: string): Promise<Content> {
  const id = acme.newId('wallet');
  const input = walletChange({ network: 'local-evm', name, tags: [], keyId: '', externalId: '' });
  return signed('createWallet', id, input);
}

async function signed(
  operation: ChangeOperation,
  subject: string,
  input: ChangeInput,
): Promise<Content> {
  const statement = acme.statement(operation, subject, input, acme.administrator.id);
  return { change: await acme.administrator.sign(statement), approvals: [] };
}

/** The log up to now, and then these. */
const order = (...contents: (Content | undefined)[]): readonly string[] =>
  [...acme.entries.map(({ content }) => content), ...contents].map((content) =>
    contentText(content as Content),
  );

async function nodeWith(entries: readonly string[]) {
  const journal: JournalEntry[] = [];
  const append = async (entry: JournalEntry): Promise<void> => void journal.push(entry);
  const parts = { mode: 'first-use', now: () => acme.now } as const;
  const log = authority({ append }, [], parts);
  await log.take({ organization, from: 0, entries }, 'operator');
  return { log, restarted: () => authority({ append }, journal, parts) };
}

function headOf(texts: readonly string[]): AuthorityHead {
  const entries = texts.map((text, sequence) => ({
    sequence,
    content: JSON.parse(text) as Content,
  }));
  const state = replay(entries);
  if (state === undefined) throw new Error('no log');
  return state.head;
}

const adopt = (log: Authority, texts: readonly string[], change: Partial<Adoption> = {}) => {
  const from = acme.entries.length;
  const entries = texts.slice(from);
  return log.adopt({ organization, from, entries, head: headOf(texts), givenUp: [], ...change });
};

const refusal = (code: string, reason: RegExp) =>
  expect.objectContaining({
    code,
    context: expect.objectContaining({ reason: expect.stringMatching(reason) }),
  });

test('the order of the others takes the place of its own, also after a restart', async () => {
  const { log, restarted } = await nodeWith(order(one, other));
  const theirs = order(other, one);
  await expect(log.take({ organization, from: 0, entries: theirs }, 'operator')).rejects.toEqual(
    refusal('EVIDENCE_REJECTED', /another entry 2 is in this node's log/),
  );
  expect(await adopt(log, theirs)).toEqual(headOf(theirs));
  expect(log.texts(organization)).toEqual(theirs);
  expect(restarted().find(organization)?.head).toEqual(headOf(theirs));
  const more = [...theirs, contentText(await walletMade('Third'))];
  expect(await log.take({ organization, from: 0, entries: more }, 'worker')).toEqual(headOf(more));
  expect(restarted().texts(organization)).toEqual(more);
});

test('a change is lost only if it was given up by name', async () => {
  const { log } = await nodeWith(order(one, other));
  const theirs = order(other);
  await expect(adopt(log, theirs)).rejects.toEqual(
    refusal(
      'INVALID_INPUT',
      /would lose changes that its log holds: createWallet \([0-9a-f]{64}\)/,
    ),
  );
  const hash = changeHash(contentText(one as Content));
  expect(await adopt(log, theirs, { givenUp: [hash] })).toEqual(headOf(theirs));
});

test('no unlocking comes to stand later than it did: a ban of in between would end by it', async () => {
  const [keyId = ''] = acme.state.keys.keys();
  const unlock = await signed('unlockKey', keyId, { keyId });
  const { log } = await nodeWith(order(unlock, one));
  await expect(adopt(log, order(one, unlock))).rejects.toEqual(
    refusal('INVALID_INPUT', /a key was unlocked earlier/),
  );
  const late = await nodeWith(order(one, unlock));
  expect(await adopt(late.log, order(unlock, one))).toEqual(headOf(order(unlock, one)));
});

test.each([
  [
    'another head than it leads to',
    { head: { sequence: 3, hash: '11'.repeat(32) } },
    /another log/,
  ],
  ['another genesis', { from: 0 }, /do not continue/],
  ['entries after its end', { from: 9 }, /do not continue/],
  ['a change that its rules refuse', { entries: ['{}'] }, /neither a genesis nor/],
])('an order with %s is refused', async (_, change, reason) => {
  const { log } = await nodeWith(order(one, other));
  const before = log.texts(organization);
  await expect(adopt(log, order(other, one), change)).rejects.toEqual(
    refusal('EVIDENCE_REJECTED', reason),
  );
  expect(log.texts(organization)).toBe(before);
});
