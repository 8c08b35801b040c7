import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  CUSTODY_WORLD,
  HEADER,
  SUPPORT,
  WORLD,
  inOneLine,
  policyFile,
} from '#testing/policy-fixtures.ts';
import { bundleHash } from './bundle-files.ts';
import { compileBundle } from './compile-bundle.ts';
import { quorumState } from './approval-quorum.ts';

const RULES = `rule all { when recipient in approved-vendors and value < 5 EUR
  then allow with approval by 1 of managers because "x" }
rule limit { when sum(value) over last 1d by wallet > 5 USD or sum(value) over last 24h by wallet > 9 USD
  or sum(value) over last 7d by wallet excluding this > 9 GBP then block "x" }`;
const files = [policyFile(HEADER + RULES), ...SUPPORT];

test('a compiled policy tells what the platform must know to decide', () => {
  const { policy } = compileBundle(files, WORLD);
  expect(policy).toMatchObject({
    title: 'Test',
    version: 1,
    effective: { from: Date.UTC(2026, 6, 1) },
    governs: ['transfer'],
    currencies: ['EUR', 'USD'],
  });
  expect(policy?.aggregates).toEqual([
    expect.objectContaining({
      key: 'sum(value) over last 24h by wallet in USD',
      window: { kind: 'last', ms: 86_400_000 },
      includesThis: true,
    }),
    expect.objectContaining({
      key: 'sum(value) over last 7d by wallet excluding this in GBP',
      currency: 'GBP',
      includesThis: false,
    }),
  ]);
});

const resolveUser = (email: string) => `usr_${email.split('@')[0]}`;

test('groups come with the users that their addresses belong to', () => {
  const { policy } = compileBundle(files, { ...WORLD, resolveUser });
  const members = policy?.groups.get('managers') ?? [];
  expect(members).toEqual([
    { email: 'bob@acme.example', user: 'usr_bob' },
    { email: 'carol@acme.example', user: 'usr_carol' },
  ]);
  const groups = new Map([['managers', new Set(members.flatMap(({ user }) => user ?? []))]]);
  const requirement = { quorums: [{ group: 'managers', count: 1 }], excludeInitiator: true };
  const votes = [{ person: 'usr_bob', decision: 'APPROVE' as const }];
  expect(quorumState({ requirement, groups, votes, initiator: 'usr_alice' }).state).toBe(
    'SATISFIED',
  );
});

test('the hash names the content, not the order of the files', () => {
  const hash = compileBundle(files, WORLD).policy?.hash;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(compileBundle(files.toReversed(), WORLD).policy?.hash).toBe(hash);
  expect(bundleHash(files)).toBe(hash);
  for (const index of files.keys()) {
    const changed = files.map((file, i) =>
      i === index ? { ...file, content: `${file.content}\n` } : file,
    );
    expect(bundleHash(changed)).not.toBe(hash);
    const moved = files.map((file, i) => (i === index ? { ...file, path: `x${file.path}` } : file));
    expect(bundleHash(moved)).not.toBe(hash);
  }
});

test('rules may stand in several files, and a file of tests beside them', () => {
  const more = {
    path: 'more.policy',
    content: 'rule more { when recipient in banned then block "x" }',
  };
  const tests = {
    path: 'main.test.policy',
    content: 'test "t" { given transfer { } expect not matched more }',
  };
  const { policy, diagnostics } = compileBundle([...files, more, tests], WORLD);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(policy?.program.rules.map(({ id }) => id)).toEqual(['all', 'limit', 'more']);
  expect(policy?.program.tests).toHaveLength(1);
});

test('an import may pin the hash of its file', () => {
  const pinned = HEADER.replace(
    '"lists/banned.csv"',
    `"lists/banned.csv" sha256 "${'0'.repeat(64)}"`,
  );
  const { diagnostics } = compileBundle([policyFile(pinned), ...SUPPORT], WORLD);
  const [found] = diagnostics.filter(({ code }) => code === 'BAD_IMPORT');
  const actual = /its sha256 is ([0-9a-f]{64})/.exec(found?.message ?? '')?.[1] ?? '';
  const right = pinned.replace(/sha256 "[0-9a-f]+"/, `sha256 "${actual}"`);
  const again = compileBundle([policyFile(right), ...SUPPORT], WORLD).diagnostics;
  expect(again.map(({ code }) => code)).not.toContain('BAD_IMPORT');
});

const rulebook = (path: string) => {
  const url = new URL(`./fixtures/custody-rulebook/${path}`, import.meta.url);
  return { path, content: readFileSync(url, 'utf8') };
};

test('a realistic rulebook with every construct of the language compiles without an error', () => {
  const paths = ['rulebook.policy', 'groups.yaml', 'abi/aave-v3.json'];
  const lists = ['lists/ofac.csv', 'lists/exchanges.csv'];
  const { policy, diagnostics } = compileBundle([...paths, ...lists].map(rulebook), CUSTODY_WORLD);
  expect(diagnostics.filter(({ severity }) => severity === 'error').map(inOneLine)).toEqual([]);
  expect(policy?.aggregates.map(({ key }) => key)).toEqual([
    'count(distinct recipient) over calendar day by wallet where (value > 100 USD)',
    'count(transfer) over last 1h by wallet',
    'sum(value) over last 7d by initiator, asset in EUR',
  ]);
  expect(
    policy?.program.rules.map(({ id, activities }) => `${id}: ${activities.join(' ')}`),
  ).toEqual([
    'cold-always: transfer contract-call sign-message',
    'btc-cap: transfer',
    'user-velocity: transfer',
    'sanctions-list: transfer',
    'screen-high: transfer',
    'screen-medium: transfer',
    'incoming-screening: incoming',
    'admin-quorum: permission-change policy-change',
    'night-freeze: transfer',
    'aave-supply: contract-call',
    'permit-cap: sign-message',
    'payment-matrix/1: transfer',
    'payment-matrix/2: transfer',
    'payment-matrix/3: transfer',
    'vp: transfer contract-call incoming',
    'md: transfer contract-call incoming',
  ]);
});
