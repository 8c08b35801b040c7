import { expect, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { committeeOf } from './committee.ts';
import {
  pairEpochAmong,
  requireKnownOrVouched,
  requireSameKey,
  requireWord,
} from './reshare-key.ts';
import type { KeyRecord } from './store.ts';

const { organization } = PAYMENT;
const keyId = idOf('key');
const ABOUT = { keyId, organization, scheme: 'ecdsa-secp256k1' } as const;
const bytes = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill);

/** Held 2 of 5: four holders must deal, so that one who is left behind signs with nobody. */
const HELD: KeyRecord = {
  ...ABOUT,
  epoch: 3,
  sid: 'aa'.repeat(32),
  parties: [1, 2, 3, 4, 5],
  threshold: 2,
  provenance: 'generated',
  publicKey: bytes(33, 2),
  chainCode: bytes(32, 7),
  share: bytes(8, 1),
};

/** Party 1 of five, which holds the key or does not, and has its operator's word or has not. */
function nodeWith(
  { held, committed = true }: { held?: KeyRecord; committed?: boolean },
  word = true,
) {
  const approval = { kind: 'approval', id: 'a', operation: 'reshare', details: '', expires: 0 };
  const require = () => {
    if (word) return approval;
    throw new PlatformError('OPERATOR_APPROVAL_REQUIRED', {});
  };
  const members = [1, 2, 3, 4, 5].map((party) => ({
    party,
    identity: bytes(32, party),
    encryption: bytes(32, 16 + party),
  }));
  const get = () => (held === undefined ? undefined : { record: held, committed });
  return {
    me: 1,
    committee: committeeOf(3, members),
    store: { keys: { get } },
    approvals: { require },
  } as unknown as Parameters<typeof requireWord>[0];
}

test.each<[string, Partial<KeyRecord>]>([
  ['public key', { publicKey: bytes(33, 3) }],
  ['chain code', { chainCode: bytes(32, 8) }],
])('a node that holds a key takes no other %s for it, whatever dealers say', (_, change) => {
  const { store } = nodeWith({ held: HELD });
  requireSameKey(store, ABOUT, HELD);
  expect(() => requireSameKey(store, ABOUT, { ...HELD, ...change })).toThrow(
    expect.objectContaining({ code: 'EVIDENCE_REJECTED' }),
  );
});

test.each([
  ['organisation', { organization: idOf('organization', 99) }],
  ['scheme', { scheme: 'frost-secp256k1' as const }],
])('a key that is held goes to no other %s', (_, change) => {
  const { store } = nodeWith({ held: { ...HELD, share: bytes(0, 0) } });
  expect(() => requireSameKey(store, { ...ABOUT, ...change })).toThrow(
    expect.objectContaining({ code: 'EVIDENCE_REJECTED' }),
  );
});

test('what was never committed, or is not here, is no obstacle', () => {
  const another = { ...HELD, publicKey: bytes(33, 3) };
  requireSameKey(nodeWith({}).store, ABOUT, HELD);
  requireSameKey(nodeWith({ held: HELD, committed: false }).store, ABOUT, another);
});

const sets = (...dealers: number[]) => ({ dealers, receivers: [1, 2, 3], threshold: 2 });

test('a dealer gives its part only together with so many that nobody left behind can sign', () => {
  const node = nodeWith({ held: HELD });
  expect(requireWord(node, ABOUT, sets(1, 2, 3, 4))).toMatchObject({ id: 'a' });
  for (const dealers of [
    [1, 2],
    [1, 2, 3],
    [2, 3, 4, 5],
    [1, 2, 3, 3],
    [4, 3, 2, 1],
  ]) {
    expect(() => requireWord(node, ABOUT, sets(...dealers))).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  }
});

test('who joins takes a key from a quorum of dealers, or on the word of its own operator', () => {
  const refused = expect.objectContaining({ code: 'OPERATOR_APPROVAL_REQUIRED' });
  requireKnownOrVouched(nodeWith({}, false), ABOUT, sets(2, 3, 4));
  requireKnownOrVouched(nodeWith({}), ABOUT, sets(2, 3));
  requireKnownOrVouched(nodeWith({ held: HELD }, false), ABOUT, sets(2, 3));
  expect(() => requireKnownOrVouched(nodeWith({}, false), ABOUT, sets(2, 3))).toThrow(refused);
  expect(() =>
    requireKnownOrVouched(nodeWith({ held: HELD, committed: false }, false), ABOUT, sets(2)),
  ).toThrow(refused);
});

const hellosOf = (...epochs: number[]) => ({
  hellos: new Map(
    epochs.map((epoch, at) => {
      const held = { state: 'COMMITTED', epoch, sid: 'aa'.repeat(32) } as const;
      const nothing = new Uint8Array(32);
      const set = {
        committee: nothing,
        nonce: nothing,
        ephemeral: nothing,
        mode: 'safety',
      } as const;
      return [at + 1, { ...set, pairs: held, key: held }];
    }),
  ),
});

test('one dealer does not count the epoch of the pairs up', () => {
  expect(pairEpochAmong(hellosOf(4, 4, 1), [1, 2])).toBe(4);
  expect(() => pairEpochAmong(hellosOf(Number.MAX_SAFE_INTEGER, 4, 1), [1, 2])).toThrow(
    'PAIR_EPOCH_MISMATCH',
  );
});
