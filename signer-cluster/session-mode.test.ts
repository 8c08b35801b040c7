import { expect, test } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import type { Mode } from '#mandate/quorum.ts';
import { committeeOf } from './committee.ts';
import { ANY_EPOCH, NO_REQUEST, type SessionSubject } from './hello.ts';
import { newIdentity } from './identity.ts';
import { Inbox } from './inbox.ts';
import type { Frame } from './proto/frames.ts';
import { type Session, type SessionParts, openSession } from './session.ts';

const identities = [newIdentity(), newIdentity()];
const committee = committeeOf(
  2,
  identities.map(({ signing, encryption }, index) => ({
    party: index + 1,
    identity: signing.publicKey,
    encryption: encryption.publicKey,
  })),
);
const subject: SessionSubject = {
  ...ANY_EPOCH,
  committee: committee.hash,
  purpose: 'presign',
  keyId: idOf('key'),
  organization: idOf('organization'),
  scheme: 'ecdsa-secp256k1',
  signers: [1, 2],
  request: NO_REQUEST,
};
const NONE = { pairs: { state: 'NONE' }, key: { state: 'NONE' } } as const;

/** Two nodes that open a session with each other. */
function opened(modes: readonly [Mode, Mode]): readonly Promise<Session>[] {
  const inboxes = [new Inbox(60_000), new Inbox(60_000)];
  return modes.map((mode, index) => {
    const parts = {
      me: index + 1,
      identity: identities[index],
      committee,
      mode,
      random: (size: number) => new Uint8Array(size).fill(index + 1),
      inbox: inboxes[index],
      send(frame: Frame) {
        if (frame.type !== 'post') return;
        const { envelope } = frame;
        inboxes[1 - index]?.push({ type: 'deliver', party: index + 1, envelope }, envelope.length);
      },
      standing: { tell: () => ({ own: { count: 1, head: '00'.repeat(32) } }) },
    } as unknown as SessionParts;
    return openSession(parts, subject, NONE);
  });
}

test('nodes of one mode open a session; of two modes each refuses the other', async () => {
  const sids = (await Promise.all(opened(['safety', 'safety']))).map(({ sid }) => sid);
  expect(new Set(sids).size).toBe(1);
  for (const session of opened(['safety', 'availability'])) {
    await expect(session).rejects.toMatchObject({
      code: 'SIGNERS_UNAVAILABLE',
      context: { reason: expect.stringContaining('MODES_DIFFER') },
    });
  }
});
