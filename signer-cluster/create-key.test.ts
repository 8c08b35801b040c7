import { expect, test } from 'vitest';
import { type Bytes, utf8 } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { Incoming, Outgoing } from '#signing/kernel.ts';
import { createKey } from './create-key.ts';
import type { Held, Hello } from './hello.ts';
import { PROTOCOLS } from './schemes.ts';
import type { Session } from './session.ts';
import type { Shelf, Versioned } from './shelf.ts';
import type { KeyRecord, PairsRecord } from './store.ts';
import { performHere } from './tasks.ts';

const { organization } = PAYMENT;
const scheme = 'ecdsa-secp256k1';
const keyId = idOf('key');
const request = { keyId, organization, scheme } as const;
const sid = 'aa'.repeat(32);
const made = { organization, epoch: 1, sid };
const publicKey = new Uint8Array(33).fill(2);
const none = new Uint8Array();
const key: KeyRecord = {
  ...made,
  keyId,
  scheme,
  parties: [1, 2, 3],
  threshold: 2,
  provenance: 'generated',
  publicKey,
  chainCode: none,
  share: none,
};
const pairs: PairsRecord = { ...made, pairs: new Map() };

const never = (): Promise<never> => Promise.reject(new Error('nothing may be sent or stored'));

function shelfWith<R extends Versioned>(record: R, committed: boolean): Shelf<R> {
  let stored = { record, committed };
  return {
    get: () => stored,
    next: () => undefined,
    names: () => [],
    retire: never,
    prepare: never,
    commit: async () => void (stored = { record, committed: true }),
  };
}

/** This node is party 1 and says the same as its two peers: both parts in this state. */
function asked(state: 'PREPARED' | 'COMMITTED', exchange: Session['exchange']) {
  const held: Held = { state, epoch: 1, sid };
  const nothing = new Uint8Array(32);
  const hello: Hello = {
    committee: nothing,
    nonce: nothing,
    ephemeral: nothing,
    pairs: held,
    key: held,
    mode: 'safety',
  };
  const hellos = new Map([1, 2, 3].map((party) => [party, hello]));
  const context = () => nothing;
  const session: Session = {
    sid: 'bb'.repeat(32),
    hellos,
    context,
    exchange,
    run: never,
    sharedWith: context,
  };
  const isCommitted = state === 'COMMITTED';
  const shelves = {
    pairs: shelfWith(pairs, isCommitted),
    keys: shelfWith(key, isCommitted),
  };
  const store = { identity: undefined as never, ...shelves };
  const perform = performHere(PROTOCOLS, () => nothing);
  const holders = { me: 1, parties: [1, 2, 3], threshold: 2 };
  const parts = { ...holders, protocols: PROTOCOLS, perform, store };
  return { store, answer: createKey(session, parts, request) };
}

/** What both peers broadcast. */
const peersSay = (broadcast: Bytes | undefined): Incoming =>
  new Map([2, 3].map((party) => [party, broadcast === undefined ? {} : { broadcast }]));

const echoed = async ({ broadcast }: Outgoing): Promise<Incoming> => peersSay(broadcast);

test('what all committed is there without another word', async () => {
  expect(await asked('COMMITTED', never).answer).toEqual(publicKey);
});

test('a hello may be an old one: nobody commits before all have said it again in this session', async () => {
  const { store, answer } = asked('PREPARED', never);
  await expect(answer).rejects.toThrow(/nothing may be sent/);
  expect(store.pairs.get(organization)?.committed).toBe(false);
  expect(store.keys.get(keyId)?.committed).toBe(false);
});

test('what all say in this session that they have prepared is committed', async () => {
  const { store, answer } = asked('PREPARED', echoed);
  expect(await answer).toEqual(publicKey);
  expect(store.pairs.get(organization)?.committed).toBe(true);
  expect(store.keys.get(keyId)?.committed).toBe(true);
});

test('a peer that says another thing than its hello ends the session before the commit', async () => {
  const { store, answer } = asked('PREPARED', async () => peersSay(utf8('another')));
  await expect(answer).rejects.toThrow(/CONFIRMATION_MISMATCH/);
  expect(store.pairs.get(organization)?.committed).toBe(false);
});
