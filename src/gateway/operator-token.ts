/** The secret that authorises the making of organisations, made once in the data folder. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'operator-token';
const TOKEN = /^[A-Za-z0-9_-]{32,}$/;

/** Whoever comes first makes it; only its owner can read it (0600). */
export function operatorToken(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, FILE);
  try {
    const fresh = randomBytes(32).toString('base64url');
    writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const token = readFileSync(file, 'utf8').trim();
  if (!TOKEN.test(token)) throw new Error(`${file} does not hold a token`);
  return token;
}
