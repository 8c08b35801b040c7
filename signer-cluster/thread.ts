/**
 * A worker thread of a node. It computes, and does nothing else: it sees no disk, no peer and no
 * verdict. What it says goes to the node's own thread, which decides what leaves the node.
 */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Bytes } from '#core/bytes.ts';
import { blindProducts } from '#signing/curve.ts';
import { PROTOCOLS } from './schemes.ts';
import { serveTasks } from './serve-tasks.ts';
import { send } from './thread-messages.ts';

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));

if (parentPort === null) throw new Error('this file is a worker thread, not a program');
const node = parentPort;
blindProducts(random);
node.on(
  'message',
  serveTasks(PROTOCOLS, random, (answer) => send(node, answer)),
);
send(node, { type: 'ready' });
