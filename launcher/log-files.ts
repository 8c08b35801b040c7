/** The children's logs: one file each, kept below a size while they are written to. */
import fs from 'node:fs';
import path from 'node:path';

const LIMIT_BYTES = 20 << 20;
const INTERVAL_MS = 30_000;

/**
 * Moves the content of each log that has grown past the limit to `NAME.log.old`, now and from time
 * to time. The children append to open files, so a file is emptied and never replaced.
 * @returns stops it
 */
export function boundLogs(folder: string, limitBytes = LIMIT_BYTES): () => void {
  const bound = () => {
    for (const name of fs.readdirSync(folder).filter((entry) => entry.endsWith('.log'))) {
      const file = path.join(folder, name);
      if (fs.statSync(file).size <= limitBytes) continue;
      fs.copyFileSync(file, `${file}.old`);
      fs.truncateSync(file);
    }
  };
  bound();
  const timer = setInterval(bound, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
