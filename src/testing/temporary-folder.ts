/** A folder for one test, removed when the test ends. */
import fs from 'node:fs';
import path from 'node:path';

import { inject, onTestFinished } from 'vitest';

import { removeFolder } from './run-folder.ts';

/** Everybody may pass through it, as other users' programs must in some tests. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(inject('testFolder'), 'test-'));
  fs.chmodSync(folder, 0o711);
  onTestFinished(() => removeFolder(folder));
  return folder;
}
