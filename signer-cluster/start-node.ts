/** Puts a node together from its configuration: opens what it keeps, and refuses to start otherwise. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { priceText, UNWITNESSED } from '#mandate/quorum.ts';
import { blindProducts } from '#signing/curve.ts';
import { approvals } from './approvals.ts';
import { authority } from './authority.ts';
import type { NodeConfig } from './config.ts';
import { cosignedIn, cosigning } from './cosigning.ts';
import { distrust } from './distrust.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Party } from './party.ts';
import { exportedKeys } from './exported-keys.ts';
import { handover } from './handover.ts';
import { recordPins, writeRecordFile } from './joining.ts';
import { type OpenedJournal, type Sync, openJournal } from './journal.ts';
import type { NodeLog } from './log.ts';
import { type SignerNode, signerNode } from './node.ts';
import { operatorDesk } from './operator-desk.ts';
import { openOperatorSocket, requirePrivateFolder } from './operator-socket.ts';
import { type Standpoint, standpointOf } from './pinned-record.ts';
import { Presignatures } from './presignatures.ts';
import { nodePrices } from './prices.ts';
import type { LogHead } from './proto/cosign-request.ts';
import { type DerivedKey, type Protocols, schemeOf } from './protocols.ts';
import { refill } from './refill.ts';
import { replayGuard } from './replay-guard.ts';
import type { SealingKeySource } from './sealing-key.ts';
import { StartRefused, readAtStart } from './sealing.ts';
import { type RunningServer, serveNode } from './server.ts';
import { spends } from './spends.ts';
import { setBacks } from './set-backs.ts';
import { type Store, openStore } from './store.ts';
import { standing } from './standing.ts';
import { starts } from './starts.ts';
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
  /** Its operator has pinned another record: it is to be stopped, and started again. */
  readonly onJoined?: () => void;
};

export type StartedNode = {
  readonly port: number;
  /** Which party of its record it is. */
  readonly party: PartyId;
  readonly node: SignerNode;
  stop(): Promise<void>;
};

const STOP_GRACE_MS = 3_000;

const now = () => instant(Date.now());
const random = (size: number) => new Uint8Array(randomBytes(size));

/** @throws StartRefused with the reason */
export async function startNode(config: NodeConfig, parts: StartParts): Promise<StartedNode> {
  const { party: origin, committee: home, dataDir, limits } = config;
  await readAtStart(requirePrivateFolder(dataDir));
  const sealingKey = await readAtStart(parts.sealingKey());
  const secrets = { sealingKey, committee: home.hash };
  const path = join(dataDir, 'journal/journal.log');
  const opening = openJournal(path, secrets, origin, parts.sync);
  const { journal, entries, torn } = await readAtStart(opening);
  if (torn > 0) parts.log.warn('journal tail cut', { torn });
  const standpoint = standpointOf(config, entries);
  if (standpoint === undefined) throw new StartRefused('this node has joined no committee yet');
  const place = { dataDir, sealingKey, committee: home.hash, party: origin };
  const store = await readAtStart(openStore(place, journal, entries));
  blindProducts(random);
  const { me, committee } = standpoint;
  const cosigned = cosignedIn(entries);
  const party = partyAt(standpoint, config, parts, { journal, entries, store, cosigned });
  const { signing } = store.identity;
  const node = signerNode({
    party,
    journal,
    limits,
    log: parts.log,
    cosigning: cosigning({ me, signing, journal, cosigned, starts: party.starts, now }),
  });
  const server: RunningServer = await serveNode({ ...config, party: me }, node, parts.log);
  const pinRecord = recordPins({
    config,
    journal,
    now: standpoint,
    log: parts.log,
    objection: () =>
      party.making.size > 0 ? 'a key is being made or replaced: try again' : undefined,
    isHandedOver: () => party.handover.isComplete,
    onJoined: parts.onJoined ?? (() => undefined),
  });
  const desk = operatorDesk(party, { source: { config, sealingKey }, join: pinRecord }, parts.log);
  const operator = await openOperatorSocket(dataDir, desk, parts.log);
  await writeRecordFile(dataDir, committee);
  parts.log.info('serving', { port: server.port });
  return {
    port: server.port,
    party: me,
    node,
    async stop() {
      await operator?.close();
      await server.stop(STOP_GRACE_MS);
      await journal.close();
    },
  };
}

type Opened = Pick<OpenedJournal, 'journal' | 'entries'> & {
  readonly store: Store;
  /** What it cosigned last of each audit log, by origin. */
  readonly cosigned: ReadonlyMap<string, LogHead>;
};

/** What all its sessions share, as its journal and its store have it. */
function partyAt(
  { me, committee, isRetired }: Standpoint,
  { limits, trust, prices, screeners, mode }: NodeConfig,
  parts: StartParts,
  { journal, entries, store, cosigned }: Opened,
): Party {
  const derive = (name: string, path: string): DerivedKey => {
    const key = store.keys.get(name)?.record;
    if (key === undefined)
      throw new StartRefused(`a wallet is registered with the lost key ${name}`);
    return schemeOf(parts.protocols, key.scheme).derive(key.publicKey, key.chainCode, path);
  };
  const presignatures = new Presignatures(limits.presignatures);
  const { signing } = store.identity;
  const words = approvals(journal, entries, now, () => hex(random(8)));
  const logs = authority(journal, entries, { mode: trust, now });
  const shape = { threshold: committee.threshold, members: committee.members.length, mode };
  if (mode === 'availability') parts.log.warn(`mode ${mode}: ${priceText(shape)}`);
  if (shape.threshold === shape.members) parts.log.warn(UNWITNESSED);
  const counted = spends(journal, entries, shape);
  const book = nodePrices(prices, now, (reason) => parts.log.warn('no prices', { reason }));
  const guard = replayGuard(journal, entries, now);
  const heard = { me, committee, entries, journal, spends: counted, authority: logs, now };
  const lost = setBacks({ committee: hex(committee.hash), journal, entries, authority: logs });
  const stand = standing({ me, journal, entries, approvals: words, setBacks: lost });
  const word = { approvals: words, cosigned };
  const begun = starts({ ...heard, ...word, own: hex(random(16)), mode, standing: stand });
  return {
    me,
    committee,
    mode,
    isRetired,
    handover: handover({ ...heard, guard, starts: begun, prices: book }),
    store,
    wallets: wallets(journal, entries, derive),
    guard,
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
    standing: stand,
    setBacks: lost,
    starts: begun,
    exported: exportedKeys(journal, entries),
    authority: logs,
    prices: book,
    screeners,
    spends: counted,
  };
}
