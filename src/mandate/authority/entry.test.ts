/** The log as a whole: its order, its beginning, and its stored form. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { policyFiles } from '#testing/acme-policy.ts';
import { TestAuthority } from '#testing/authority.ts';
import { type AuthorityEntry, contentText, parseContent, replay } from './entry.ts';
import { genesisHash } from './genesis.ts';

let acme: TestAuthority;

beforeAll(async () => {
  acme = await TestAuthority.found('entries');
  await acme.join('Bob', 'treasury-manager');
  const carol = await acme.join('Carol', 'compliance');
  await acme.employ('Payroll', 'finance-operator');
  const managers = ['bob@acme.example'];
  await acme.publish(carol, policyFiles({ version: 1, managers }).files);
  await acme.openWallet();
});

test('a log is read again from its stored texts, and ends at the same head', () => {
  const stored = acme.entries.map(({ sequence, content }) => ({
    sequence,
    content: parseContent(contentText(content)),
  }));
  expect(replay(stored)).toEqual(acme.state);
});

test('the order of the entries is part of the head, and no entry may be left out', () => {
  const last = acme.entries.length - 1;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: last - 1 }), (place) => {
      const without = acme.entries.filter(({ sequence }) => sequence !== place);
      expect(() => replay(without)).toThrow(/stands where/);
      const renumbered = without.map((entry, sequence) => ({ ...entry, sequence }));
      expect(headOf(renumbered)).not.toBe(acme.state.head.hash);
      const swapped = acme.entries.map((entry, sequence) => {
        const other = sequence === place ? place + 1 : sequence === place + 1 ? place : sequence;
        return { ...(acme.entries[other] ?? entry), sequence };
      });
      expect(headOf(swapped)).not.toBe(acme.state.head.hash);
    }),
    { numRuns: 10 },
  );
});

/** The head of a log, or why there is none. */
function headOf(entries: readonly AuthorityEntry[]): string | undefined {
  try {
    return replay(entries)?.head.hash;
  } catch (error) {
    return String(error);
  }
}

test.each<[string, string, RegExp]>([
  ['no JSON', '{', /not JSON/],
  ['a list', '[]', /canonical form/],
  ['an object of other fields', '{"a":1}', /neither a genesis nor/],
  ['a change without approvals', '{"change":{}}', /neither a genesis nor/],
  ['a fraction', '{"a":0.5}', /canonical form/],
  ['another spelling', '{ "a": 1 }', /canonical form/],
])('%s is no content of an entry', (_, text, reason) => {
  expect(() => parseContent(text)).toThrow(reason);
});

test('a log begins with its one genesis', () => {
  const [first, second] = acme.entries;
  if (first === undefined || second === undefined) throw new Error('the log is short');
  expect(() => replay([{ ...second, sequence: 0 }])).toThrow(/does not begin with a genesis/);
  expect(() => replay([first, { ...first, sequence: 1 }])).toThrow(/a second genesis/);
  const { genesis } = acme;
  const altered = { ...genesis, origin: 'http://localhost:4000/page' };
  expect(() => replay([{ sequence: 0, content: altered }])).toThrow(/not an origin/);
  const content = { ...genesis, name: 'Acme 2' };
  expect(replay([{ sequence: 0, content }])?.head.hash).not.toBe(genesisHash(genesis));
});
