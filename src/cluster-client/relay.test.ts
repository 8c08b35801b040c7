import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { SignerLink } from './link.ts';
import type { StreamListener } from './session-streams.ts';
import { relaySession } from './relay.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const listeners = new Map<PartyId, StreamListener>();

const linkTo = (party: PartyId) =>
  ({
    party,
    address: 'here',
    open(listener) {
      listeners.set(party, listener);
      return { send: () => undefined, cancel: () => undefined };
    },
  }) as Partial<SignerLink> as SignerLink;

const post = (party: PartyId): void =>
  listeners.get(party)?.frame({ type: 'post', party: 0, envelope: new Uint8Array(1) });

test.each([
  ['has said nothing at all', false, [2]],
  ['says nothing any more', true, []],
])(
  'a node that goes on talking keeps up no session in which another %s',
  async (_, says, silent) => {
    const end = relaySession({
      links: [1, 2].map(linkTo),
      open: {
        purpose: 'createKey',
        keyId: idOf('key'),
        organization: idOf('organization'),
        scheme: 'ecdsa-secp256k1',
        signers: [1, 2],
      },
      timeouts: { openMs: 1_000, stepMs: 1_000 },
      accepts: () => true,
    });
    post(1);
    if (says) post(2);
    for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 100) {
      await vi.advanceTimersByTimeAsync(100);
      post(1);
    }
    expect(await Promise.race([end, Promise.resolve('still open')])).toMatchObject({
      kind: 'lost',
      parties: [2],
      silent,
    });
  },
);
