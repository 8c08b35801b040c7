import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { processCpuOf } from './process-cpu.ts';

test.skipIf(!existsSync('/proc/self/stat'))(
  'work is counted, once for the process and once for its first thread',
  () => {
    const before = processCpuOf([process.pid]);
    const used = process.cpuUsage();
    while (process.cpuUsage(used).user < 100_000) continue;
    const after = processCpuOf([process.pid]);
    if (before === undefined || after === undefined) throw new Error('Linux tells');
    expect(after.allMs - before.allMs).toBeGreaterThan(0);
    expect(after.firstThreadMs).toBeGreaterThanOrEqual(before.firstThreadMs);
    expect(after.firstThreadMs).toBeLessThanOrEqual(after.allMs);
  },
);
