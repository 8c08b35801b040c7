/** One person's view of a transfer, as its stream tells it. */
import { isFinal } from '#core/transfer-state.ts';
import type { Transfer } from '#sdk/types.ts';
import type { Person } from './cast.ts';
import type { Narrator } from './narrator.ts';

/** Tells each state that the person sees, and resolves with the final one. */
export async function followTransfer({ name, client }: Person, id: string, say: Narrator) {
  const updates = client.transferUpdated(id);
  let state: Transfer['state'] | undefined;
  for await (const transfer of updates) {
    if (transfer.state !== state) say.tell(`${name.padEnd(6)} sees ${transfer.state}`);
    state = transfer.state;
    if (transfer.waiting) say.tell(`${name.padEnd(6)} reads: ${transfer.waiting.message}`);
    if (isFinal(transfer.state)) return { name, final: transfer };
  }
  throw new Error(`the stream of ${id} ended before the transfer did`);
}

/** The next item of a stream. */
export async function nextOf<Item>(stream: AsyncIterator<Item>): Promise<Item> {
  const { done, value } = await stream.next();
  if (done) throw new Error('the stream ended');
  return value;
}
