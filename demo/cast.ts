/** The people of the demo: each has a client and a passkey of their own, in software. */
import { SoftwareAuthenticator } from '#testing/authenticator.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { RoleName, Wallet } from '#sdk/types.ts';
import { WebSocket } from 'ws';

/** Where the platform is reached, and the origin that its people's passkeys are for. */
export type Place = { readonly url: string; readonly origin: string };

export type Person = { readonly name: string; readonly client: CountersignClient };

const email = (name: string): string => `${name.toLowerCase()}@acme.example`;

/** A person at a device of theirs, not signed in. */
export function personAt({ url, origin }: Place, name: string): Person {
  const client = new CountersignClient({
    url,
    origin,
    authenticator: new SoftwareAuthenticator({ origin }),
    webSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  return { name, client };
}

/** The administrator of a new organisation, registered with its one-time link. */
export async function foundAcme(place: Place, operatorToken: string): Promise<Person> {
  const ada = personAt(place, 'Ada');
  const founded = await ada.client.createOrganization(
    { name: 'Acme', adminName: ada.name, adminEmail: email(ada.name) },
    operatorToken,
  );
  await ada.client.register({ inviteToken: founded.inviteToken });
  return ada;
}

/**
 * Invited by the administrator, registered with the link, and signed out again. Once a second person
 * has authority over others, an appointment to it waits for somebody like that beside the administrator.
 */
export async function hire(
  place: Place,
  admin: Person,
  { name, role, approver }: { name: string; role: RoleName; approver?: Person },
): Promise<Person> {
  const person = personAt(place, name);
  const invitation = { name, email: email(name), roles: [role] };
  const { inviteToken, change } = await admin.client.inviteUser(invitation);
  if (approver !== undefined) await approveOf(approver, change.id);
  await person.client.register({ inviteToken });
  await person.client.logout();
  return person;
}

async function approveOf({ name, client }: Person, changeId: string): Promise<void> {
  await client.login();
  const { items } = await client.approvals({ state: 'OPEN' });
  const approval = items.find(({ change }) => change?.id === changeId);
  if (approval === undefined) throw new Error(`${name} is not asked about ${changeId}`);
  await client.decideApproval({ approvalId: approval.id, decision: 'APPROVE' }, approval);
  await client.logout();
}

/** The wallet when its key is there; the event stream says when to look again. */
export async function activeWallet({ client }: Person, created: Wallet): Promise<Wallet> {
  const events = client.events({ after: '0', types: ['WALLET_UPDATED'], walletId: created.id });
  try {
    for await (const _ of events) {
      const wallet = await client.wallet(created.id);
      if (wallet.state !== 'CREATING') return wallet;
    }
    return created;
  } finally {
    await events.return?.();
  }
}
