/**
 * A worker thread of a node. It computes, and does nothing else: it sees no disk, no peer and no
 * verdict. What it says goes to the node's own thread, which decides what leaves the node.
 */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Bytes } from '#core/bytes.ts';
import { blindProducts } from '#signing/curve.ts';
import { type Protocol, ProtocolAbort } from '#signing/kernel.ts';
import { PROTOCOLS } from './schemes.ts';
import { type Step, protocolOf } from './tasks.ts';
import { type Order, eraseSecrets, send } from './thread-messages.ts';

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));

type Running = { readonly protocol: Protocol<unknown>; readonly taken: unknown };

if (parentPort === null) throw new Error('this file is a worker thread, not a program');
const node = parentPort;
const running = new Map<number, Running>();

function stepOf(order: Exclude<Order, { type: 'end' }>): Step<unknown> {
  if (order.type === 'begin') {
    const { id, name, taken } = order;
    const protocol: Protocol<unknown> = protocolOf(PROTOCOLS, random, name, taken);
    running.set(id, { protocol, taken });
    return protocol.next();
  }
  const task = running.get(order.id);
  if (task === undefined) throw new Error('a task goes on that has not begun, or is over');
  return task.protocol.next(order.incoming);
}

function end(id: number): void {
  eraseSecrets(running.get(id)?.taken);
  running.delete(id);
}

node.on('message', (order: Order) => {
  const { id } = order;
  if (order.type === 'end') return end(id);
  try {
    const step = stepOf(order);
    send(node, { type: 'step', id, step });
    if (step.done !== true) return;
    eraseSecrets(step.value);
  } catch (error) {
    if (error instanceof ProtocolAbort) {
      const { kind, check, culprits } = error;
      send(node, { type: 'abort', id, kind, check, culprits });
    } else send(node, { type: 'failure', id, error });
  }
  end(id);
});

blindProducts(random);
send(node, { type: 'ready' });
