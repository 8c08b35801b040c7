/**
 * What the organisation forgives of what its nodes have fallen out over, beside their operators: each ban by the
 * change that names it (`readmitNode`), and an invalid signature of nobody in particular by a later unlocking of
 * the key (`unlockKey`). Docs/adr/0034.
 */
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { nodeSubject } from '#mandate/authority/nodes.ts';
import type { PartyId } from '#signing/kernel.ts';
import { authorityOf } from './authority.ts';
import type { Ban, Circle, Quarantine } from './distrust.ts';
import { unlockOf } from './key-order.ts';
import type { Party } from './party.ts';
import type { KeyRecord } from './store.ts';

type Forgiving = Pick<Party, 'me' | 'committee' | 'distrust' | 'authority'>;

/** As people name it in the change, and the operator sees it. */
export const banInput = (
  { me, committee }: Pick<Party, 'me' | 'committee'>,
  { peer, epoch, sid }: Ban,
) => ({
  committee: hex(committee.hash),
  party: peer,
  bans: [{ by: me, epoch, session: sid }],
});

/** Whether a change names this ban, later than it fell. @throws SIGNERS_UNAVAILABLE */
export function isReadmitted(
  party: Pick<Party, 'me' | 'committee' | 'authority'>,
  { organization, peer, epoch, sid, authority = 0 }: Ban,
): boolean {
  const subject = nodeSubject({ committee: hex(party.committee.hash), party: peer });
  const named = authorityOf(party, organization).nodes.get(subject)?.readmitted ?? [];
  return named.some(
    (ban) =>
      ban.by === party.me && ban.epoch === epoch && ban.session === sid && ban.sequence > authority,
  );
}

/**
 * What a refresh by these may leave behind, where operators let these peers back in.
 * @throws KEY_LOCKED for a ban that the organisation has not named, SIGNERS_UNAVAILABLE
 */
export function pardonedBy(
  party: Forgiving,
  key: KeyRecord,
  circle: Circle,
  peers: readonly PartyId[],
): ReadonlySet<Ban | Quarantine> {
  const unlocked = unlockOf(party, key);
  const fallen = party.distrust.against(circle, peers, party.me);
  return new Set(
    fallen.filter((verdict) => {
      if (verdict.kind === 'quarantine') return (verdict.authority ?? 0) < unlocked;
      if (isReadmitted(party, verdict)) return true;
      throw notReadmitted(verdict);
    }),
  );
}

const notReadmitted = ({ peer, epoch, sid }: Ban): PlatformError =>
  new PlatformError('KEY_LOCKED', {
    reason:
      `party ${peer} is banned here since session ${sid.slice(0, 8)} of epoch ${epoch}, and the organisation's log ` +
      'has no readmitNode for it: two of its people sign one with what "countersign signer status" shows ' +
      '(NOT_READMITTED)',
    parties: [String(peer)],
  });
