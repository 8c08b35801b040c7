/**
 * A protocol of all parties in one process, without a network: what a party computes, and what it
 * sends.
 */
import type { Incoming, Outgoing, PartyId, Protocol, Received } from '#signing/kernel.ts';
import { cpuOf } from './cpu.ts';

export type InProcessRun<T> = {
  readonly outputs: ReadonlyMap<PartyId, T>;
  /** CPU of one party, the mean over all of them. */
  readonly cpuMs: number;
  /** By round: bytes of the messages of one party to one peer. */
  readonly messageBytes: readonly number[];
};

const receivedFrom = (sent: Outgoing, to: PartyId): Received => {
  const direct = sent.direct?.get(to);
  return {
    ...(sent.broadcast === undefined ? {} : { broadcast: sent.broadcast }),
    ...(direct === undefined ? {} : { direct }),
  };
};

function deliver(sent: ReadonlyMap<PartyId, Outgoing>, to: PartyId): Incoming {
  const others = [...sent].filter(([from]) => from !== to);
  return new Map(others.map(([from, outgoing]) => [from, receivedFrom(outgoing, to)]));
}

const bytesOf = ({ broadcast, direct }: Received): number =>
  (broadcast?.length ?? 0) + (direct?.length ?? 0);

/** Runs one session to its outputs. @throws ProtocolAbort */
export function runInProcess<T>(
  parties: readonly PartyId[],
  start: (me: PartyId) => Protocol<T>,
): InProcessRun<T> {
  const running = new Map(parties.map((party) => [party, start(party)]));
  const outputs = new Map<PartyId, T>();
  const messageBytes: number[] = [];
  let sent: ReadonlyMap<PartyId, Outgoing> | undefined;
  let total = 0;
  while (outputs.size < parties.length) {
    const next = new Map<PartyId, Outgoing>();
    for (const [party, protocol] of running) {
      const incoming = sent === undefined ? undefined : deliver(sent, party);
      const { value: step, cpuMs } = cpuOf(() =>
        incoming === undefined ? protocol.next() : protocol.next(incoming),
      );
      total += cpuMs;
      if (step.done === true) outputs.set(party, step.value);
      else next.set(party, step.value);
    }
    const [first, second] = parties as [PartyId, PartyId];
    const message = next.get(first);
    if (message !== undefined) messageBytes.push(bytesOf(receivedFrom(message, second)));
    sent = next;
  }
  return { outputs, cpuMs: total / parties.length, messageBytes };
}
