import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SOL_PAYMENT } from '#chains/solana/fixtures.ts';
import type { Bytes } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { encodeScalar } from '#signing/curve.ts';
import { decodeFrostKeyShare } from '#signing/frost/key-share.ts';
import { decodeKeyShare } from '#signing/key-share.ts';
import { decodePairSecrets } from '#signing/pair-secrets.ts';
import type { Frame } from './proto/frames.ts';
import { paymentIntent, requestFor, solanaRequest } from '#testing/signing-request.ts';
import { openedStore, spellings } from '#testing/node-secrets.ts';
import { createWallet, signerTeam, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { Store } from './store.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const schnorr = {
  keyId: idOf('key', 2),
  organization,
  wallet: idOf('wallet', 2),
  scheme: 'frost-ed25519',
} as const;

/** Every secret of a node, as it knows them after unsealing: shares, delta, seeds. */
function secretsOf(store: Store): readonly Bytes[] {
  const share = decodeKeyShare(store.keys.get(keyId)?.record.share as Bytes);
  const schnorrShare = store.keys.get(schnorr.keyId)?.record.share as Bytes;
  const pairs = [...(store.pairs.get(organization)?.record.pairs.values() ?? [])];
  return [
    encodeScalar(share.secret),
    encodeScalar(decodeFrostKeyShare(schnorrShare).secret),
    ...pairs
      .map(decodePairSecrets)
      .flatMap(({ zeroSeed, asSender, asReceiver }) => [
        zeroSeed,
        asSender.delta,
        asSender.seeds.slice(0, 32),
        asReceiver.seeds.slice(0, 32),
      ]),
  ];
}

test('no secret of any node is on a disk, in a log, or in sight of the relay', async () => {
  const team = await signerTeam();
  try {
    const seen: Buffer[] = [];
    const watch = (frame: Frame): Frame => {
      seen.push(
        frame.type === 'post' || frame.type === 'deliver'
          ? Buffer.from(frame.envelope)
          : Buffer.from(JSON.stringify(frame.content)),
      );
      return frame;
    };
    const links = team.links().map((link) => tapped(link, { fromNode: watch, toNode: watch }));
    const cluster = clusterOver(links, LOG);
    await createWallet(cluster, { keyId, organization, wallet });
    await cluster.sign({ keyId, mandate: requestFor(paymentIntent()) });
    const { publicKey } = await createWallet(cluster, schnorr);
    const mandate = solanaRequest(publicKey, 1, SOL_PAYMENT, { wallet: schnorr.wallet });
    await cluster.sign({ keyId: schnorr.keyId, mandate });
    const dump = Buffer.concat(seen);

    const stores = await Promise.all(
      [1, 2, 3].map((party) => openedStore(team.house.config(party))),
    );
    const secrets = stores.flatMap(secretsOf).flatMap(spellings);
    const places = new Map([['the relay', dump]]);
    for (const party of [1, 2, 3]) {
      places.set(`log of ${party}`, Buffer.from(team.signer(party).logs()));
      const files = await readdir(team.house.data(party), { recursive: true, withFileTypes: true });
      for (const file of files.filter((one) => one.isFile())) {
        const path = join(file.parentPath, file.name);
        places.set(path, await readFile(path));
      }
    }
    expect(secrets.length).toBeGreaterThan(100);
    expect(places.size).toBeGreaterThan(20);
    for (const [place, content] of places) {
      const found = secrets.filter((secret) => content.includes(secret)).length;
      expect({ place, found }).toEqual({ place, found: 0 });
    }
  } finally {
    await team.close();
  }
});
