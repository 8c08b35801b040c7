/** Puts a node together from its configuration: opens what it keeps, and refuses to start otherwise. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { priceText } from '#mandate/quorum.ts';
import { blindProducts } from '#signing/curve.ts';
import { approvals } from './approvals.ts';
import { authority } from './authority.ts';
import type { NodeConfig } from './config.ts';
import { cosigning } from './cosigning.ts';
import { distrust } from './distrust.ts';
import { exportedKeys } from './exported-keys.ts';
import { type Sync, openJournal } from './journal.ts';
import type { NodeLog } from './log.ts';
import { type SignerNode, signerNode } from './node.ts';
import { operatorDesk } from './operator-desk.ts';
import { openOperatorSocket, requirePrivateFolder } from './operator-socket.ts';
import { Presignatures } from './presignatures.ts';
import { nodePrices } from './prices.ts';
import { type DerivedKey, type Protocols, schemeOf } from './protocols.ts';
import { refill } from './refill.ts';
import { replayGuard } from './replay-guard.ts';
import type { SealingKeySource } from './sealing-key.ts';
import { StartRefused, readAtStart } from './sealing.ts';
import { type RunningServer, serveNode } from './server.ts';
import { spends } from './spends.ts';
import { openStore } from './store.ts';
import { standing } from './standing.ts';
import { readiness } from './succession.ts';
import { performHere } from './tasks.ts';
import type { Threads } from './threads.ts';
import { Turnstile } from './turnstile.ts';
import { wallets } from './wallets.ts';

export type StartParts = {
  readonly protocols: Protocols;
  /** Where the protocols are computed; the node's own thread does it where there are none. */
  readonly threads?: Pick<Threads, 'perform'>;
  readonly sealingKey: SealingKeySource;
  readonly log: NodeLog;
  /** How the journal reaches the disk: another way only where a test stops it in between. */
  readonly sync?: Sync;
};

export type StartedNode = {
  readonly port: number;
  readonly node: SignerNode;
  stop(): Promise<void>;
};

const STOP_GRACE_MS = 3_000;

const now = () => instant(Date.now());
const random = (size: number) => new Uint8Array(randomBytes(size));

/** @throws StartRefused with the reason */
export async function startNode(config: NodeConfig, parts: StartParts): Promise<StartedNode> {
  const { party: me, committee, dataDir, limits, mode } = config;
  const shape = { threshold: committee.threshold, members: committee.members.length, mode };
  if (mode === 'availability') parts.log.warn(`mode ${mode}: ${priceText(shape)}`);
  await readAtStart(requirePrivateFolder(dataDir));
  const sealingKey = await readAtStart(parts.sealingKey());
  const secrets = { sealingKey, committee: committee.hash };
  const path = join(dataDir, 'journal/journal.log');
  const { journal, entries, torn } = await readAtStart(openJournal(path, secrets, me, parts.sync));
  if (torn > 0) parts.log.warn('journal tail cut', { torn });
  const place = { dataDir, sealingKey, committee: committee.hash, party: me };
  const store = await readAtStart(openStore(place, journal, entries));
  blindProducts(random);
  const derive = (name: string, path: string): DerivedKey => {
    const key = store.keys.get(name)?.record;
    if (key === undefined)
      throw new StartRefused(`a wallet is registered with the lost key ${name}`);
    return schemeOf(parts.protocols, key.scheme).derive(key.publicKey, key.chainCode, path);
  };
  const presignatures = new Presignatures(limits.presignatures);
  const { signing } = store.identity;
  const words = approvals(journal, entries, now, () => hex(random(8)));
  const logs = authority(journal, entries, { mode: config.trust, now });
  const party = {
    me,
    committee,
    mode,
    store,
    wallets: wallets(journal, entries, derive),
    guard: replayGuard(journal, entries, now),
    distrust: distrust(journal, entries, (id) => logs.find(id)?.head.sequence),
    presignatures,
    refill: refill({ me, committee, signing, presignatures, random, now }),
    protocols: parts.protocols,
    perform: parts.threads?.perform ?? performHere(parts.protocols, random),
    turnstile: new Turnstile(),
    random,
    now,
    making: new Set<string>(),
    readiness: readiness(journal, entries),
    approvals: words,
    standing: standing({ me, journal, entries, approvals: words }),
    exported: exportedKeys(journal, entries),
    authority: logs,
    prices: nodePrices(config.prices, now, (reason) => parts.log.warn('no prices', { reason })),
    screeners: config.screeners,
    spends: spends(journal, entries, shape),
  };
  const node = signerNode({
    party,
    journal,
    limits,
    log: parts.log,
    cosigning: cosigning({ me, signing, journal, entries, now }),
  });
  const server: RunningServer = await serveNode(config, node, parts.log);
  const desk = operatorDesk(party, { config, sealingKey }, parts.log);
  const operator = await openOperatorSocket(dataDir, desk, parts.log);
  parts.log.info('serving', { port: server.port });
  return {
    port: server.port,
    node,
    async stop() {
      await operator?.close();
      await server.stop(STOP_GRACE_MS);
      await journal.close();
    },
  };
}
