/** A corrupted node binds an intent to nothing: it signs it as often, and as what, it is asked. */
import { type ReplayGuard, replayGuard as genuine } from '#signer-cluster/replay-guard.ts';

export type { ReplayGuard };

const forgets = (): void => undefined;

export const replayGuard: typeof genuine = (...parts) => ({
  ...genuine(...parts),
  requireSameBytes: forgets,
  bind: forgets,
  learn: forgets,
  requireSameNetwork: forgets,
  requireSetUpLeft: forgets,
  recordSigning: () => Promise.resolve(),
});
