/** Files that cannot be used any more are renamed, so that a person can still look at them. */
import fs from 'node:fs';

/** @returns the new name */
export function putAside(file: string): string {
  const name = `${file}.unreadable-${fs.statSync(file).mtime.toISOString()}`;
  fs.renameSync(file, name);
  return name;
}
