/** What a worker thread does with what it is asked: one answer to each step, and nothing kept after the last. */
import { type Protocol, ProtocolAbort, type Random } from '#signing/kernel.ts';
import type { Protocols } from './protocols.ts';
import { type Step, protocolOf } from './tasks.ts';
import { type Answer, type Order, eraseSecrets } from './thread-messages.ts';

type Running = { readonly protocol: Protocol<unknown>; readonly taken: unknown };

/**
 * Takes orders. What a task takes is the thread's own from here on, and is overwritten when the task is
 * over; so is what it made, once `answer` has returned.
 */
export function serveTasks(
  protocols: Protocols,
  random: Random,
  answer: (answer: Answer) => void,
): (order: Order) => void {
  const running = new Map<number, Running>();

  function stepOf(order: Exclude<Order, { type: 'end' }>): Step<unknown> {
    if (order.type === 'begin') {
      const { id, name, taken } = order;
      const protocol: Protocol<unknown> = protocolOf(protocols, random, name, taken);
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

  return (order) => {
    const { id } = order;
    if (order.type === 'end') return end(id);
    try {
      const step = stepOf(order);
      answer({ type: 'step', id, step });
      if (step.done !== true) return;
      eraseSecrets(step.value);
    } catch (error) {
      if (error instanceof ProtocolAbort) {
        const { kind, check, culprits } = error;
        answer({ type: 'abort', id, kind, check, culprits });
      } else answer({ type: 'failure', id, error });
    }
    end(id);
  };
}
