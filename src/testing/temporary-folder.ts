/** A folder for one test, removed when the test ends. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { onTestFinished } from 'vitest';

/** Everybody may pass through it, as other users' programs must in some tests. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'countersign-test-'));
  fs.chmodSync(folder, 0o711);
  onTestFinished(() => {
    // A program that has just been killed may still be writing.
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  });
  return folder;
}
