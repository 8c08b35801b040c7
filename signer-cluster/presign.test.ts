import { expect, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { requireServes } from './presign.ts';
import type { Pool, Presigned } from './presignatures.ts';

const { organization } = PAYMENT;
const POOL: Pool = { organization, epoch: 4, signers: [1, 2], keyId: idOf('key'), keyEpoch: 7 };

const batch = (): readonly Presigned[] =>
  ['a', 'b'].map((id) => ({
    id,
    secret: new Uint8Array(8).fill(1),
    links: new Map([[2, new Uint8Array(8).fill(1)]]),
  }));

type Changes = { keyEpoch?: number; pairEpoch?: number; isBanned?: true; isExported?: true };

const lockedIf = (is = false) => {
  if (is) throw new PlatformError('KEY_LOCKED', {});
};
const stored = (record: object) => ({ get: () => ({ record, committed: true }) });

const nodeAfter = ({ keyEpoch = 7, pairEpoch = 4, isBanned, isExported }: Changes) =>
  ({
    store: {
      keys: stored({ epoch: keyEpoch, share: new Uint8Array(8) }),
      pairs: stored({ epoch: pairEpoch }),
    },
    distrust: { requireTrusted: () => lockedIf(isBanned) },
    exported: { requireHere: () => lockedIf(isExported) },
  }) as unknown as Parameters<typeof requireServes>[0];

test('presignatures of the key and the pairs as they are go into the pool', () => {
  const made = batch();
  requireServes(nodeAfter({}), POOL, made);
  expect(made).toEqual(batch());
});

test.each<[string, Changes]>([
  ['the key was refreshed', { keyEpoch: 8 }],
  ['the pairs were set up again', { pairEpoch: 5 }],
  ['a peer was banned', { isBanned: true }],
  ['the key was exported', { isExported: true }],
])('those that were made while %s are erased, and in no pool', (_, changes) => {
  const made = batch();
  expect(() => requireServes(nodeAfter(changes), POOL, made)).toThrow(PlatformError);
  for (const { secret, links } of made) {
    expect([...secret, ...(links.get(2) ?? [])]).toEqual(Array.from({ length: 16 }, () => 0));
  }
});
