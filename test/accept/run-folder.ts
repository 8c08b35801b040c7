/** The folder of one run, for whatever its processes keep; it goes with the run, or with the command. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export type RunFolder = { readonly path: string; readonly remove: () => void };

/** @param name of the run. Users of the nodes' own may enter the folder */
export function openRunFolder(name: string): RunFolder {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `countersign-accept-${name}-`));
  fs.chmodSync(folder, 0o755);
  const clear = (): void => fs.rmSync(folder, { recursive: true, force: true });
  // A command that is interrupted ends without the run's own end.
  process.once('exit', clear);
  return {
    path: folder,
    remove() {
      process.off('exit', clear);
      clear();
    },
  };
}
