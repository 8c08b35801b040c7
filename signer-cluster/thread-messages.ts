/**
 * What a node's own thread and its worker threads say to each other. Bytes move: the sender keeps its
 * own, the receiver gets a copy of exactly these, and no third copy lies anywhere in between.
 */
import type { AbortClass, Incoming, PartyId } from '#signing/kernel.ts';
import { SECRET_FIELDS, type Step, type TaskName, type Tasks } from './tasks.ts';

/** To a thread. Tasks are numbered by who asks. */
export type Order =
  | Begin<TaskName>
  | { readonly type: 'goOn'; readonly id: number; readonly incoming: Incoming }
  /** Whoever asked wants no more of it. */
  | { readonly type: 'end'; readonly id: number };

export type Begin<N extends TaskName> = {
  readonly type: 'begin';
  readonly id: number;
  readonly name: N;
  readonly taken: Tasks[N]['takes'];
};

/** From a thread: once that it is there, and then one answer to each `begin` and `goOn`. */
export type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly id: number; readonly step: Step<unknown> }
  | {
      readonly type: 'abort';
      readonly id: number;
      readonly kind: AbortClass;
      readonly check: string;
      readonly culprits: readonly PartyId[];
    }
  /** A bug: the task is over, the thread is not. */
  | { readonly type: 'failure'; readonly id: number; readonly error: unknown };

type Port = { postMessage(message: unknown, moved: readonly ArrayBuffer[]): void };

export function send(port: Port, message: Order | Answer): void {
  const moved: ArrayBuffer[] = [];
  port.postMessage(copyOf(message, moved), moved);
}

/**
 * A copy whose bytes have buffers of their own, which it adds to `moved`: a view would otherwise take
 * along all that lies beside it.
 */
export function copyOf(value: unknown, moved: ArrayBuffer[]): unknown {
  if (value instanceof Uint8Array) {
    const bytes = new Uint8Array(value);
    moved.push(bytes.buffer);
    return bytes;
  }
  if (value instanceof Map) {
    return new Map([...value].map(([key, one]) => [key, copyOf(one, moved)]));
  }
  if (Array.isArray(value)) return value.map((one) => copyOf(one, moved));
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copyOf(one, moved)]));
}

/** Overwrites the secrets of what a task took or made. */
export function eraseSecrets(fields: unknown): void {
  const named = new Map(Object.entries(fields ?? {}));
  for (const field of SECRET_FIELDS) {
    const secret: unknown = named.get(field);
    const all: readonly unknown[] = secret instanceof Map ? [...secret.values()] : [secret];
    for (const bytes of all) if (bytes instanceof Uint8Array) bytes.fill(0);
  }
}
