/**
 * A signer node: the product's agreement about spends, its quorum of approvers and its store of
 * presignatures, between a journal that survives a crash and a memory that does not.
 */
import { PlatformError } from '#core/errors.ts';
import { END } from '#mandate/known-spends.ts';
import { requireQuorum, type Shape } from '#mandate/quorum.ts';
import {
  type Confirmed,
  type Judge,
  type SpendAgreement,
  type Told,
  spendAgreement,
} from '#mandate/spend-agreement.ts';
import { quorumState } from '#policy-lang/approval-quorum.ts';
import { type Pool, Presignatures } from '#signer-cluster/presignatures.ts';
import type { Observer } from './observer.ts';
import { GROUPS, LIMIT, type Mandate, type PlantedBug, requirementOf } from './shapes.ts';
import { Process, type World } from './world.ts';

type Spent = { readonly id: string; readonly created: number; readonly mandate: Mandate };

/** A receipt names the bytes; only the node that gave it could have made it. */
export type Receipt = { readonly party: number; readonly digest: string };
export type Confirmation = Confirmed & { readonly digest: string };

export type SigningAsk = {
  readonly mandate: Mandate;
  readonly receipts: readonly Receipt[];
  readonly confirmations: readonly Confirmation[];
  readonly signers: readonly number[];
  readonly presignature: string;
};

export type NodeSetting = {
  readonly world: World;
  readonly shape: Shape;
  readonly observer: Observer;
  readonly planted: PlantedBug | undefined;
};

/** As far as a clock may be from the others'. */
const CLOCK_OFF_MAX_MS = 60_000;
const POOLS = { target: 1_000, batch: 1_000, total: 10_000, perSecond: 1_000 };

const refuse = (reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { reason });

export class SignerNode {
  readonly process: Process;
  readonly party: number;
  readonly #setting: NodeSetting;
  /** Survives a crash. */
  readonly #journal: Mandate[] = [];
  #agreement: SpendAgreement<Spent>;
  #digests = new Map<string, string>();
  #presignatures = new Presignatures(POOLS);

  constructor(party: number, setting: NodeSetting) {
    this.party = party;
    this.process = new Process(`signer-${party}`);
    this.#setting = setting;
    this.#agreement = spendAgreement(setting.shape);
  }

  /** After a crash: memory is made anew, from the journal. */
  start(): void {
    if (this.process.isUp) return;
    this.process.start();
    if (this.#setting.planted === 'a node forgets its journal') this.#journal.length = 0;
    this.#agreement = spendAgreement(this.#setting.shape);
    this.#digests = new Map();
    this.#presignatures = new Presignatures(POOLS);
    for (const mandate of this.#journal) this.#remember(mandate);
  }

  /** @throws EVIDENCE_REJECTED, SIGNERS_UNAVAILABLE */
  reserve(mandate: Mandate): Receipt {
    this.#verify(mandate);
    const { intent, digest } = mandate;
    const isNew = !this.#agreement.isKnown(intent.id);
    this.#agreement.record(spentOf(mandate), this.#judge(mandate));
    if (isNew) this.#write(mandate);
    return { party: this.party, digest };
  }

  /** Takes in what another node has in writing. */
  learn(mandate: Mandate): void {
    if (this.#agreement.isKnown(mandate.intent.id)) return;
    if (!isApproved(mandate)) return;
    this.#agreement.learn(spentOf(mandate));
    this.#write(mandate);
  }

  /** @throws EVIDENCE_REJECTED without a quorum of receipts */
  confirm({ digest, intent }: Mandate, receipts: readonly Receipt[]): Confirmation {
    requireQuorum(this.#setting.shape, partiesFor(digest, receipts), 'receipts');
    const { known, ids } = this.#agreement.confirm(intent.id, [END]);
    return { party: this.party, digest, known, ids };
  }

  /** What a liar says to it: that everybody knows exactly what it knows. */
  mirror(): Told {
    return this.#agreement.tell([END]);
  }

  /** The mandates behind what it knows. */
  spends(): readonly Mandate[] {
    return this.#journal;
  }

  addPresignature(signers: readonly number[], id: string): void {
    const secret = new Uint8Array(1);
    this.#presignatures.add(poolOf(signers), [{ id, secret, links: new Map() }]);
  }

  /** A share leaves. @throws EVIDENCE_REJECTED, SIGNERS_UNAVAILABLE */
  sign({ mandate, receipts, confirmations, signers, presignature }: SigningAsk): Receipt {
    const { observer, planted } = this.#setting;
    const { digest, intent } = mandate;
    this.#verify(mandate);
    if (planted === 'no q receipts') {
      this.reserve(mandate);
    } else {
      if (this.#agreement.find(intent.id) === undefined) throw refuse('not in writing here');
      const confirmed = confirmations.filter((each) => each.digest === digest);
      const recordedBy = partiesFor(digest, receipts);
      const agreed = { id: intent.id, recordedBy, confirmed };
      this.#agreement.requireAgreed(agreed, this.#judge(mandate));
    }
    const pool = poolOf(signers);
    if (planted === 'a presignature used twice') {
      observer.shareLeft(this.party, mandate, presignature);
      return { party: this.party, digest };
    }
    const reserved = this.#presignatures.reserve(pool, [presignature]);
    observer.shareLeft(this.party, mandate, presignature);
    this.#presignatures.burn(pool, reserved);
    if (planted === 'a spend released after a share left')
      this.#agreement.restore(intent.id, 'buried');
    return { party: this.party, digest };
  }

  /** @throws EVIDENCE_REJECTED, SIGNERS_UNAVAILABLE */
  #verify(mandate: Mandate): void {
    const { world, planted } = this.#setting;
    const { clockOffMs } = this.process;
    if (Math.abs(clockOffMs) > CLOCK_OFF_MAX_MS) {
      throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the clock is off' });
    }
    const { intent, digest } = mandate;
    if (planted !== 'a node does not re-check' && !isApproved(mandate)) throw refuse('no approval');
    if (intent.expires < world.now + clockOffMs) throw refuse('the intent has expired');
    const bound = this.#digests.get(intent.id);
    const isFree = planted === 'a new draft for an intent that may be signed';
    if (!isFree && bound !== undefined && bound !== digest) throw refuse('bound to other bytes');
  }

  #judge({ intent }: Mandate): Judge<Spent> {
    return (known) => {
      let units = known.has(intent.id) ? 0 : intent.units;
      for (const { mandate } of known.values()) {
        if (mandate.intent.wallet === intent.wallet) units += mandate.intent.units;
      }
      if (units > LIMIT) throw refuse('over the limit');
    };
  }

  #write(mandate: Mandate): void {
    this.#journal.push(mandate);
    this.#digests.set(mandate.intent.id, mandate.digest);
  }

  #remember(mandate: Mandate): void {
    this.#agreement.learn(spentOf(mandate));
    this.#digests.set(mandate.intent.id, mandate.digest);
  }
}

const spentOf = (mandate: Mandate): Spent => {
  const { id, created } = mandate.intent;
  return { id, created, mandate };
};

/** The approvals as a node counts them: by the same function as the gateway. */
export function isApproved({ intent, votes }: Mandate): boolean {
  const requirement = requirementOf(intent);
  if (requirement === undefined) return true;
  const { initiator } = intent;
  return quorumState({ requirement, groups: GROUPS, votes, initiator }).state === 'SATISFIED';
}

const partiesFor = (digest: string, receipts: readonly Receipt[]): readonly number[] =>
  receipts.filter((each) => each.digest === digest).map(({ party }) => party);

const poolOf = (signers: readonly number[]): Pool =>
  ({ keyId: 'key', keyEpoch: 1, epoch: 1, signers }) as Pool;
