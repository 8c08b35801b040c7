import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { Frame } from '#signer-cluster/proto/frames.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { createWallet, type SignerTeam, signerTeam, type Tap, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { type ClusterTimeouts } from './cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const UNAVAILABLE = { code: 'SIGNERS_UNAVAILABLE' };
/** A dropped message is noticed soon; on a slow machine these only make an abort come earlier. */
const IMPATIENT: ClusterTimeouts = {
  health: 2_000,
  sign: { openMs: 400, stepMs: 400 },
  createKey: { openMs: 400, stepMs: 400 },
  suspicionMs: 0,
};

let team: SignerTeam;
let honest: SignerCluster;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  honest = clusterOver(team.links(), LOG);
  await createWallet(honest, { keyId, organization, wallet });
});

afterAll(() => team.close());

const through = (tapOf: (party: PartyId) => Tap, timeouts?: ClusterTimeouts): SignerCluster =>
  clusterOver(
    team.links().map((link) => tapped(link, tapOf(link.party))),
    LOG,
    timeouts,
  );

let requests = 0;
const newRequest = () => requestFor(paymentIntent({ externalId: `relay-${(requests += 1)}` }));

type Envelope = Extract<Frame, { type: 'post' | 'deliver' }>;

/**
 * Changes the envelope with this number (the hello is 0) on its way from or to party 1. The last one
 * is changed for both: a node that has the last message of its peer has the signature, and rightly so.
 */
function onEnvelope(
  direction: 'fromNode' | 'toNode',
  number: number,
  change: (frame: Envelope) => Frame | undefined,
): (party: PartyId) => Tap {
  const tap = (): Tap => {
    let seen = -1;
    return {
      [direction](frame: Frame) {
        if (frame.type !== 'post' && frame.type !== 'deliver') return frame;
        seen += 1;
        return seen === number ? change(frame) : frame;
      },
    };
  };
  const isLast = number === SIGN_ENVELOPES - 1;
  return (party) => (party === 1 || isLast ? tap() : {});
}

/** A bit of the byte at this place; a negative place counts from the end. */
const withFlip =
  (place: number) =>
  (frame: Envelope): Frame => {
    const envelope = Uint8Array.from(frame.envelope);
    const at = place < 0 ? envelope.length + place : place;
    envelope[at] = (envelope[at] as number) ^ 1;
    return { ...frame, envelope };
  };

/** Version, kind, sender, recipient, round, session; the body's start and end; the signature. */
const PLACES = [0, 1, 2, 3, 7, 8, 39, 40, -65, -64, -1];
/** The envelopes of one node in a session of two: its hello and the rounds of signing. */
const SIGN_ENVELOPES = 6;
/** Hello, key generation, confirmation. */
const KEY_ENVELOPES = 8;
/** Where the pair set-up, which comes before the key, is disturbed: at its begin, middle and end. */
const PAIR_PLACES = [1, 4, 7];

const cells = (['fromNode', 'toNode'] as const).flatMap((direction) =>
  Array.from({ length: SIGN_ENVELOPES }, (_, number) => [direction, number] as const),
);

test('a session of two has as many envelopes as these tests touch', async () => {
  let seen = 0;
  const counting = through((party) => ({
    fromNode(frame) {
      if (frame.type === 'post' && party === 1) seen += 1;
      return frame;
    },
  }));
  await counting.sign({ keyId, mandate: newRequest() });
  expect(seen).toBe(SIGN_ENVELOPES);
  seen = 0;
  await createWallet(counting, {
    keyId: idOf('key', 9),
    organization,
    wallet: idOf('wallet', 9),
  });
  expect(seen).toBe(KEY_ENVELOPES);
});

test.each(cells)(
  '%s: a changed byte in envelope %i ends the signing, and the next works',
  async (direction, number) => {
    for (const place of number === 2 ? PLACES : [40, -1]) {
      const relay = through(onEnvelope(direction, number, withFlip(place)));
      const signing = relay.sign({ keyId, mandate: newRequest() });
      await expect(signing, `byte ${place}`).rejects.toMatchObject(UNAVAILABLE);
    }
    await honest.sign({ keyId, mandate: newRequest() });
  },
);

test.each<[string, (frame: Envelope) => Frame | undefined]>([
  ['cut', (frame) => ({ ...frame, envelope: frame.envelope.slice(0, -1) })],
  ['lengthened', (frame) => ({ ...frame, envelope: Uint8Array.of(...frame.envelope, 0) })],
  ['emptied', (frame) => ({ ...frame, envelope: frame.envelope.slice(0, 1) })],
  ['dropped', () => undefined],
])('an envelope that is %s ends the signing', async (_, change) => {
  for (let number = 0; number < SIGN_ENVELOPES; number++) {
    const relay = through(onEnvelope('toNode', number, change), IMPATIENT);
    const signing = relay.sign({ keyId, mandate: newRequest() });
    await expect(signing, `envelope ${number}`).rejects.toMatchObject(UNAVAILABLE);
  }
  await honest.sign({ keyId, mandate: newRequest() });
});

test("a message of another session in the place of this one's is refused", async () => {
  const mandate = newRequest();
  const recorded: Frame[] = [];
  const recorder = through((party) => ({
    toNode(frame) {
      if (frame.type === 'deliver' && party === 1) recorded.push(frame);
      return frame;
    },
  }));
  await recorder.sign({ keyId, mandate });
  expect(recorded).toHaveLength(SIGN_ENVELOPES);
  for (const [number, old] of recorded.entries()) {
    const relay = through(onEnvelope('toNode', number, () => old));
    const signing = relay.sign({ keyId, mandate });
    await expect(signing, `envelope ${number}`).rejects.toMatchObject(UNAVAILABLE);
  }
});

test("a node's own message sent back to it is refused", async () => {
  for (let number = 0; number < SIGN_ENVELOPES; number++) {
    const relay = through((party) => {
      let own: Uint8Array | undefined;
      const reflect = onEnvelope('toNode', number, (frame) =>
        own === undefined ? undefined : { ...frame, envelope: own },
      );
      return {
        fromNode(frame) {
          if (frame.type === 'post') own = frame.envelope;
          return frame;
        },
        ...reflect(party),
      };
    }, IMPATIENT);
    await expect(relay.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(UNAVAILABLE);
  }
});

test('nodes that were asked for different things do not work together', async () => {
  const other = requestFor(
    paymentIntent({ externalId: 'the-other-one', recipient: PAYMENT.recipient }),
  );
  const relay = through((party) => ({
    toNode(frame) {
      if (frame.type !== 'open' || frame.content.purpose !== 'sign' || party === 2) return frame;
      const mandate = { ...frame.content.mandate, intent: other.intent };
      return { type: 'open', content: { ...frame.content, mandate } };
    },
  }));
  await expect(relay.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(UNAVAILABLE);
});

test.each<[string, readonly number[], number, (number: number) => [KeyId, OrganizationId]]>([
  [
    'the key',
    Array.from({ length: KEY_ENVELOPES }, (_, number) => number),
    20,
    (seed) => [idOf('key', seed), organization],
  ],
  ['the pairs', PAIR_PLACES, 60, (seed) => [idOf('key', seed), idOf('organization', seed)]],
])(
  'a changed byte in any envelope that makes %s leaves no key, and the next makes it',
  async (_, envelopes, seed, idsOf) => {
    for (const number of envelopes) {
      const [key, owner] = idsOf(seed + number);
      const request = { keyId: key, organization: owner, wallet };
      const place = number % 2 === 0 ? 40 : -1;
      const relay = through(onEnvelope('toNode', number, withFlip(place)));
      await expect(createWallet(relay, request)).rejects.toMatchObject(UNAVAILABLE);
      // Unknown, prepared and not active, or without a wallet: either way it signs nothing.
      const signing = honest.sign({ keyId: key, mandate: newRequest() });
      await expect(signing).rejects.toThrow(/no such key|not active yet|not registered/);
    }
    const [key, owner] = idsOf(seed);
    await createWallet(honest, { keyId: key, organization: owner, wallet: idOf('wallet', seed) });
  },
);
