/**
 * What the signer's bundle begins with: its one file is the program, and each of its worker threads
 * (`npm run bundle-signer`).
 */
import { isMainThread } from 'node:worker_threads';

await (isMainThread ? import('./main.ts') : import('./thread.ts'));
