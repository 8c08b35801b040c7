import { expect, test } from 'vitest';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { type Run, endOf, outputsOf, simulate } from '#signing/simulator.ts';
import { createFrostKey, frostKeygen, testMessage } from './create-key.ts';
import type { FrostKeyShare } from './key-share.ts';
import { frostSign } from './sign.ts';
import { simulatedFrostSigning } from './simulated-keys.ts';
import { FROST_ED25519, FROST_SCHEMES, type FrostScheme } from './suite.ts';

const SEED = 'frost/create-key.test';
const PARTIES = [1, 2, 3] as const;
const CULPRIT: PartyId = 2;

const parametersOf = (scheme: FrostScheme, me: PartyId, random: Random) =>
  ({ scheme, me, parties: PARTIES, threshold: 2, context: CONTEXT, random }) as const;

const create = (
  scheme: FrostScheme,
  corrupt?: (me: PartyId, random: Random) => Protocol<FrostKeyShare>,
): Run<FrostKeyShare> =>
  simulate({
    seed: SEED,
    parties: PARTIES,
    start: (me, random) =>
      me === CULPRIT && corrupt !== undefined
        ? corrupt(me, random)
        : createFrostKey(parametersOf(scheme, me, random)),
  });

test.each(FROST_SCHEMES)('a %s key that is made has signed, and signs again', (scheme) => {
  const shares = outputsOf(create(scheme));
  const message = new Uint8Array(32).fill(1);
  outputsOf(simulatedFrostSigning({ seed: SEED, shares, signers: [2, 3], message }));
});

test.each(FROST_SCHEMES)('of a %s key that a share does not fit nobody has a share', (scheme) => {
  const run = create(scheme, function* corrupt(me, random) {
    const share = yield* frostKeygen(parametersOf(scheme, me, random));
    const message = testMessage(CONTEXT, share.publicKey);
    const spoiled = { ...share, secret: share.secret + 1n };
    const common = { me, signers: PARTIES, message, tweak: 0n, context: CONTEXT, random };
    yield* frostSign({ ...common, share: spoiled });
    return share;
  });
  for (const party of [1, 3]) expect(endOf(run, party)).toBe('cheat SIGNATURE_SHARE 2');
});

test.each(FROST_SCHEMES)(
  'a party that leaves before the test leaves no %s key behind',
  (scheme) => {
    const run = create(scheme, (me, random) => frostKeygen(parametersOf(scheme, me, random)));
    for (const party of [1, 3]) expect(endOf(run, party)).toBe('benign PEER_MISSING 2');
  },
);

test('what the test signs is text of its own for each key and context', () => {
  const key = FROST_ED25519.group.encodePoint(FROST_ED25519.group.multiplyBase(7n));
  const other = FROST_ED25519.group.encodePoint(FROST_ED25519.group.multiplyBase(8n));
  const messages = [
    testMessage(CONTEXT, key),
    testMessage(CONTEXT, other),
    testMessage(Uint8Array.of(1), key),
  ].map((bytes) => Buffer.from(bytes).toString());
  expect(new Set(messages).size).toBe(3);
  for (const message of messages) {
    expect(message).toMatch(/^countersign test signature [0-9a-f]{64}$/);
  }
});
