/** Removal of challenges that nobody can answer any more, and of counts of old refusals. */
import { DAY_MS, instant } from '#core/time.ts';
import { purgeCeremonies } from '#persistence/ceremony.ts';
import { transaction } from '#persistence/database.ts';
import { purgeRefusals } from '#persistence/refusal.ts';
import { purgeUserActions } from '#persistence/user-action.ts';
import type { IdentityServices } from './services.ts';

/** How long a challenge is kept after it expired, so that a late answer hears what was wrong. */
const KEEP_MS = DAY_MS;

/** Anybody may begin a login, or be refused, so these tables would grow without end. */
export async function removeOldChallenges(
  services: Pick<IdentityServices, 'db' | 'clock'>,
): Promise<void> {
  const before = instant(services.clock.now() - KEEP_MS);
  await transaction(services.db, async (tx) => {
    await purgeCeremonies(tx, before);
    await purgeUserActions(tx, before);
    await purgeRefusals(tx, before);
  });
}
