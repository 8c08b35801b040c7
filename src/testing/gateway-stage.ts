/**
 * The workflow's stage behind the real gateway: HTTP, WebSocket, PostgreSQL, a local chain. People
 * act through the SDK.
 */
import { startWorker } from '#workflow/run-jobs.ts';
import { openGateway } from '#gateway/gateway.ts';
import { openPage } from '#gateway/page.ts';
import type { Authenticator } from '#sdk/authenticator.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { ChangeRequest, InviteUserInput, RoleName, Session } from '#sdk/types.ts';
import { SoftwareAuthenticator } from './authenticator.ts';
import { openWorkflowStage } from './workflow-stage.ts';

export const OPERATOR_TOKEN = 'the-operator-token-of-this-test-platform';

/** A person at a device of their own. */
export type Visitor = {
  readonly client: CountersignClient;
  readonly authenticator: SoftwareAuthenticator;
  readonly session: Session;
};

/** The first of these people who is asked about the change approves of it. */
async function approveAs(people: readonly Visitor[], { id }: ChangeRequest): Promise<void> {
  for (const { client } of people) {
    const { items } = await client.approvals({ state: 'OPEN' });
    const approval = items.find(
      ({ change, viewerMayDecide }) => change?.id === id && viewerMayDecide,
    );
    if (approval === undefined) continue;
    await client.decideApproval({ approvalId: approval.id, decision: 'APPROVE' }, approval);
    return;
  }
  throw new Error(`nobody here is asked about ${id}`);
}

export type GatewayStage = Awaited<ReturnType<typeof openGatewayStage>>;

export async function openGatewayStage(options: { readonly worker?: boolean } = {}) {
  const stage = await openWorkflowStage();
  const { services } = stage;
  const gateway = await openGateway({
    services,
    databaseUrl: stage.database.url,
    operatorToken: OPERATOR_TOKEN,
    page: openPage(),
    introspection: true,
    listen: { port: 0, host: '127.0.0.1' },
  });
  const worker = options.worker ? await startWorker(services, stage.queue) : undefined;
  const url = `http://127.0.0.1:${gateway.port}`;
  const clients: CountersignClient[] = [];
  /** Who joined each organisation, in that order. */
  const joined = new Map<string, readonly Visitor[]>();

  function visit(authenticator = new SoftwareAuthenticator({ origin: services.origin })) {
    const client = new CountersignClient({ url, origin: services.origin, authenticator });
    clients.push(client);
    return { client, authenticator };
  }

  async function register(inviteToken: string): Promise<Visitor> {
    const visitor = visit();
    return { ...visitor, session: await visitor.client.register({ inviteToken }) };
  }

  return {
    ...stage,
    gateway,
    url,
    visit,
    register,
    /** An organisation with its administrator, who is signed in. */
    async found(name = 'Acme'): Promise<Visitor> {
      const input = { name, adminName: 'Ada' };
      const { inviteToken } = await visit().client.createOrganization(input, OPERATOR_TOKEN);
      return register(inviteToken);
    },
    /** The same person, whose browser makes new passkeys on another device than it signs with. */
    async withAnotherDevice({ authenticator: own, session }: Visitor) {
      const { origin } = services;
      const other = new SoftwareAuthenticator({ origin });
      const authenticator: Authenticator = {
        create: (options) => other.create(options),
        get: (options) => own.get(options),
      };
      const client = new CountersignClient({ url, origin, authenticator });
      clients.push(client);
      await client.resume(session.sessionToken);
      return { client, other };
    },
    /** A colleague, invited and registered; somebody who came before approves where it takes two. */
    async join(admin: Visitor, name: string, ...roles: RoleName[]): Promise<Visitor> {
      const email = `${name.toLowerCase()}@acme.example`;
      const input: InviteUserInput = { name, email, roles };
      const { inviteToken, change } = await admin.client.inviteUser(input);
      const { id } = admin.session.viewer.organization;
      const before = joined.get(id) ?? [];
      if (change.state === 'PENDING_APPROVAL') await approveAs(before, change);
      const visitor = await register(inviteToken);
      joined.set(id, [...before, visitor]);
      return visitor;
    },
    async close(): Promise<void> {
      for (const client of clients) client.close();
      await worker?.stop();
      await gateway.close();
      await stage.close();
    },
  };
}
