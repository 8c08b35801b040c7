/** `node block-hashes.ts SEED RUNS BLOCK`: Node's version, then the hashes of `blockHashes`. */
import { blockHashes } from './bytes.ts';

const [seed = 0, runs = 0, block = 1] = process.argv.slice(2).map(Number);
console.log(process.version);
for (const hash of blockHashes(seed, runs, block)) console.log(hash);
