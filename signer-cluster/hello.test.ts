import { expect, test } from 'vitest';
import { utf8 } from '#core/bytes.ts';
import { idOf } from '#mandate/fixtures.ts';
import {
  type Hello,
  type SessionSubject,
  bindingOf,
  decodeHello,
  encodeHello,
  requireSameMode,
  requireSameRecord,
  sessionIdOf,
} from './hello.ts';

const hello: Hello = {
  committee: new Uint8Array(32),
  nonce: new Uint8Array(32).fill(1),
  ephemeral: new Uint8Array(32).fill(2),
  pairs: { state: 'COMMITTED', epoch: 1, sid: 'ab'.repeat(32) },
  key: { state: 'NONE' },
  mode: 'safety',
};
const subject: SessionSubject = {
  committee: new Uint8Array(32),
  purpose: 'sign',
  keyId: idOf('key'),
  organization: idOf('organization'),
  scheme: 'ecdsa-secp256k1',
  keyEpoch: 1,
  pairEpoch: 1,
  signers: [1, 2],
  request: new Uint8Array(32),
};

test('a hello comes back as it was', () => {
  expect(decodeHello(encodeHello(hello))).toEqual(hello);
});

test.each([
  '',
  'null',
  '[]',
  '{}',
  new TextDecoder().decode(encodeHello(hello)).replace('{', '{ '),
  new TextDecoder().decode(encodeHello(hello)).replace('{', '{"a":1,'),
  new TextDecoder().decode(encodeHello(hello)).replace('NONE', 'SOME'),
  new TextDecoder().decode(encodeHello(hello)).replace('0101', '01'),
  new TextDecoder().decode(encodeHello(hello)).replace('/v1', '/v2'),
  new TextDecoder().decode(encodeHello(hello)).replace('safety', 'luck'),
])('%j is not a hello', (text) => {
  expect(() => decodeHello(utf8(text))).toThrow(/malformed/);
});

test('nodes of different modes do nothing together', () => {
  const hellos = new Map([
    [1, hello],
    [2, { ...hello, mode: 'availability' as const }],
  ]);
  for (const mode of ['safety', 'availability'] as const) {
    expect(() => requireSameMode(mode, hellos)).toThrow(/MODES_DIFFER/);
  }
  requireSameMode('safety', new Map([[1, hello]]));
});

test.each<[string, Partial<SessionSubject>]>([
  ['committee', { committee: new Uint8Array(32).fill(1) }],
  ['purpose', { purpose: 'createKey' }],
  ['key', { keyId: idOf('key', 2) }],
  ['organisation', { organization: idOf('organization', 2) }],
  ['scheme', { scheme: 'frost-ed25519' }],
  ['epoch of the key', { keyEpoch: 2 }],
  ['epoch of the pairs', { pairEpoch: 2 }],
  ['set of signers', { signers: [1, 3] }],
  ['request', { request: new Uint8Array(32).fill(1) }],
])('a session about another %s has another binding', (_, change) => {
  expect(bindingOf({ ...subject, ...change })).not.toEqual(bindingOf(subject));
});

test('the session id depends on what every party said, and not on who is asked first', () => {
  const binding = bindingOf(subject);
  const bodies = [1, 2].map((fill) =>
    encodeHello({ ...hello, nonce: new Uint8Array(32).fill(fill) }),
  );
  const [one, two] = bodies as [Uint8Array, Uint8Array];
  const id = sessionIdOf(
    binding,
    new Map([
      [1, one],
      [2, two],
    ]),
  );
  expect(
    sessionIdOf(
      binding,
      new Map([
        [2, two],
        [1, one],
      ]),
    ),
  ).toEqual(id);
  expect(
    sessionIdOf(
      binding,
      new Map([
        [1, two],
        [2, one],
      ]),
    ),
  ).not.toEqual(id);
  expect(
    sessionIdOf(
      binding,
      new Map([
        [1, one],
        [2, one],
      ]),
    ),
  ).not.toEqual(id);
});

test('a node of another record is refused by name, before its signature is looked at', () => {
  const own = new Uint8Array(32).fill(0xab);
  const reason = 'party 2 says that it is of record 00000000, and this node is of abababab';
  expect(() => requireSameRecord(2, encodeHello(hello), own)).toThrow(reason);
  requireSameRecord(2, encodeHello({ ...hello, committee: own }), own);
});
