/**
 * The worker: takes each transfer one step further, from what the database says alone. It may die
 * anywhere; its next life looks again.
 */
import { isFinal } from '#core/transfer-state.ts';
import { needsConfirmation, quorumOf } from '#mandate/quorum.ts';
import { Chain } from './chain.ts';
import type { Confirmation, NodeSetting, Receipt, SignerNode } from './node.ts';
import type { Platform } from './platform.ts';
import { digestOf, type Mandate, type TransferRow } from './shapes.ts';
import { isRefusal, Process } from './world.ts';

const SWEEP_MS = 400;
const ATTEMPT_MS = 2_500;

/** One try to have a draft signed: what the nodes have answered so far. */
type Attempt = {
  readonly row: TransferRow;
  readonly mandate: Mandate;
  readonly signers: readonly SignerNode[];
  readonly presignature: string;
  readonly receipts: Map<number, Receipt>;
  readonly confirmations: Map<number, Confirmation>;
  readonly shares: Set<number>;
  isOver: boolean;
};

/** The process that asks the nodes' own words together, for whoever may see them: the adversary does. */
export type Overheard = { readonly receipts: Receipt[]; readonly confirmations: Confirmation[] };

export class Worker {
  readonly process = new Process('worker');
  readonly #setting: NodeSetting;
  readonly #platform: Platform;
  readonly #nodes: readonly SignerNode[];
  readonly #chain: Chain;
  readonly #rpc = new Process('rpc');
  readonly #overheard: Overheard;
  /** Transfers with an attempt under way in this life. */
  readonly #busy = new Map<string, Attempt>();
  #presignatures = 0;

  constructor(
    setting: NodeSetting,
    parts: {
      readonly platform: Platform;
      readonly nodes: readonly SignerNode[];
      readonly chain: Chain;
      readonly overheard: Overheard;
    },
  ) {
    this.#setting = setting;
    this.#platform = parts.platform;
    this.#nodes = parts.nodes;
    this.#chain = parts.chain;
    this.#overheard = parts.overheard;
  }

  start(): void {
    this.process.start();
    this.#busy.clear();
    this.#sweep();
  }

  /** Looks at every row that is not at its end. */
  #sweep(): void {
    if (this.#platform.database.isUp) {
      for (const row of this.#platform.rows.values()) if (!isFinal(row.state)) this.#advance(row);
    }
    this.#setting.world.later(this.process, SWEEP_MS, () => this.#sweep());
  }

  #advance(row: TransferRow): void {
    if (row.state === 'PENDING_APPROVAL') this.#expire(row);
    if (row.state === 'QUEUED') this.#draft(row);
    if (row.state === 'SIGNING') this.#sign(row);
    if (row.state === 'BROADCAST') this.#settle(row);
  }

  #expire(row: TransferRow): void {
    const now = this.#setting.world.now + this.process.clockOffMs;
    if (row.intent.expires < now) this.#platform.move(row, 'APPROVAL_EXPIRED');
  }

  #draft(row: TransferRow): void {
    const { id, wallet } = row.intent;
    const account = this.#platform.account(wallet);
    const isFree = account.holder === undefined || account.holder === id;
    if (!isFree && this.#setting.planted !== 'nonce reuse') return;
    account.holder = id;
    row.nonce = account.next;
    this.#platform.move(row, 'SIGNING_STARTED');
  }

  #sign(row: TransferRow): void {
    const { id } = row.intent;
    if (this.#busy.has(id) || row.nonce === undefined) return;
    const { world, shape, planted } = this.#setting;
    const { intent, nonce, votes } = row;
    const mandate: Mandate = { intent, nonce, votes, digest: digestOf(intent, nonce) };
    const signers = world.random.some(this.#nodes, shape.threshold);
    const isReused = planted === 'a presignature used twice';
    const presignature = `presignature ${isReused ? 0 : (this.#presignatures += 1)}`;
    for (const node of signers) {
      const parties = signers.map(({ party }) => party);
      if (node.process.isUp) node.addPresignature(parties, presignature);
    }
    const attempt: Attempt = {
      row,
      mandate,
      signers,
      presignature,
      receipts: new Map(),
      confirmations: new Map(),
      shares: new Set(),
      isOver: false,
    };
    this.#busy.set(id, attempt);
    world.later(this.process, ATTEMPT_MS, () => this.#giveUp(attempt));
    for (const node of this.#nodes) this.#reserve(attempt, node);
  }

  #giveUp(attempt: Attempt): void {
    if (attempt.isOver) return;
    this.#end(attempt);
    const { row } = attempt;
    if (this.#setting.planted === 'a new draft for an intent that may be signed') {
      row.nonce = (row.nonce ?? 0) + 1;
    }
  }

  #end(attempt: Attempt): void {
    attempt.isOver = true;
    this.#busy.delete(attempt.row.intent.id);
  }

  #reserve(attempt: Attempt, node: SignerNode): void {
    const { world, shape } = this.#setting;
    const { mandate, receipts } = attempt;
    world.ask(
      this.process,
      node.process,
      () => node.reserve(mandate),
      (answer) => {
        if (isRefusal(answer)) {
          if (answer.code === 'EVIDENCE_REJECTED') this.#fail(attempt);
          return;
        }
        if (attempt.isOver || receipts.has(node.party)) return;
        receipts.set(node.party, answer);
        this.#overheard.receipts.push(answer);
        if (receipts.size !== quorumOf(shape)) return;
        if (needsConfirmation(shape)) this.#confirmAll(attempt);
        else this.#signAll(attempt);
      },
    );
  }

  #confirmAll(attempt: Attempt): void {
    const { world, shape } = this.#setting;
    const { mandate, receipts, confirmations } = attempt;
    for (const node of this.#nodes.filter(({ party }) => receipts.has(party))) {
      world.ask(
        this.process,
        node.process,
        () => ({
          told: node.confirm(mandate, [...receipts.values()]),
          known: node.spends(),
        }),
        (answer) => {
          if (isRefusal(answer) || attempt.isOver || confirmations.has(node.party)) return;
          confirmations.set(node.party, answer.told);
          this.#overheard.confirmations.push(answer.told);
          // What one node knows and a signer does not is brought to it before it is asked to sign.
          const known = answer.known.slice();
          for (const signer of attempt.signers) {
            world.ask(
              this.process,
              signer.process,
              () => known.forEach((mandate) => signer.learn(mandate)),
              () => undefined,
            );
          }
          if (confirmations.size === quorumOf(shape)) this.#signAll(attempt);
        },
      );
    }
  }

  #signAll(attempt: Attempt): void {
    const { world, shape } = this.#setting;
    const { mandate, receipts, confirmations, signers, presignature, shares } = attempt;
    const asked = {
      mandate,
      receipts: [...receipts.values()],
      confirmations: [...confirmations.values()],
      signers: signers.map(({ party }) => party),
      presignature,
    };
    for (const node of signers) {
      world.ask(
        this.process,
        node.process,
        () => node.sign(asked),
        (answer) => {
          if (isRefusal(answer) || attempt.isOver) return;
          shares.add(node.party);
          if (shares.size === shape.threshold) this.#store(attempt);
        },
      );
    }
  }

  /** The signed bytes are stored before anything is sent. */
  #store(attempt: Attempt): void {
    this.#end(attempt);
    const { row, mandate } = attempt;
    if (!this.#platform.database.isUp || row.state !== 'SIGNING') return;
    row.signed = mandate.digest;
    this.#letGo(row, mandate.nonce + 1);
    this.#platform.move(row, 'SIGNED');
  }

  /** No other set of nodes, and no later try, would judge otherwise. */
  #fail(attempt: Attempt): void {
    if (attempt.isOver) return;
    this.#end(attempt);
    const { row } = attempt;
    if (!this.#platform.database.isUp || row.state !== 'SIGNING') return;
    this.#letGo(row, 0);
    // A corrupted node may still hold what a signature needs.
    row.mayStillBePaid = true;
    this.#platform.move(row, 'REFUSED_FOR_GOOD');
  }

  #letGo({ intent }: TransferRow, next: number): void {
    const account = this.#platform.account(intent.wallet);
    if (account.holder === intent.id) account.holder = undefined;
    account.next = Math.max(account.next, next);
  }

  /** Sends the stored bytes again and again, and asks until they lie deep enough. */
  #settle(row: TransferRow): void {
    const { world, planted } = this.#setting;
    const { signed, nonce } = row;
    if (signed === undefined || nonce === undefined) throw new Error('BROADCAST without its bytes');
    const depth = planted === 'confirmed without depth' ? 1 : Chain.DEPTH;
    const sent = { account: row.intent.wallet, nonce, digest: signed };
    world.ask(
      this.process,
      this.#rpc,
      () => this.#chain.submit(sent),
      () => undefined,
    );
    world.ask(
      this.process,
      this.#rpc,
      () => this.#chain.confirmations(signed),
      (answer) => {
        if (isRefusal(answer) || answer < depth || !this.#platform.database.isUp) return;
        this.#platform.move(row, 'CONFIRMED_ON_CHAIN');
      },
    );
  }
}
