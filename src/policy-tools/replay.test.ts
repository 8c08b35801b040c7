import { expect, test } from 'vitest';
import { bundleHash } from '#policy-lang/bundle-files.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { decisionDigest } from '#policy-lang/decision-digest.ts';
import { GENESIS_HASH, genesisTrace } from '#policy-lang/genesis.ts';
import { registryFact } from '#policy-lang/registry.ts';
import { snapshotText, traceText } from '#policy-lang/snapshot-text.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import {
  DAY_TOTAL,
  HEADER,
  policyFile,
  policyOf,
  snapshotOf,
  SUPPORT,
  VENDOR,
  WORLD,
} from '#testing/policy-fixtures.ts';
import { type Evidence, EVIDENCE_FORMAT, readEvidence, replayAll } from './replay.ts';

const RULES = `rule vendors { when recipient in approved-vendors then allow }
rule cap { when sum(value) over last 24h by wallet > 250,000 USD then block "Too much" }`;
const FILES = [policyFile(`${HEADER}${RULES}`), ...SUPPORT];
const POLICY = policyOf(RULES);
const SNAPSHOT = snapshotOf({}, { aggregates: new Map([[DAY_TOTAL, { total: 5n }]]) });
const TEXTS = { snapshot: snapshotText(SNAPSHOT), trace: traceText(trace(POLICY, SNAPSHOT)) };

const EVIDENCE: Evidence = {
  format: EVIDENCE_FORMAT,
  subject: 'trf_1',
  decisions: [
    {
      id: 'dec_1',
      decidedAt: '2026-08-01T12:00:00.000Z',
      policyVersion: POLICY.version,
      policyHash: POLICY.hash,
      digest: decisionDigest(TEXTS),
      ...TEXTS,
    },
  ],
  bundles: [{ version: POLICY.version, hash: bundleHash(FILES), files: FILES }],
};

type Decision = Evidence['decisions'][number];
type Bundle = Evidence['bundles'][number];

const faults = (decision: Partial<Decision>, bundle: Partial<Bundle> = {}) =>
  replayAll(
    {
      ...EVIDENCE,
      decisions: EVIDENCE.decisions.map((kept) => ({ ...kept, ...decision })),
      bundles: EVIDENCE.bundles.map((kept) => ({ ...kept, ...bundle })),
    },
    WORLD,
  ).flatMap((replay) => replay.faults);

/** With a digest of their own: whoever changes the texts can make that, too. */
const changed = (texts: Partial<typeof TEXTS>) => {
  const both = { ...TEXTS, ...texts };
  return { ...both, digest: decisionDigest(both) };
};

test('what was decided comes out again, byte for byte', () => {
  expect(faults({})).toEqual([]);
});

test('what the registry held is in the record, and decides again', () => {
  const files = [
    policyFile(`${HEADER.replace('"lists/approved-vendors.csv"', '"registry"')}${RULES}`),
    ...SUPPORT,
  ];
  const entries = [{ label: 'XYZ', network: 'ethereum', address: VENDOR }];
  const none = { version: 2, entries: [] };
  const decided = [{ version: 1, entries }, none].map((list) => {
    const registry = {
      lists: new Map([['approved-vendors', list]]),
      groups: new Map(),
      assets: new Map(),
    };
    const { policy } = compileBundle(files, { ...WORLD, registry, isPublished: true });
    if (policy === undefined) throw new Error('it does not compile');
    const snapshot = { ...SNAPSHOT, ...registryFact(policy) };
    const decision = trace(policy, snapshot);
    const texts = { snapshot: snapshotText(snapshot), trace: traceText(decision) };
    return { decision, kept: { ...texts, digest: decisionDigest(texts), policyHash: policy.hash } };
  });
  expect(decided.map(({ decision }) => decision.outcome)).toEqual(['ALLOW', 'BLOCK']);
  for (const { kept } of decided)
    expect(faults(kept, { hash: bundleHash(files), files })).toEqual([]);
  const [first, second] = decided.map(({ kept }) => kept);
  const swapped = changed({ snapshot: first?.snapshot ?? '', trace: second?.trace ?? '' });
  expect(faults({ ...first, ...swapped }, { hash: bundleHash(files), files })).toEqual([
    expect.stringMatching(/differs from byte/),
  ]);
});

test('the decision before the first bundle needs no bundle', () => {
  const texts = changed({ trace: traceText(genesisTrace()) });
  expect(faults({ ...texts, policyVersion: 0, policyHash: GENESIS_HASH })).toEqual([]);
  expect(faults({ policyVersion: 0, policyHash: GENESIS_HASH })).toHaveLength(1);
});

test.each<[string, Partial<Decision>, Partial<Bundle>, RegExp]>([
  ['the digest', { digest: 'ab' }, {}, /digest is of another/],
  ['the trace', changed({ trace: TEXTS.trace.replace('ALLOW', 'BLOCK') }), {}, /differs from byte/],
  ['the end of the trace', changed({ trace: `${TEXTS.trace} ` }), {}, /differs from byte/],
  [
    'a fact',
    changed({ snapshot: TEXTS.snapshot.replace('"units":"50000000000"', '"units":"50000000001"') }),
    {},
    /differs from byte/,
  ],
  [
    'a total',
    changed({ snapshot: TEXTS.snapshot.replace('"total":"5"', '"total":"99999999"') }),
    {},
    /differs from byte/,
  ],
  ['the form of the snapshot', changed({ snapshot: ` ${TEXTS.snapshot}` }), {}, /not readable/],
  ['the hash that decided', { policyHash: 'ab'.repeat(32) }, {}, /no bundle with the hash/],
  ['the version that decided', { policyVersion: 2 }, {}, /The bundle is version 1/],
  [
    'a file of the bundle',
    {},
    { files: FILES.map((file) => ({ ...file, content: `${file.content}\n` })) },
    /another hash/,
  ],
])('a change of %s is found', (_, decision, bundle, fault) => {
  const found = faults(decision, bundle);
  expect(found.join(' ')).toMatch(fault);
});

test('a changed byte anywhere in the kept texts is found by the digest', () => {
  for (const name of ['snapshot', 'trace'] as const) {
    for (let at = 0; at < TEXTS[name].length; at += 37) {
      const text = TEXTS[name];
      const letter = text[at] === 'x' ? 'y' : 'x';
      const altered = text.slice(0, at) + letter + text.slice(at + 1);
      expect(faults({ [name]: altered })).toContain('The digest is of another snapshot or trace.');
    }
  }
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['another format', JSON.stringify({ ...EVIDENCE, format: 'x' })],
  ['a decision without its trace', JSON.stringify({ ...EVIDENCE, decisions: [{ id: 'dec_1' }] })],
  ['a bundle without files', JSON.stringify({ ...EVIDENCE, bundles: [{ hash: '', version: 1 }] })],
])('%s is no file of decisions', (_, text) => {
  expect(() => readEvidence(text, 'x.json')).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }) as Error,
  );
});

test('what was saved is read as it was', () => {
  expect(readEvidence(JSON.stringify(EVIDENCE), 'x.json')).toEqual(EVIDENCE);
});
