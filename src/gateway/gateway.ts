/** The gateway's parts, put together: everything that main.ts starts, and that a test starts too. */
import { type GraphQLSchema, NoSchemaIntrospectionCustomRule } from 'graphql';
import { PlatformError } from '#core/errors.ts';
import { authenticate } from '#identity/session.ts';
import { reader } from '#persistence/database.ts';
import { latestCursor, readEvents } from '#persistence/event.ts';
import { openEventListener } from '#persistence/event-listener.ts';
import { endedAmong } from '#persistence/session.ts';
import { buildPlatformSchema } from '#resolvers/schema.ts';
import type { Services } from '#workflow/services.ts';
import { createEventFeed, type ProcessFeed } from './event-feed.ts';
import { createExecutor } from './executor.ts';
import { createGraphqlHttp } from './graphql-http.ts';
import { bearerToken, type ContextParts, operationContext } from './operation-context.ts';
import type { Page } from './page.ts';
import { createRateLimit } from './rate-limit.ts';
import { type GatewayServer, startServer } from './server.ts';
import { createSockets, type Sockets } from './sockets.ts';

export type GatewayOptions = {
  readonly services: Services;
  readonly databaseUrl: string;
  readonly operatorToken: string;
  readonly page: Page;
  /** Pages that may open sockets, beside the one of the services' origin. */
  readonly consoleOrigin?: string;
  /** Whether the schema may be asked for: for development. */
  readonly introspection: boolean;
  readonly listen: { readonly port: number; readonly host: string };
  readonly initTimeoutMs?: number;
  readonly socketsPerAddressMax?: number;
  /** Sign-ins and registrations that one address may begin or complete at one moment. */
  readonly ceremoniesPerAddress?: number;
};

/** Enough for an office that begins to work: one sign-in counts twice, begun and completed. */
const CEREMONIES_PER_ADDRESS = 200;
/** The share of that number that a second brings back. */
const REFILL_PER_SECOND = 0.05;

let platformSchema: GraphQLSchema | undefined;

/** Building it takes a moment, and every gateway of a process has the same. */
const schemaOnce = (): GraphQLSchema => (platformSchema ??= buildPlatformSchema());

/** Resolves when it serves. */
export async function openGateway(options: GatewayOptions): Promise<GatewayServer> {
  const { services, operatorToken } = options;
  const { log } = services;
  const schema = schemaOnce();
  const feed = createEventFeed({
    latest: (organization) => latestCursor(reader(services.db), organization),
    read: (organization, after, limit) =>
      readEvents(reader(services.db), { organization, after, limit }),
  });
  const burst = options.ceremoniesPerAddress ?? CEREMONIES_PER_ADDRESS;
  const rate = { burst, perSecond: burst * REFILL_PER_SECOND };
  const ceremonies = createRateLimit(rate, () => performance.now());
  const parts = { services, feed, operatorToken, ceremonies };
  const sockets = openSockets(options, schema, parts);
  const listener = await listen(options, feed, sockets);
  const graphql = await createGraphqlHttp({
    schema,
    execute: createExecutor(schema),
    contextFor: ({ headers: { authorization }, socket: { remoteAddress: address } }) =>
      operationContext(parts, { authorization, address, fallBehind: () => undefined }),
    introspection: options.introspection,
    log,
  });
  const isReady = async (): Promise<boolean> =>
    reader(services.db)
      .execute('select 1')
      .then(
        () => true,
        () => false,
      );
  const server = await startServer(
    { graphql, sockets, page: options.page, isReady, log },
    options.listen,
  );
  return {
    port: server.port,
    async close() {
      await server.close();
      await listener.close();
    },
  };
}

function openSockets(options: GatewayOptions, schema: GraphQLSchema, parts: ContextParts): Sockets {
  const { services, consoleOrigin, initTimeoutMs, socketsPerAddressMax } = options;
  return createSockets({
    schema,
    rules: options.introspection ? [] : [NoSchemaIntrospectionCustomRule],
    contextFor: (socket) =>
      operationContext(parts, {
        authorization: socket.authorization,
        address: socket.request.socket.remoteAddress,
        fallBehind: () => socket.fallBehind(),
      }),
    async authenticate(authorization) {
      const token = bearerToken(authorization);
      if (token === undefined) throw new PlatformError('UNAUTHENTICATED');
      const { session, expiresAt } = await authenticate(services, token);
      return { id: session, expiresAt };
    },
    origins: new Set([services.origin, ...(consoleOrigin === undefined ? [] : [consoleOrigin])]),
    now: () => services.clock.now(),
    log: services.log,
    ...(initTimeoutMs === undefined ? {} : { initTimeoutMs }),
    ...(socketsPerAddressMax === undefined ? {} : { perAddressMax: socketsPerAddressMax }),
  });
}

/**
 * Notifications are fast but may be lost: the connection is cut, or the read that follows one fails.
 * So the gateway looks by itself too, this often, and what was the last event of all still arrives.
 */
const LOOK_MS = 2_000;

/** Events wake their followers, and an ended session ends its sockets, in every gateway process. */
async function listen(
  { services, databaseUrl }: GatewayOptions,
  feed: ProcessFeed,
  sockets: Sockets,
) {
  const { log } = services;
  const complain = (error: unknown): void => log.warn({ error }, 'the event stream is interrupted');
  const catchUp = async (): Promise<void> => {
    await feed.refresh();
    const open = sockets.openSessions();
    if (open.length === 0) return;
    for (const id of await endedAmong(reader(services.db), open)) {
      sockets.endSession(id, 'SESSION_REVOKED');
    }
  };
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= catchUp()
      .catch(complain)
      .finally(() => {
        looking = undefined;
      });
  };
  const listener = await openEventListener({
    url: databaseUrl,
    onEvent: (organization, cursor) => {
      feed.advance(organization, cursor).catch(complain);
    },
    onSessionEnded: (session) => sockets.endSession(session, 'SESSION_REVOKED'),
    onConnected: () => {
      catchUp().catch(complain);
    },
    onError: complain,
  });
  const timer = setInterval(look, LOOK_MS);
  return {
    async close(): Promise<void> {
      clearInterval(timer);
      await looking;
      await listener.close();
    },
  };
}
