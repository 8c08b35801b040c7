import { describe, expect, test } from 'vitest';
import { type Bytes, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { type PartyId, ProtocolAbort, type Random } from '#signing/kernel.ts';
import { ED25519, SECP256K1, reduce } from '#signing/prime-group.ts';
import { NONCE_ROUND } from '#signing/session.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { type Faults, type Run, endOf, outputsOf, simulate } from '#signing/simulator.ts';
import {
  changesOf,
  corruptionsOf,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
  placesOf,
} from '#signing/tampering.ts';
import { NO_SCRIPTS } from '#signing/taproot.ts';
import type { FrostKeyShare } from './key-share.ts';
import { preparePackage } from './shares.ts';
import { type FrostSignParameters, frostSign, signRounds } from './sign.ts';
import { simulatedFrostKey, simulatedFrostSigning } from './simulated-keys.ts';
import { FROST_ED25519, FROST_SCHEMES, type FrostScheme } from './suite.ts';

const SEED = 'frost/sign-attacks.test';
const SIGNERS = [1, 2, 3] as const;
const CULPRIT: PartyId = 2;
const HONEST = [1, 3] as const;
const MESSAGE = sha256(utf8('pay the invoice'));
const RESPOND = 2;

const placesFor = (scheme: FrostScheme) => {
  const rounds = scheme === 'frost-ed25519' ? signRounds(ED25519) : signRounds(SECP256K1);
  return placesOf([NONCE_ROUND, rounds.commit, rounds.respond], 0);
};

const signing = (scheme: FrostScheme, faults: Faults, seed = SEED): Run<Bytes> =>
  simulatedFrostSigning({
    seed,
    shares: simulatedFrostKey(SEED, scheme, 3, 2),
    signers: SIGNERS,
    message: MESSAGE,
    ...(scheme === 'frost-secp256k1' ? { tweak: 5n, merkleRoot: NO_SCRIPTS } : {}),
    faults,
  });

function expectEnds(session: Run<Bytes>, end: string, name = ''): void {
  for (const party of HONEST) expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: ${end}`);
}

const hasSentIn = (session: Run<Bytes>, round: number): boolean =>
  session.sent.some((one) => one.round === round && one.from !== CULPRIT);

/** How the honest parties end when a field of the culprit's message says something else. */
const ENDS: Readonly<Record<string, string>> = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.hiding': 'inconsistent ECHO_MISMATCH',
  '1.binding': 'inconsistent ECHO_MISMATCH',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '2.response': 'cheat SIGNATURE_SHARE 2',
};

describe.each(FROST_SCHEMES)('%s', (scheme) => {
  const places = placesFor(scheme);

  test('the table covers every field of every round', () => {
    expect(places.map((place) => place.name)).toEqual(Object.keys(ENDS));
  });

  test.each(places)('a change of $name ends the session in its class', (place) => {
    for (const { name, edit } of changesOf(place)) {
      const session = signing(scheme, editing({ ...place, from: CULPRIT, edit }));
      expectEnds(session, ENDS[place.name] as string, name);
    }
  });

  test.each(places)('a spelling that $name must refuse names its sender', (place) => {
    for (const { name, edit } of corruptionsOf(place)) {
      const session = signing(scheme, editing({ ...place, from: CULPRIT, edit }));
      expectEnds(session, 'cheat MALFORMED_MESSAGE 2', name);
      if (place.round < RESPOND) expect(hasSentIn(session, RESPOND)).toBe(false);
    }
  });

  test('every culprit is named', () => {
    const place = places.find((one) => one.field === 'response') as (typeof places)[number];
    const [change] = changesOf(place);
    const edit = (change as { edit: (body: Bytes) => Bytes }).edit;
    const [two, three] = [2, 3].map((from) => editing({ ...place, from, edit }));
    const both: Faults = {
      tamper: (envelope) =>
        (envelope.from === 2 ? two : three)?.tamper?.(envelope) ?? [envelope.received],
    };
    expect(endOf(signing(scheme, both), 1)).toBe('cheat SIGNATURE_SHARE 2 3');
  });

  test('a signer with a share of another key is named by the others', () => {
    const shares = simulatedFrostKey(SEED, scheme, 3, 2);
    const other = simulatedFrostKey(`${SEED}/other`, scheme, 3, 2);
    const stale = new Map(shares).set(CULPRIT, {
      ...(shares.get(CULPRIT) as FrostKeyShare),
      secret: (other.get(CULPRIT) as FrostKeyShare).secret,
    });
    const session = simulatedFrostSigning({
      seed: SEED,
      shares: stale,
      signers: SIGNERS,
      message: MESSAGE,
    });
    expectEnds(session, 'cheat SIGNATURE_SHARE 2');
    expect(endOf(session, CULPRIT)).toBe('inconsistent SIGNATURE_INVALID');
  });
});

/** What follows does not depend on the group: it runs on Ed25519, except where it says otherwise. */
const SCHEME = 'frost-ed25519';
const PLACES = placesFor(SCHEME);

test.each(messagesOf(PLACES))(
  'a message of round $round that is none ends the session',
  (place) => {
    for (const { name, faults, end } of malformedMessages(place, CULPRIT)) {
      expectEnds(signing(SCHEME, faults), end, name);
    }
  },
);

test.each(messagesOf(PLACES))('a message from elsewhere in round $round is refused', (place) => {
  const [original, elsewhere] = [signing(SCHEME, {}), signing(SCHEME, {}, `${SEED}/elsewhere`)];
  for (const { name, faults, end } of displacedMessages(place, CULPRIT, original, elsewhere)) {
    expectEnds(signing(SCHEME, faults), end, name);
  }
});

test.each(PLACES.filter((place) => place.round < RESPOND))(
  'two versions of $name spoil the signature and name nobody wrongly',
  (place) => {
    const [change] = changesOf(place);
    const edit = (change as { edit: (body: Bytes) => Bytes }).edit;
    const session = signing(SCHEME, editing({ ...place, from: CULPRIT, to: [1], edit }));
    for (const party of HONEST) expect(endOf(session, party)).toMatch(/^inconsistent/);
  },
);

test.each([0, 1, 2])('a signer that dies in round %i leaves no signature behind', (round) => {
  const session = signing(SCHEME, { crash: (party, at) => party === CULPRIT && at === round });
  expectEnds(session, 'benign PEER_MISSING 2');
});

test('repeated and reordered messages change nothing', () => {
  const repeated = signing(SCHEME, { tamper: ({ received }) => [received, received] });
  expect(outputsOf(repeated)).toEqual(outputsOf(signing(SCHEME, {})));
});

/** Everybody is honest, but the culprit was asked for something else. */
function asked(scheme: FrostScheme, otherwise: Partial<FrostSignParameters>): Run<Bytes> {
  const shares = simulatedFrostKey(SEED, scheme, 3, 2);
  const start = (me: PartyId, random: Random) => {
    const everybody: FrostSignParameters = {
      me,
      signers: SIGNERS,
      share: shares.get(me) as FrostKeyShare,
      message: MESSAGE,
      tweak: 0n,
      context: CONTEXT,
      random,
    };
    return frostSign(me === CULPRIT ? { ...everybody, ...otherwise } : everybody);
  };
  return simulate({ seed: SEED, parties: SIGNERS, start });
}

test.each<[string, FrostScheme, Partial<FrostSignParameters>]>([
  ['another message', 'frost-ed25519', { message: sha256(MESSAGE) }],
  ['no message', 'frost-ed25519', { message: new Uint8Array(0) }],
  ['another context', 'frost-ed25519', { context: Uint8Array.of(1) }],
  ['another message', 'frost-secp256k1', { message: sha256(MESSAGE) }],
  ['another tweak', 'frost-secp256k1', { tweak: 1n }],
  ['a Taproot output', 'frost-secp256k1', { merkleRoot: NO_SCRIPTS }],
])('who is asked for %s (%s) meets no commitment of the others', (_, scheme, otherwise) => {
  const session = asked(scheme, otherwise);
  expectEnds(session, 'inconsistent FOREIGN_SESSION');
  expect(hasSentIn(session, 1)).toBe(false);
});

const unused: Random = () => {
  throw new Error('nothing should be drawn');
};

/** How a party of a 3-of-5 key answers to these parameters before anything is sent. */
function refusal(parameters: Partial<FrostSignParameters>): string {
  const share = simulatedFrostKey(SEED, SCHEME, 5, 3).get(1) as FrostKeyShare;
  const common = { me: 1, share, message: MESSAGE, tweak: 0n, context: CONTEXT, random: unused };
  try {
    frostSign({ ...common, signers: [1, 2, 3], ...parameters }).next();
  } catch (error) {
    if (error instanceof ProtocolAbort) return `${error.kind} ${error.check}`;
    throw error;
  }
  return 'no refusal';
}

test.each<[string, Partial<FrostSignParameters>, string]>([
  ['a set below the threshold', { signers: [1, 2] }, 'benign SIGNER_SET'],
  ['a party without a share', { signers: [1, 2, 6] }, 'benign SIGNER_SET'],
  ['the share of another party', { me: 2 }, 'benign SIGNER_SET'],
  ['a repeated party', { signers: [1, 1, 2] }, 'benign PARTY_SET'],
  ['an unsorted set', { signers: [2, 1, 3] }, 'benign PARTY_SET'],
  ['index zero', { signers: [0, 1, 2] }, 'benign PARTY_SET'],
  ['a set without the party itself', { signers: [2, 3, 4] }, 'benign PARTY_SET'],
  ['nobody', { signers: [] }, 'benign PARTY_SET'],
  ['a tweak of an Ed25519 key', { tweak: 1n }, 'benign TWEAK'],
  ['a Taproot output of an Ed25519 key', { merkleRoot: NO_SCRIPTS }, 'benign TWEAK'],
])('%s is refused before anything is sent', (_, parameters, expected) => {
  expect(refusal(parameters)).toBe(expected);
});

const multiple = (scalar: bigint) => ED25519.multiplyBase(reduce(ED25519, scalar));

test('commitments that sum up to the identity are refused', () => {
  // Nobody can choose commitments against their own binding factors; a hash that is constant shows
  // what the check is for.
  const suite = { ...FROST_ED25519, bindingFactor: () => 1n };
  const commitments = [
    { party: 1, hiding: multiple(5n), binding: multiple(6n) },
    { party: 2, hiding: multiple(-18n), binding: multiple(7n) },
  ];
  expect(() => preparePackage(suite, multiple(9n), MESSAGE, commitments)).toThrow(/NONCE_IDENTITY/);
});
