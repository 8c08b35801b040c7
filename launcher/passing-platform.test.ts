/** The demo's own platform, as the demo starts and leaves it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { temporaryFolder } from '#testing/temporary-folder.ts';
import { expect, onTestFinished, test } from 'vitest';

import { CHECKOUT, programArguments } from './programs.ts';

test('Ctrl-C while the demo starts its platform leaves no process and no folder', async () => {
  const temporary = path.join(temporaryFolder(), 'tmp');
  fs.mkdirSync(temporary, { mode: 0o711 });
  const demo = spawn(process.execPath, programArguments('demo/demo.ts'), {
    cwd: CHECKOUT,
    env: {
      PATH: process.env['PATH'],
      TMPDIR: temporary,
      DATA_DIR: path.join(temporary, 'nothing-runs-here'),
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void demo.kill('SIGKILL'));
  const ended = once(demo, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: demo.stdout })) {
    lines.push(line);
    if (!line.includes('local chain')) continue;
    // The chain runs, and the rest does not yet.
    expect(fs.readdirSync(temporary)).toEqual([expect.stringMatching(/^countersign-demo-/)]);
    demo.kill('SIGINT');
  }
  expect(await ended).toEqual([130, null]);
  expect(fs.readdirSync(temporary)).toEqual([]);
  expect(lines.join('\n')).not.toContain('gateway and worker');
});
