/**
 * The signer cluster over the links to its nodes. It holds no key and no authority; what it releases, it
 * has verified against the key that the nodes named.
 */
import type { Signature } from '#chains/adapter.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import type { PlatformError } from '#core/errors.ts';
import type { Cut } from '#mandate/known-spends.ts';
import type { Mode, Shape } from '#mandate/quorum.ts';
import type { KeyId } from '#core/ids.ts';
import type { CosignAnswer, CosignRequest } from '#signer-cluster/proto/cosign-request.ts';
import { RECORD_FILE } from '#signer-cluster/proto/record-fields.ts';
import type { Refusal } from '#signer-cluster/proto/frames.ts';
import type { PresignRequest } from '#signer-cluster/proto/open-request.ts';
import type { Health } from '#signer-cluster/proto/service.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Agreement, NO_AGREEMENT, agreeOn } from './agreement.ts';
import { attendAll } from './attendance.ts';
import { type AuthorityLog, type BroughtAuthority, bringAuthority } from './bring-authority.ts';
import { Choice } from './choice.ts';
import { KeyCeremonies } from './key-ceremonies.ts';
import { Lanes } from './lanes.ts';
import { handedOver } from './hand-over.ts';
import type { SignerLink } from './link.ts';
import { type NodeMap, openLinks } from './links.ts';
import { errorOf, rejectionOf, releasable, unavailable, worstOf } from './outcome.ts';
import { PresignatureBook } from './presignature-book.ts';
import { type Placement, askPlacement, isMisplaced } from './placement.ts';
import { registerWallet } from './register-wallet.ts';
import { type RelayEnd, type RelayTimeouts, relaySession } from './relay.ts';
import { releaseSpend } from './release-spend.ts';
import { mandateFields, payloadsOf } from './request.ts';
import { askOver, isDue, isStartDue, standUp, stood } from './stand-up.ts';
import type {
  AgreeRequest,
  NodeHealth,
  RegisteredWallet,
  ReleaseRequest,
  SignRequest,
  Signed,
  SignerCluster,
  WalletRequest,
} from './signer-cluster.ts';

/** Structured lines, in pino's order of arguments. */
export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
};

export type ClusterTimeouts = {
  readonly health: number;
  readonly sign: RelayTimeouts;
  readonly createKey: RelayTimeouts;
  /** How long a node that failed is tried last. */
  readonly suspicionMs: number;
};

const DEFAULT_TIMEOUTS: ClusterTimeouts = {
  health: 2_000,
  sign: { openMs: 5_000, stepMs: 10_000 },
  createKey: { openMs: 10_000, stepMs: 30_000 },
  suspicionMs: 30_000,
};

/** More would only make each other late: a node computes as many rounds at a time as it has threads. */
const SIGNINGS_AT_ONCE = 16;

const UNVERIFIED = `there is no ${RECORD_FILE} beside the certificates: no wallet gets an address`;

/** @throws Error when a certificate cannot be read or the rendezvous cannot be bound */
export async function connectCluster(p: NodeMap & { readonly log: Log }): Promise<SignerCluster> {
  const { links, close, keys } = await openLinks(p, (fields, message) =>
    p.log.warn(fields, message),
  );
  if (keys === undefined) p.log.warn({ folder: p.tls }, UNVERIFIED);
  const cluster = attendedCluster(links, p.log);
  return {
    ...cluster,
    nodeKeys: () => keys,
    close() {
      cluster.close();
      close();
    },
  };
}

/** A cluster whose nodes fill their pools of presignatures through this worker. */
export function attendedCluster(
  links: readonly SignerLink[],
  log: Log,
  timeouts: ClusterTimeouts = DEFAULT_TIMEOUTS,
): SignerCluster {
  const cluster = new Cluster(links, log, timeouts);
  const attendance = attendAll(links, (request) => void cluster.presign(request));
  return facade(cluster, links, () => attendance.close());
}

/** The same over any links, and without pools; tests put a lossy or lying link in between. */
export function clusterOver(
  links: readonly SignerLink[],
  log: Log,
  timeouts: ClusterTimeouts = DEFAULT_TIMEOUTS,
): SignerCluster {
  return facade(new Cluster(links, log, timeouts), links, () => undefined);
}

function facade(
  cluster: Cluster,
  links: readonly SignerLink[],
  beforeClose: () => void,
): SignerCluster {
  return {
    createKey: (request) => cluster.keys.createKey(request),
    refreshKey: (request) => cluster.keys.refreshKey(request),
    reshareKey: (request) => cluster.keys.reshareKey(request),
    importKey: (request) => cluster.keys.importKey(request),
    exportKey: (request) => cluster.keys.exportKey(request),
    registerWallet: (request) => cluster.registerWallet(request),
    bringAuthority: (log) => cluster.bringAuthority(log),
    agree: (request) => cluster.agree(request),
    release: (request) => cluster.release(request),
    sign: (request) => cluster.sign(request),
    health: () => cluster.health(),
    committee: () => cluster.committee(),
    nodeKeys: () => undefined,
    cosign: (party, request) => cluster.cosign(party, request),
    close() {
      beforeClose();
      for (const link of links) link.close();
    },
  };
}

class Cluster {
  readonly #links: readonly SignerLink[];
  readonly #retired: readonly SignerLink[];
  readonly #log: Log;
  readonly #timeouts: ClusterTimeouts;
  /** Until when a node is tried last. */
  readonly #suspects = new Map<PartyId, number>();
  readonly keys: KeyCeremonies;
  readonly #lanes = new Lanes(SIGNINGS_AT_ONCE);
  readonly #book = new PresignatureBook();
  /** Of keys that are not where the committee's keys are. */
  readonly #placements = new Map<KeyId, Placement>();
  /** Where the newest spends of a key's organisation begin, as far as a node has told. */
  readonly #recents = new Map<KeyId, Cut>();
  /** What the nodes are being told of each other's starts. */
  #standing: Promise<void> | undefined;
  #known: Shape | undefined;
  #turn = 0;

  constructor(links: readonly SignerLink[], log: Log, timeouts: ClusterTimeouts) {
    const present = links.filter(({ isRetired }) => isRetired !== true);
    this.#links = present.toSorted((a, b) => a.party - b.party);
    this.#retired = links.filter(({ isRetired }) => isRetired === true);
    this.#log = log;
    this.#timeouts = timeouts;
    this.keys = new KeyCeremonies({
      links: this.#links,
      retired: this.#retired,
      timeouts: timeouts.createKey,
      holdersOf: async (keyId) => (await this.#place(keyId))?.holders,
      stand: () => this.#standUp(),
      note: (end, signers) => this.#note(end, signers),
    });
  }

  async registerWallet(request: WalletRequest): Promise<RegisteredWallet> {
    const { keyId } = request;
    return registerWallet(request, {
      links: this.#linksTo(this.#placements.get(keyId)?.holders),
      timeouts: this.#timeouts.createKey,
      note: (end, parties) => this.#note(end, parties),
      place: async () => {
        const placement = await this.#place(keyId);
        return placement && this.#linksTo(placement.holders);
      },
      isStood: (end) => this.#isStood(end),
    });
  }

  bringAuthority(log: AuthorityLog): Promise<BroughtAuthority> {
    const { sign: timeouts } = this.#timeouts;
    const nodes = { links: this.#links, former: this.#retired, timeouts };
    return bringAuthority({ ...nodes, stand: () => this.#standUp() }, log);
  }

  async agree({ keyId, mandate, authority, mandatesOf }: AgreeRequest): Promise<Agreement> {
    const nodes = { links: this.#links, shape: await this.#shape(), timeouts: this.#timeouts.sign };
    const question = {
      keyId,
      mandate: mandateFields(mandate),
      intent: hex(sha256(utf8(mandate.intent))),
      digests: payloadsOf(mandate).map(({ digest }) => hex(digest)),
      authority,
      mandatesOf: async (intents: readonly string[]) =>
        (await mandatesOf(intents)).map(mandateFields),
      cuts: {
        read: () => [this.#recents.get(keyId) ?? []].flat(),
        keep: (cut: Cut) => this.#recents.set(keyId, cut),
      },
    };
    const stand = () => this.#standUp();
    const standLater = () => this.#standUpLater();
    const asked = { ...nodes, former: this.#retired, stand, standLater };
    const agreed = stood(() => handedOver(() => agreeOn(asked, question), asked), stand);
    agreed.catch(() => (this.#known = undefined));
    return agreed;
  }

  async release({ keyId, mandate }: ReleaseRequest): Promise<boolean> {
    const nodes = { links: this.#links, shape: await this.#shape(), timeouts: this.#timeouts.sign };
    const { intent, initiator } = mandateFields(mandate);
    const hash = hex(sha256(utf8(intent)));
    await this.#standUp();
    return releaseSpend(nodes, { keyId, mandate: { intent, initiator }, intent: hash });
  }

  sign(request: SignRequest): Promise<Signed> {
    return this.#lanes.run(() => this.#sign(request));
  }

  async #sign(request: SignRequest): Promise<Signed> {
    const { keyId, agreement = NO_AGREEMENT } = request;
    const mandate = mandateFields(request.mandate);
    const payloads = payloadsOf(request.mandate);
    let placement = this.#placements.get(keyId);
    let size = placement?.threshold ?? (await this.#signersNeeded());
    let isPlaced = false;
    const rejections = new Map<PartyId, Refusal>();
    const failures: PlatformError[] = [];
    let isPooled = true;
    let isStood = false;
    this.#turn += 1;
    const choice = new Choice(this.#turn, (party) => this.#isSuspect(party));
    for (;;) {
      const parties = this.#linksTo(placement?.holders).map(({ party }) => party);
      const signers = choice.next(parties, size);
      if (signers === undefined) break;
      const presignatures = isPooled ? this.#book.take(keyId, signers, payloads.length) : [];
      let released: readonly Signature[] | undefined;
      const end = await relaySession({
        links: this.#links.filter(({ party }) => signers.includes(party)),
        open: { purpose: 'sign', keyId, signers, mandate, ...agreement, presignatures },
        timeouts: this.#timeouts.sign,
        accepts(results, keys) {
          released = releasable(results, keys, signers, payloads);
          return released !== undefined;
        },
      });
      if (end.kind === 'done') return { signers, signatures: released ?? [] };
      this.#note(end, signers);
      if (presignatures.length > 0) this.#book.forget(keyId, signers);
      if (!isStood && (await this.#isStood(end))) {
        isStood = true;
        choice.forget(signers);
        continue;
      }
      if (presignatures.length > 0 && isUnavailable(end)) {
        // A node lost its pool in a restart: the same nodes can sign without one.
        isPooled = false;
        choice.forget(signers);
        continue;
      }
      if (!isPlaced && isMisplaced(end)) {
        // A reshare has given the key to others: ask once where it is, and begin anew.
        isPlaced = true;
        placement = await this.#place(keyId);
        if (placement !== undefined) {
          size = placement.threshold;
          choice.begin();
          continue;
        }
      }
      choice.failed(signers, {
        refusing: end.kind === 'refused' ? end.refusals.keys() : [],
        silent: end.kind === 'lost' ? end.silent : [],
      });
      for (const [party, refusal] of end.kind === 'refused' ? end.refusals : []) {
        if (refusal.code === 'EVIDENCE_REJECTED') rejections.set(party, refusal);
        // The committee may have another threshold or mode than the nodes that were asked said.
        else this.#known = undefined;
      }
      if (rejections.size >= size) throw rejectionOf([...rejections.values()]);
      const refusals = end.kind === 'refused' ? [...end.refusals.values()] : [];
      failures.push(
        refusals.length > 0
          ? errorOf('sign', refusals)
          : unavailable(end.kind === 'lost' ? end.reason : 'no verdict'),
      );
    }
    throw worstOf(failures);
  }

  /** Has the nodes that want it fill their pool. What they made is worth nothing to anybody else. */
  async presign(request: PresignRequest): Promise<void> {
    const { keyId, signers } = request;
    const links = this.#links.filter(({ party }) => signers.includes(party));
    const end = await relaySession({
      links,
      open: request,
      timeouts: this.#timeouts.sign,
      accepts: (results) => results.size === links.length,
    });
    if (end.kind === 'done') {
      const lists = [...end.results.values()].map(({ presignatures }) => presignatures);
      this.#book.put(keyId, signers, lists);
      return;
    }
    this.#note(end, signers);
    // The node asks again by itself.
    await this.#isStood(end);
  }

  async health(): Promise<readonly NodeHealth[]> {
    return Promise.all(
      this.#links.map(async (link) => {
        const { party, address } = link;
        try {
          const { presignatures, ...own } = await link.health(this.#timeouts.health);
          const { ok, detail, isStanding } = own;
          if (ok) this.#suspects.delete(party);
          if (ok && !isStanding) this.#standUpLater();
          return { party, address, ok, isStanding, detail, presignatures };
        } catch (error) {
          return { party, address, ok: false, detail: (error as Error).message };
        }
      }),
    );
  }

  async #place(keyId: KeyId): Promise<Placement | undefined> {
    const placement = await askPlacement(this.#links, keyId, this.#timeouts.sign);
    if (placement === undefined) this.#placements.delete(keyId);
    else this.#placements.set(keyId, placement);
    return placement;
  }

  #linksTo(holders: readonly PartyId[] | undefined): readonly SignerLink[] {
    if (holders === undefined) return this.#links;
    return this.#links.filter(({ party }) => holders.includes(party));
  }

  /** The threshold, as most of the nodes that answer state it; they refuse any other number. */
  async committee(): Promise<{ parties: readonly PartyId[]; threshold: number; mode?: Mode }> {
    const parties = this.#links.map(({ party }) => party);
    const { threshold, mode } = await this.#shape();
    return { parties, threshold, ...(mode === undefined ? {} : { mode }) };
  }

  async cosign(party: PartyId, request: CosignRequest): Promise<CosignAnswer> {
    const link = this.#links.find((one) => one.party === party);
    if (link === undefined) throw unavailable(`no party ${party}`);
    const ask = async (): Promise<CosignAnswer> => {
      try {
        return await link.cosign(request, this.#timeouts.health);
      } catch (cause) {
        throw unavailable(cause instanceof Error ? cause.message : 'no answer');
      }
    };
    const answer = await ask();
    if (answer.kind !== 'failed' || !isDue(answer.reason)) return answer;
    await this.#standUp();
    return ask();
  }

  async #signersNeeded(): Promise<number> {
    return (await this.#shape()).threshold;
  }

  async #shape(): Promise<Shape> {
    if (this.#known !== undefined) return this.#known;
    const asked = this.#links.map((link) => link.health(this.#timeouts.health));
    const answers = (await Promise.allSettled(asked)).flatMap((answer) =>
      answer.status === 'fulfilled' ? [answer.value] : [],
    );
    const stated = mostCommon(answers);
    if (stated === undefined) throw unavailable('no node answers');
    const shape = { ...stated, members: this.#links.length };
    if (answers.length >= stated.threshold) this.#known = shape;
    return shape;
  }

  /** Whether it ended because a node has started, and the nodes have heard of that now. */
  async #isStood(end: RelayEnd): Promise<boolean> {
    if (end.kind !== 'refused' || !isStartDue(end.refusals.values())) return false;
    await this.#standUp();
    return true;
  }

  /** Has the nodes tell each other of their starts; whoever asks meanwhile waits for the same. */
  #standUp(): Promise<void> {
    const links = [...this.#links, ...this.#retired];
    const parties = links.map(({ party }) => party);
    this.#standing ??= standUp(parties, askOver(links, this.#timeouts.sign)).finally(
      () => (this.#standing = undefined),
    );
    return this.#standing;
  }

  /** For whoever does not wait for it: the next question finds the nodes ready, or asks again. */
  #standUpLater(): void {
    this.#standUp().catch((error: unknown) =>
      this.#log.warn({ reason: (error as Error).message }, 'signer nodes do not stand'),
    );
  }

  #isSuspect(party: PartyId): boolean {
    return (this.#suspects.get(party) ?? 0) > performance.now();
  }

  #note(end: Exclude<RelayEnd, { kind: 'done' }>, signers: readonly PartyId[]): void {
    if (end.kind === 'lost') {
      const untilMs = performance.now() + this.#timeouts.suspicionMs;
      for (const party of end.parties) this.#suspects.set(party, untilMs);
      const { parties, reason } = end;
      this.#log.warn({ signers, parties, reason }, 'signer nodes lost');
      return;
    }
    for (const [party, { code, reason, field, parties: culprits }] of end.refusals) {
      const fields = { signers, party, code, reason, field, culprits };
      this.#log.warn(fields, 'signer node refused');
    }
  }
}

const isUnavailable = (end: RelayEnd): boolean =>
  end.kind === 'refused' &&
  [...end.refusals.values()].every(({ code }) => code === 'SIGNERS_UNAVAILABLE');

function mostCommon(answers: readonly Health[]): Omit<Shape, 'members'> | undefined {
  const votes = Map.groupBy(answers, ({ threshold, mode }) => `${threshold} ${mode}`);
  const [most] = [...votes.values()].toSorted((a, b) => b.length - a.length);
  return most?.[0] && { threshold: most[0].threshold, mode: most[0].mode };
}
