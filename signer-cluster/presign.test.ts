import { expect, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { ProtocolAbort } from '#signing/kernel.ts';
import { makeBatch, requireServes } from './presign.ts';
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

test.each([
  ['the second one of it fails', 1],
  ['the signers name it differently', 2],
])('a batch is erased where %s', async (_, made) => {
  const secrets = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(1)];
  const link = new Uint8Array(8).fill(1);
  let runs = 0;
  const session = {
    context: () => new Uint8Array(32),
    sharedWith: () => link,
    run: async () => {
      const secret = secrets[runs++] as Uint8Array;
      if (runs > made) throw new ProtocolAbort('benign', 'THREAD_LOST');
      return { id: new Uint8Array(32), secret };
    },
    exchange: async () => new Map([[2, { broadcast: new Uint8Array(1) }]]),
  } as unknown as Parameters<typeof makeBatch>[0];
  const perform = (() => undefined) as unknown as Parameters<typeof makeBatch>[1];
  const taken = { me: 1, parties: [1, 2] } as unknown as Parameters<typeof makeBatch>[2];
  await expect(makeBatch(session, perform, taken, 2)).rejects.toThrow(ProtocolAbort);
  for (const secret of secrets.slice(0, made)) expect(secret).toEqual(new Uint8Array(8));
  expect(link).toEqual(new Uint8Array(8));
});
