/**
 * A whole session in one process, under one seed: every party's generator, a network that delivers in
 * an order drawn from the seed, and faults that a test asks for. The same seed gives the same run, and
 * every complaint of the simulator names it.
 */
import { hash } from 'node:crypto';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import {
  type Outgoing,
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  type Received,
} from './kernel.ts';
import { type Layout, placeOf } from './wire.ts';

/** One round's messages of one party to one other: what a real link carries in one envelope. */
export type Envelope = {
  readonly round: number;
  readonly from: PartyId;
  readonly to: PartyId;
  readonly received: Received;
};

export type Faults = {
  /** What is delivered in place of an envelope: nothing (dropped), one, or several (repeated). */
  readonly tamper?: (envelope: Envelope) => readonly Received[];
  /** Whether a party dies before it sends its messages of this round. */
  readonly crash?: (party: PartyId, round: number) => boolean;
};

export type Outcome<T> =
  | { readonly kind: 'output'; readonly output: T }
  | { readonly kind: 'abort'; readonly abort: ProtocolAbort; readonly round: number }
  | { readonly kind: 'crashed' };

export type Run<T> = {
  readonly seed: string;
  readonly outcomes: ReadonlyMap<PartyId, Outcome<T>>;
  /** Everything that was put on the network, before faults, in order. */
  readonly sent: readonly Envelope[];
};

/** A stream of bytes that depends on its seed only: SHA-512 in counter mode. */
export function seededRandom(seed: string): Random {
  let pool: Bytes = new Uint8Array(0);
  let counter = 0;
  return (size) => {
    while (pool.length < size) {
      pool = concat(pool, hash('sha512', utf8(`${seed}/${counter++}`), 'buffer'));
    }
    const taken = Uint8Array.from(pool.subarray(0, size));
    pool = pool.subarray(size);
    return taken;
  };
}

/** A number below `bound`, near enough to uniform for choosing an order. */
const below = (random: Random, bound: number): number =>
  new DataView(random(4).buffer).getUint32(0) % bound;

type Machine<T> = {
  readonly party: PartyId;
  readonly protocol: Protocol<T>;
  round: number;
  readonly inbox: Map<number, Map<PartyId, Received>>;
  outcome?: Outcome<T>;
};

class Simulation<T> {
  readonly sent: Envelope[] = [];
  readonly machines: ReadonlyMap<PartyId, Machine<T>>;
  private readonly pending: Envelope[] = [];
  private readonly order: Random;
  private readonly seed: string;
  private readonly faults: Faults;

  constructor(
    seed: string,
    parties: readonly PartyId[],
    start: (me: PartyId, random: Random) => Protocol<T>,
    faults: Faults,
  ) {
    this.seed = seed;
    this.faults = faults;
    this.order = seededRandom(`${seed}/network`);
    this.machines = new Map(
      parties.map((party) => [
        party,
        {
          party,
          protocol: start(party, seededRandom(`${seed}/party/${party}`)),
          round: -1,
          inbox: new Map(),
        },
      ]),
    );
  }

  run(): void {
    for (const machine of this.machines.values()) this.step(machine, () => machine.protocol.next());
    for (;;) {
      while (this.pending.length > 0) this.deliverOne();
      const waiting = [...this.machines.values()].filter((machine) => !machine.outcome);
      if (waiting.length === 0) return;
      for (const machine of waiting) {
        const missing = this.missingFor(machine);
        const timeout = new ProtocolAbort('benign', 'PEER_MISSING', missing);
        this.step(machine, () => machine.protocol.throw(timeout));
      }
    }
  }

  private peersOf(party: PartyId): readonly PartyId[] {
    return [...this.machines.keys()].filter((other) => other !== party);
  }

  private missingFor(machine: Machine<T>): readonly PartyId[] {
    const here = machine.inbox.get(machine.round);
    return this.peersOf(machine.party).filter((peer) => here?.has(peer) !== true);
  }

  private deliverOne(): void {
    const at = below(this.order, this.pending.length);
    const [envelope] = this.pending.splice(at, 1) as [Envelope];
    const machine = this.machines.get(envelope.to) as Machine<T>;
    const round = machine.inbox.get(envelope.round) ?? new Map<PartyId, Received>();
    machine.inbox.set(envelope.round, round);
    // A repeated envelope changes nothing: the first one of a round and sender counts.
    if (!round.has(envelope.from)) round.set(envelope.from, envelope.received);
    while (!machine.outcome && this.missingFor(machine).length === 0) {
      const incoming = machine.inbox.get(machine.round) as Map<PartyId, Received>;
      this.step(machine, () => machine.protocol.next(incoming));
    }
  }

  /** Resumes a party and puts what it sends on the network, or notes how it ended. */
  private step(machine: Machine<T>, resume: () => IteratorResult<Outgoing, T>): void {
    try {
      const result = resume();
      if (result.done === true) {
        machine.outcome = { kind: 'output', output: result.value };
        return;
      }
      machine.round += 1;
      if (this.faults.crash?.(machine.party, machine.round) === true) {
        machine.outcome = { kind: 'crashed' };
        return;
      }
      this.send(machine, result.value);
    } catch (error) {
      if (!(error instanceof ProtocolAbort)) {
        const where = `party ${machine.party}, round ${machine.round}, seed ${this.seed}`;
        throw new Error(`a protocol failed without an abort: ${where}`, { cause: error });
      }
      machine.outcome = { kind: 'abort', abort: error, round: machine.round };
    }
  }

  private send(machine: Machine<T>, outgoing: Outgoing): void {
    for (const to of this.peersOf(machine.party)) {
      const direct = outgoing.direct?.get(to);
      const received: Received = {
        ...(outgoing.broadcast === undefined ? {} : { broadcast: outgoing.broadcast }),
        ...(direct === undefined ? {} : { direct }),
      };
      const envelope = { round: machine.round, from: machine.party, to, received };
      this.sent.push(envelope);
      for (const copy of this.faults.tamper?.(envelope) ?? [received]) {
        this.pending.push({ ...envelope, received: copy });
      }
    }
  }
}

/**
 * Runs one session of all parties to its end. A party that waits for somebody who has aborted, died or
 * been cut off gets what a node's deadline gives it: a benign abort that names the silent peers.
 * @throws Error with the seed when a party ends in anything but an output or a ProtocolAbort
 */
export function simulate<T>(p: {
  readonly seed: string;
  readonly parties: readonly PartyId[];
  readonly start: (me: PartyId, random: Random) => Protocol<T>;
  readonly faults?: Faults;
}): Run<T> {
  const simulation = new Simulation(p.seed, p.parties, p.start, p.faults ?? {});
  simulation.run();
  const outcomes = new Map(
    [...simulation.machines].map(([party, machine]) => [party, machine.outcome as Outcome<T>]),
  );
  return { seed: p.seed, outcomes, sent: simulation.sent };
}

/** Every party's output. @throws Error with the seed and each abort when a party has none */
export function outputsOf<T>(run: Run<T>): ReadonlyMap<PartyId, T> {
  const outputs = new Map<PartyId, T>();
  const failures: string[] = [];
  for (const [party, outcome] of run.outcomes) {
    if (outcome.kind === 'output') outputs.set(party, outcome.output);
    else if (outcome.kind === 'abort') failures.push(`${party}: ${outcome.abort.message}`);
    else failures.push(`${party}: crashed`);
  }
  if (failures.length > 0) throw new Error(`seed ${run.seed}: ${failures.join('; ')}`);
  return outputs;
}

/**
 * A party that says again what it said in an earlier run, whatever it hears, and then stops: an
 * attacker's place-holder that costs no computation. The session is the same where the seed is.
 */
export function* replay(run: Run<unknown>, party: PartyId): Protocol<never> {
  const own = run.sent.filter((one) => one.from === party);
  const rounds = Math.max(...own.map((one) => one.round)) + 1;
  for (let round = 0; round < rounds; round++) {
    const messages = own.filter((one) => one.round === round);
    const broadcast = messages[0]?.received.broadcast;
    yield {
      ...(broadcast === undefined ? {} : { broadcast }),
      direct: new Map(
        messages.flatMap(({ to, received }) =>
          received.direct === undefined ? [] : [[to, received.direct] as const],
        ),
      ),
    };
  }
  throw new ProtocolAbort('benign', 'STOPPED');
}

/** How a party ended, in one line: `output`, `crashed`, or the abort's class, check and culprits. */
export function endOf(run: Run<unknown>, party: PartyId): string {
  const outcome = run.outcomes.get(party);
  if (outcome?.kind !== 'abort') return outcome?.kind ?? 'absent';
  const { kind, check, culprits } = outcome.abort;
  return [kind, check, ...culprits].join(' ');
}

/** A body with one field replaced; every other byte stays. */
export function alterField(
  layout: Layout,
  name: string,
  body: Bytes,
  alter: (field: Bytes) => Bytes,
): Bytes {
  const { start, end } = placeOf(layout, name);
  return concat(body.subarray(0, start), alter(body.slice(start, end)), body.subarray(end));
}

/** The same bytes with one bit turned. */
export function flipBit(bytes: Bytes, bit = 0): Bytes {
  const flipped = Uint8Array.from(bytes);
  const at = bit >> 3;
  flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
  return flipped;
}
