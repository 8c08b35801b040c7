/**
 * The first start makes "My organisation" and the link with which its administrator registers. The
 * link is good until it is used: it is kept in the data folder, for its owner only, and told again at
 * each start.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '#core/time.ts';
import { instant } from '#core/time.ts';
import { inviteLink, renewInvitation } from '#identity/invitation.ts';
import { createOrganization } from '#identity/organization.ts';
import type { IdentityServices } from '#identity/services.ts';
import { tokenHash } from '#identity/token.ts';
import { reader, transaction } from '#persistence/database.ts';
import { findInvitationByToken, moveInvitationEnd, User } from '#persistence/identity.ts';
import { lockFirstStart, Organization } from '#persistence/organization.ts';

const FILE = 'first-admin-invite';
const NAME = 'My organisation';
const ADMINISTRATOR = 'Administrator';
/** Good until it is used. */
const NEVER: Instant = instant(Date.UTC(9999, 0, 1));

/** The link, or undefined when it has been used or this installation was set up by somebody else. */
export async function firstAdministratorLink(
  services: IdentityServices,
  dataDir: string,
  operatorToken: string,
): Promise<string | undefined> {
  const file = join(dataDir, FILE);
  return transaction(services.db, async (tx) => {
    await lockFirstStart(tx);
    if (existsSync(file)) {
      const kept = readFileSync(file, 'utf8').trim();
      if (await isOpen(services, kept)) return inviteLink(services, kept);
      rmSync(file);
    }
    const token = await issue(services, operatorToken);
    if (token === undefined) return undefined;
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    return inviteLink(services, token);
  });
}

async function isOpen({ db, clock }: IdentityServices, token: string): Promise<boolean> {
  const hash = tokenHash(token);
  const invitation = hash && (await findInvitationByToken(reader(db), hash));
  return invitation?.usedAt === null && invitation.expiresAt > clock.now();
}

/** A token for the first administrator while there is nobody else yet. */
async function issue(services: IdentityServices, own: string): Promise<string | undefined> {
  const tx = reader(services.db);
  if ((await tx.count(Organization)) === 0) {
    const input = { name: NAME, adminName: ADMINISTRATOR };
    const { administrator } = await createOrganization(services, { own, sent: own }, input);
    return keep(services, administrator.token);
  }
  // A start that ended between the organisation and the file leaves one user, who is invited.
  const users = await tx.find(User, {}, { limit: 2 });
  const [first] = users;
  if (users.length !== 1 || first?.state !== 'invited') return undefined;
  return keep(services, (await renewInvitation(services, first)).token);
}

async function keep({ db }: IdentityServices, token: string): Promise<string> {
  const hash = tokenHash(token);
  const isKept = hash && (await moveInvitationEnd(reader(db), hash, NEVER));
  if (!isKept) throw new Error('a new invitation is open');
  return token;
}
