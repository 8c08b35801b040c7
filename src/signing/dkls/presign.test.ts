import { secp256k1 } from '@noble/curves/secp256k1.js';
import { expect, test } from 'vitest';
import { type Bytes, concat, hex, utf8 } from '#core/bytes.ts';
import {
  IDENTITY,
  ORDER,
  type Point,
  type Scalar,
  decodePoint,
  encodePoint,
  encodeScalar,
  invertPublic,
  lagrange,
  mod,
  multiplyBase,
  multiplyPublic,
  parseInteger,
  randomScalar,
} from '#signing/curve.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import type { KeyShare } from '#signing/key-share.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import type { PairSecrets } from '#signing/pair-secrets.ts';
import {
  CONTEXT,
  memberOf,
  simulatedCommittee,
  simulatedKeys,
} from '#signing/simulated-committee.ts';
import {
  type Run,
  alterField,
  endOf,
  outputsOf,
  seededRandom,
  simulate,
} from '#signing/simulator.ts';
import { editing } from '#signing/tampering.ts';
import { digest } from '#signing/transcript.ts';
import { decodeBody, placeOf } from '#signing/wire.ts';
import { ONLINE_ROUNDS, assemble, coordinateOf, online, requireDelta } from './online.ts';
import {
  PRESIGN_ROUNDS,
  type PresignParameters,
  type Presignature,
  presign,
  sumNonces,
} from './presign.ts';
import { sign } from './sign.ts';

const SEED = 'presign.test';
const SIGNERS = [1, 3] as const;
const committee = simulatedCommittee(SEED, 3, 2);
const publicKey = (committee.shares.get(1) as KeyShare).publicKey;
const MESSAGE = digest('presign.test', utf8('message'));
const random = seededRandom(SEED);

const make = (seed: string): ReadonlyMap<PartyId, Presignature> =>
  outputsOf(
    simulate({
      seed,
      parties: SIGNERS,
      start: (me, random) => presign({ ...memberOf(committee, me, SIGNERS), random }),
    }),
  );
const presignatures = make(`${SEED}/presign`);
const presignatureOf = (me: PartyId): Presignature => presignatures.get(me) as Presignature;

type Order = {
  readonly digest?: Bytes;
  readonly tweak?: Scalar;
  readonly presignature?: Presignature;
};

const finish = (
  orderOf: (me: PartyId) => Order,
  seed = `${SEED}/online`,
  faults = {},
): Run<EcdsaSignature> =>
  simulate({
    seed,
    parties: SIGNERS,
    start: (me, random) =>
      online({
        presignature: presignatureOf(me),
        digest: MESSAGE,
        tweak: 0n,
        random,
        ...orderOf(me),
      }),
    faults,
  });

const sum = (pick: (one: Presignature) => Scalar): Scalar =>
  mod([...presignatures.values()].reduce((total, one) => total + pick(one), 0n));

test('the shares of a presignature add up to phi, k phi and sk phi', () => {
  const phi = sum((one) => one.phi);
  const { nonce } = presignatureOf(1);
  expect(presignatureOf(3).nonce.equals(nonce)).toBe(true);
  expect(multiplyBase(sum((one) => one.u)).equals(multiplyPublic(nonce, phi))).toBe(true);
  const key = decodePoint(publicKey) as Point;
  expect(multiplyBase(sum((one) => one.v)).equals(multiplyPublic(key, phi))).toBe(true);
});

test('a presignature signs later, and a tweak signs under the derived key', () => {
  for (const tweak of [0n, 1n, randomScalar(random)]) {
    const signatures = [...outputsOf(finish(() => ({ tweak }))).values()];
    const { r, s } = signatures[0] as EcdsaSignature;
    const derived = encodePoint((decodePoint(publicKey) as Point).add(multiplyBase(tweak)));
    const options = { prehash: false, lowS: true };
    expect(secp256k1.verify(concat(r, s), MESSAGE, derived, options)).toBe(true);
  }
});

test('the nonce of a signature is not the nonce of its presignature, nor the same one twice', () => {
  const [first, second] = ['a', 'b'].map((seed) => {
    const signatures = outputsOf(finish(() => ({}), `${SEED}/${seed}`));
    return (signatures.get(1) as EcdsaSignature).r;
  }) as [Bytes, Bytes];
  expect(first).not.toEqual(encodePoint(presignatureOf(1).nonce).subarray(1));
  expect(first).not.toEqual(second);
});

const nonceOf = (order: Order): string => {
  const signatures = outputsOf(finish(() => order));
  return hex((signatures.get(1) as EcdsaSignature).r);
};

test('the common randomness is not all that a nonce depends on', () => {
  const another = digest('presign.test', utf8('another message'));
  const nonces = [nonceOf({}), nonceOf({ digest: another }), nonceOf({ tweak: 1n })];
  expect(new Set(nonces).size).toBe(3);
});

const start =
  (change: (p: PresignParameters) => Partial<PresignParameters>) =>
  (me: PartyId, random: Random): Protocol<Presignature> => {
    const parameters = { ...memberOf(committee, me, SIGNERS), random };
    return presign(me === 3 ? { ...parameters, ...change(parameters) } : parameters);
  };

/** The key pk_i that a signer showed a peer. */
function keyShown(run: Run<Presignature>, from: PartyId): string {
  const { start, end } = placeOf(PRESIGN_ROUNDS.multiply.direct, 'key');
  const envelope = run.sent.find((one) => one.from === from && one.round === 2);
  return hex((envelope?.received.direct ?? concat()).subarray(start, end));
}

test("a signer's key in a session hides its share: it is another one in every session", () => {
  const runs = ['first', 'second'].map((seed) =>
    simulate({ seed: `${SEED}/${seed}`, parties: SIGNERS, start: start(() => ({})) }),
  );
  const share = committee.shares.get(1) as KeyShare;
  const bare = hex(encodePoint(multiplyBase(mod(lagrange(1, SIGNERS) * share.secret))));
  const shown = runs.map((run) => keyShown(run, 1));
  expect(new Set([bare, ...shown]).size).toBe(3);
});

test('a share of the mask that is not the own phi gives no signature', () => {
  const own = presignatureOf(1);
  const wrong = { presignature: { ...own, phi: mod(own.phi + 1n) } };
  const run = finish((me) => (me === 1 ? wrong : {}));
  for (const me of SIGNERS) expect(endOf(run, me)).toBe('inconsistent SIGNATURE_INVALID');
});

/** What a party published in the last round. */
function publishedBy(run: Run<EcdsaSignature>, from: PartyId): { u: Scalar; w: Scalar } {
  const envelope = run.sent.findLast((one) => one.from === from);
  const header = { protocol: 4, round: 2, from, to: 0, scope: presignatureOf(from).id };
  const body = envelope?.received.broadcast ?? concat();
  const decoded = decodeBody(ONLINE_ROUNDS.shares.broadcast, header, body);
  if (decoded.kind !== 'values') throw new Error(decoded.kind);
  return decoded.values;
}

test('a presignature that is used twice gives the key away', () => {
  const messages = [MESSAGE, digest('presign.test', utf8('another message'))] as const;
  const runs = messages.map((one, at) => finish(() => ({ digest: one }), `${SEED}/twice ${at}`));
  const seen = runs.map((run) => {
    const shares = SIGNERS.map((signer) => publishedBy(run, signer));
    return {
      r: parseInteger((outputsOf(run).get(1) as EcdsaSignature).r),
      w: mod(shares.reduce((total, one) => total + one.w, 0n)),
    };
  }) as [{ r: Scalar; w: Scalar }, { r: Scalar; w: Scalar }];
  // w = m phi + r v in both: two equations in phi and v, and sk = v / phi.
  const [m, n] = messages.map(parseInteger) as [bigint, bigint];
  const [first, second] = seen;
  const determinant = invertPublic(mod(m * second.r - n * first.r));
  const phi = mod((first.w * second.r - second.w * first.r) * determinant);
  const v = mod((m * second.w - n * first.w) * determinant);
  expect(encodePoint(multiplyBase(mod(v * invertPublic(phi))))).toEqual(publicKey);
});

test.each<[string, (me: PartyId) => Order]>([
  ['digest', (me) => (me === 1 ? { digest: digest('presign.test', utf8('other')) } : {})],
  ['tweak', (me) => (me === 1 ? { tweak: 1n } : {})],
])('signers with another %s part before a share leaves', (_, orderOf) => {
  const run = finish(orderOf);
  for (const me of SIGNERS) expect(endOf(run, me)).toBe('inconsistent DIGEST_MISMATCH');
  expect(run.sent.every((one) => one.round === 0)).toBe(true);
});

test('a last share that cancels the denominator gives no signature', () => {
  const { u } = publishedBy(
    finish(() => ({})),
    1,
  );
  const run = finish(
    () => ({}),
    `${SEED}/online`,
    editing({
      from: 3,
      round: 1,
      channel: 'broadcast',
      edit: (body) =>
        alterField(ONLINE_ROUNDS.shares.broadcast, 'u', body, () => encodeScalar(mod(-u))),
    }),
  );
  expect(endOf(run, 1)).toBe('inconsistent MASK_ZERO');
});

const presigning = (change: (p: PresignParameters) => Partial<PresignParameters>) =>
  simulate({ seed: `${SEED}/change`, parties: SIGNERS, start: start(change) });

test('a share that is not of this key ends in keys that do not add up', () => {
  const run = presigning(({ share }) => ({ share: { ...share, secret: mod(share.secret + 1n) } }));
  expect(endOf(run, 1)).toBe('inconsistent KEY_SUM');
});

test('a zero seed that the peers do not share ends in keys that do not add up', () => {
  const run = presigning(({ pairs }) => {
    const pair = pairs.get(1) as PairSecrets;
    return { pairs: new Map([[1, { ...pair, zeroSeed: new Uint8Array(32) }]]) };
  });
  expect(endOf(run, 1)).toBe('inconsistent KEY_SUM');
});

test('another epoch of a pair is benign, and its request is not looked at', () => {
  const run = presigning(({ pairs }) => {
    const pair = pairs.get(1) as PairSecrets;
    const seeds = new Uint8Array(pair.asReceiver.seeds.length);
    const stale = { ...pair, pairId: new Uint8Array(32), asReceiver: { seeds } };
    return { pairs: new Map([[1, stale]]) };
  });
  expect(endOf(run, 1)).toBe('benign PAIR_EPOCH 3');
  expect(endOf(run, 3)).toBe('benign PAIR_EPOCH 1');
});

test('secrets of a pair that do not fit, under the same epoch, are a cheat', () => {
  const run = presigning(({ pairs }) => {
    const pair = pairs.get(1) as PairSecrets;
    const seeds = new Uint8Array(pair.asReceiver.seeds.length);
    return { pairs: new Map([[1, { ...pair, asReceiver: { seeds } }]]) };
  });
  expect(endOf(run, 1)).toBe('cheat TRANSFER_CHECK 3');
});

const anotherKey = simulatedKeys(`${SEED}/another key`, 3, 2).get(3) as KeyShare;

test.each<[string, (p: PresignParameters) => Partial<PresignParameters>]>([
  ['context', () => ({ context: concat(CONTEXT, Uint8Array.of(1)) })],
  ['key', () => ({ share: anotherKey })],
])('signers with another %s part before anything secret is sent', (_, change) => {
  const run = presigning(change);
  for (const me of SIGNERS) expect(endOf(run, me)).toBe('inconsistent FOREIGN_SESSION');
  expect(run.sent.every((one) => one.round === 0)).toBe(true);
});

test('nonces that cancel each other give no presignature', () => {
  const nonce = multiplyBase(5n);
  expect(() => sumNonces([nonce, nonce.negate()])).toThrow(/NONCE_IDENTITY/);
  expect(sumNonces([nonce, nonce]).equals(multiplyBase(10n))).toBe(true);
});

/** What a signer put on the network in a round of a session in which only signer 3 is fresh. */
function fromClone(fresh: string): { readonly nonce: string; readonly psi: string } {
  const run = simulate({
    seed: 'clone',
    parties: SIGNERS,
    start: (me, random) =>
      presign({
        ...memberOf(committee, me, SIGNERS),
        random: me === 3 ? seededRandom(fresh) : random,
      }),
  });
  outputsOf(run);
  const envelope = run.sent.find((one) => one.from === 1 && one.round === 2);
  const body = envelope?.received.direct ?? concat();
  const [nonce, psi] = ['nonce', 'psi'].map((name) => {
    const { start, end } = placeOf(PRESIGN_ROUNDS.multiply.direct, name);
    return hex(body.subarray(start, end));
  }) as [string, string];
  return { nonce, psi };
}

test('a cloned machine that draws the same bytes again draws another nonce and mask', () => {
  const [first, second] = [fromClone('first'), fromClone('second')];
  expect(first.nonce).not.toBe(second.nonce);
  expect(first.psi).not.toBe(second.psi);
  expect(fromClone('first')).toEqual(first);
});

const unused: Random = () => {
  throw new Error('nothing should be drawn');
};

test.each<[string, readonly PartyId[], RegExp]>([
  ['a set below the threshold', [1], /PARTY_SET/],
  ['an unsorted set', [3, 1], /PARTY_SET/],
  ['a repeated signer', [1, 1, 3], /PARTY_SET/],
  ['index zero', [0, 1], /PARTY_SET/],
  ['a set without the party itself', [2, 3], /PARTY_SET/],
  ['a signer that is no member', [1, 4], /PARTY_SET/],
  ['more signers than members', [1, 2, 3, 4], /PARTY_SET/],
])('%s is refused before anything is sent', (_, signers, fault) => {
  const protocol = sign({ ...memberOf(committee, 1, signers), digest: MESSAGE, random: unused });
  expect(() => protocol.next()).toThrow(fault);
});

test('fewer signers than the threshold of the share are refused', () => {
  const member = memberOf(committee, 1, SIGNERS);
  const share = { ...member.share, threshold: 3 };
  expect(() => sign({ ...member, share, digest: MESSAGE, random: unused }).next()).toThrow(
    /PARTY_SET/,
  );
});

test('a signer without secrets of a pair, or with those of another pair, is refused', () => {
  const member = { ...memberOf(committee, 1, SIGNERS), digest: MESSAGE, random: unused };
  expect(() => sign({ ...member, pairs: new Map() }).next()).toThrow(/PAIR_MISSING/);
  const other = member.pairs.get(2) as PairSecrets;
  expect(() => sign({ ...member, pairs: new Map([[3, other]]) }).next()).toThrow(/PAIR_MISSING/);
  const foreign = committee.shares.get(2) as KeyShare;
  expect(() => sign({ ...member, share: foreign }).next()).toThrow(/PARTY_SET/);
});

test.each([
  ['zero', new Uint8Array(32)],
  ['q, which is zero', encodeScalar(ORDER)],
  ['31 bytes', MESSAGE.subarray(1)],
  ['33 bytes', concat(MESSAGE, Uint8Array.of(0))],
])('a digest of %s is refused before anything is sent', (_, bytes) => {
  const member = memberOf(committee, 1, SIGNERS);
  expect(() => sign({ ...member, digest: bytes, random: unused }).next()).toThrow(/DIGEST/);
  const order = { presignature: presignatureOf(1), digest: bytes, tweak: 0n, random: unused };
  expect(() => online(order).next()).toThrow(/DIGEST/);
});

/** A point whose x-coordinate is not below q: there are few, so one is searched above q. */
function highPoint(): Point {
  for (let x = ORDER + 1n; ; x++) {
    const point = decodePoint(concat(Uint8Array.of(2), encodeScalar(x)));
    if (point !== undefined) return point;
  }
}

test('a nonce whose x is not below q has recovery 2 or 3, and recovers its key', () => {
  const nonce = highPoint();
  const r = mod(parseInteger(encodePoint(nonce).subarray(1)));
  const seen = new Set<number>();
  for (const s of [3n, ORDER - 3n]) {
    // The key for which (r, s) is a signature under this nonce: Q = (s R - m G) / r.
    const message = multiplyBase(mod(-parseInteger(MESSAGE)));
    const key = multiplyPublic(multiplyPublic(nonce, s).add(message), invertPublic(r));
    const used = { nonce, r, u: 1n, v: 1n, publicKey: encodePoint(key) };
    const signature = assemble(used, 1n, s, MESSAGE);
    seen.add(signature.recovery);
    expect(parseInteger(signature.s)).toBe(3n);
    const recovered = secp256k1.Signature.fromBytes(concat(signature.r, signature.s))
      .addRecoveryBit(signature.recovery)
      .recoverPublicKey(MESSAGE);
    expect(recovered.toBytes()).toEqual(used.publicKey);
  }
  expect(seen).toEqual(new Set([2, 3]));
});

test('a nonce that is the identity, or whose x is q, is refused', () => {
  const atOrder = decodePoint(concat(Uint8Array.of(2), encodeScalar(ORDER))) as Point;
  expect(() => coordinateOf(atOrder)).toThrow(/NONCE_ZERO/);
  expect(() => coordinateOf(IDENTITY)).toThrow(/NONCE_IDENTITY/);
  expect(() => requireDelta(0n)).toThrow(/DELTA_ZERO/);
  expect(() => requireDelta(1n)).not.toThrow();
});

test('s = 0 is no signature', () => {
  const { nonce, u, v } = presignatureOf(1);
  const r = mod(parseInteger(encodePoint(nonce).subarray(1)));
  expect(() => assemble({ nonce, r, u, v, publicKey }, 1n, 0n, MESSAGE)).toThrow(
    /SIGNATURE_INVALID/,
  );
});
