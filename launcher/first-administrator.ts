/** The link with which the first administrator registers, for as long as nobody has used it. */
import fs from 'node:fs';
import path from 'node:path';

import { type Platform } from './platform.ts';

/** The gateway makes the invitation at the first start and keeps its token here until it is used. */
export const FIRST_INVITE_FILE = 'first-admin-invite';

export function firstAdministratorLink({
  dataDir,
  url,
}: Pick<Platform, 'dataDir' | 'url'>): string | undefined {
  const file = path.join(dataDir, FIRST_INVITE_FILE);
  if (!fs.existsSync(file)) return undefined;
  return `${url}/#invite=${fs.readFileSync(file, 'utf8').trim()}`;
}
