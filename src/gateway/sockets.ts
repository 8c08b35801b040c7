/**
 * GraphQL over WebSocket (`graphql-transport-ws`, the protocol of graphql-ws). A socket belongs to
 * the session that opened it: when the session ends, the socket is closed at once.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  validate,
  type ValidationRule,
  specifiedRules,
} from 'graphql';
import {
  CloseCode,
  type Context,
  handleProtocols,
  makeServer,
  type SubscribePayload,
} from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { SessionId } from '#core/ids.ts';
import { CLOSE_FORBIDDEN, CLOSE_SLOW_CONSUMER, CLOSE_TOO_MANY_SOCKETS } from './close-codes.ts';
import { parseWithinLimits } from './document-limits.ts';
import { BODY_MAX_BYTES } from './http-body.ts';
import { type FaultLog, presentError } from './present-error.ts';
import { callerOf } from './rate-limit.ts';

export const GRAPHQL_PATH = '/graphql';

/** Operations that one socket may have under way. */
export const SUBSCRIPTIONS_MAX = 20;
/** Sockets that one address may have open; many people may stand behind one. */
const SOCKETS_PER_ADDRESS_MAX = 200;
const INIT_TIMEOUT_MS = 3_000;
const PING_INTERVAL_MS = 15_000;
/** What one socket may leave unread: far more than the largest answer. */
const UNREAD_MAX_BYTES = 8 * BODY_MAX_BYTES;
/** How long a peer may take to answer a close frame before the connection is cut. */
const CLOSE_GRACE_MS = 10_000;
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The session behind a token, as far as a socket must know it. */
export type SocketSession = { readonly id: SessionId; readonly expiresAt: number };

/** What an operation knows of the socket that it runs on. */
export type SocketHandle = {
  /** The value of `connectionParams.authorization`, if one was given. */
  readonly authorization: string | undefined;
  readonly request: IncomingMessage;
  /** Closes the socket with 4490. */
  fallBehind(): void;
};

export type SocketsOptions = {
  readonly schema: GraphQLSchema;
  /** Rules beside graphql-js's own. */
  readonly rules: readonly ValidationRule[];
  readonly contextFor: (socket: SocketHandle, requestId: string) => object;
  /** @throws UNAUTHENTICATED, SESSION_EXPIRED or SESSION_REVOKED */
  readonly authenticate: (authorization: string) => Promise<SocketSession>;
  /** The origins of pages that may open a socket. A client that sends none is no browser. */
  readonly origins: ReadonlySet<string>;
  readonly now: () => number;
  readonly log: FaultLog;
  /** How long a client may take to send `connection_init`, and one without a session to ask. */
  readonly initTimeoutMs?: number;
  /** Sockets that one remote address may have open. */
  readonly perAddressMax?: number;
};

export type Sockets = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket of the session with 4403; `reason` is an error code. */
  endSession(session: SessionId, reason: string): void;
  /** The sessions that have open sockets. */
  openSessions(): readonly SessionId[];
  close(): Promise<void>;
};

/** One open socket and the session that it belongs to, once it has said so. */
class Connection implements SocketHandle {
  readonly #socket: WebSocket;
  readonly request: IncomingMessage;
  authorization: string | undefined;
  session: SocketSession | undefined;
  isAlive = true;
  /** Whether an operation was begun since the last look at it. */
  hasAsked = false;
  #idle: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.#socket = socket;
    this.request = request;
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  belongTo(session: SocketSession, now: number): void {
    this.session = session;
    const remainingMs = Math.min(Math.max(0, session.expiresAt - now), TIMER_MAX_MS);
    this.#expiry = setTimeout(() => this.close(CLOSE_FORBIDDEN, 'SESSION_EXPIRED'), remainingMs);
  }

  /** A socket without a session is closed where nothing runs on it, nor did since the last look. */
  endWhenIdle(isBusy: () => boolean, lookMs: number): void {
    this.#idle = setInterval(() => {
      if (!this.hasAsked && !isBusy()) this.close(CloseCode.Unauthorized, 'UNAUTHENTICATED');
      this.hasAsked = false;
    }, lookMs);
  }

  fallBehind(): void {
    this.close(CLOSE_SLOW_CONSUMER, 'Slow consumer: resume from your cursor');
  }

  /** Says goodbye, and cuts the connection of a peer that does not answer. */
  close(code: number, reason: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.close(code, reason);
    this.#grace = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
  }

  /** Resolves when the message has left: the sender of the next one waits for a slow reader. */
  send(text: string): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) return resolve();
      if (socket.bufferedAmount > UNREAD_MAX_BYTES) this.fallBehind();
      else socket.send(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  release(): void {
    clearInterval(this.#idle);
    clearTimeout(this.#expiry);
    clearTimeout(this.#grace);
  }
}

type Extra = { readonly connection: Connection };
type SocketContext = Context<Record<string, unknown> | undefined, Extra>;

/** Hooks of graphql-ws: who may connect, what may run, and how errors read. */
function createProtocol(options: SocketsOptions) {
  const { schema, log } = options;
  const rules = [...specifiedRules, ...options.rules];
  const initTimeoutMs = options.initTimeoutMs ?? INIT_TIMEOUT_MS;

  async function connect(context: SocketContext): Promise<boolean> {
    const { connection } = context.extra;
    const authorization = context.connectionParams?.['authorization'];
    if (authorization === undefined) {
      const isBusy = () => Object.keys(context.subscriptions).length > 0;
      connection.endWhenIdle(isBusy, initTimeoutMs);
      return true;
    }
    if (typeof authorization !== 'string') return false;
    try {
      connection.belongTo(await options.authenticate(authorization), options.now());
      connection.authorization = authorization;
      return true;
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      connection.close(CLOSE_FORBIDDEN, error.code);
      return false;
    }
  }

  function prepare(
    context: SocketContext,
    payload: SubscribePayload,
  ): ExecutionArgs | readonly GraphQLError[] {
    context.extra.connection.hasAsked = true;
    if (Object.keys(context.subscriptions).length > SUBSCRIPTIONS_MAX) {
      const reason = `more than ${SUBSCRIPTIONS_MAX} operations on one socket`;
      return [asGraphql(new PlatformError('RATE_LIMITED', { reason }))];
    }
    try {
      const document = parseWithinLimits(payload.query);
      const faults = validate(schema, document, rules);
      if (faults.length > 0)
        return faults.map((fault) => coded(fault, 'GRAPHQL_VALIDATION_FAILED'));
      return {
        schema,
        document,
        operationName: payload.operationName,
        variableValues: payload.variables,
        contextValue: options.contextFor(context.extra.connection, randomUUID()),
      };
    } catch (error) {
      return [
        error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : asGraphql(error),
      ];
    }
  }

  const present = (error: GraphQLError) => presentError(error, randomUUID(), log);

  return makeServer<Record<string, unknown> | undefined, Extra>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: connect,
    onSubscribe: (context, _id, payload) => prepare(context, payload),
    onNext: (_context, _id, _payload, _args, result: ExecutionResult) =>
      result.errors === undefined ? undefined : { ...result, errors: result.errors.map(present) },
    onError: (_context, _id, _payload, errors) => errors.map((error) => present(error)),
  });
}

const asGraphql = (error: unknown): GraphQLError =>
  new GraphQLError('refused', { originalError: error as Error });

const coded = (error: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    originalError: error.originalError,
    extensions: { ...error.extensions, code },
  });

/**
 * Node has taken its own listeners off a socket that asks for an upgrade. Without one of ours a reset
 * by the peer would end the process, and a peer that stays would keep the connection for ever.
 */
function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Lets the protocol speak over the connection, until the socket is closed. */
function attach(
  protocol: ReturnType<typeof createProtocol>,
  connection: Connection,
  log: FaultLog,
): void {
  const { socket } = connection;
  const complain = (error: unknown): void => void presentError(error, randomUUID(), log);
  socket.on('pong', () => {
    connection.isAlive = true;
  });
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => connection.send(text),
      close: (code, reason) => connection.close(code ?? 1000, reason ?? ''),
      onMessage: (receive) => {
        socket.on('message', (bytes: Buffer) => {
          receive(bytes.toString('utf8')).catch((error: unknown) => {
            complain(error);
            connection.close(CloseCode.InternalServerError, 'Internal server error');
          });
        });
      },
    },
    { connection },
  );
  socket.once('close', (code, reason) => {
    closed(code, reason.toString('utf8')).catch(complain);
  });
}

export function createSockets(options: SocketsOptions): Sockets {
  const { perAddressMax = SOCKETS_PER_ADDRESS_MAX } = options;
  const protocol = createProtocol(options);
  const connections = new Set<Connection>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: BODY_MAX_BYTES,
    handleProtocols,
  });

  const heartbeat = setInterval(() => {
    for (const connection of connections) {
      if (!connection.isAlive) connection.socket.terminate();
      connection.isAlive = false;
      connection.socket.ping();
    }
  }, PING_INTERVAL_MS);
  heartbeat.unref();

  function open(socket: WebSocket, request: IncomingMessage): void {
    const connection = new Connection(socket, request);
    connections.add(connection);
    // Bad frames and resets: ws closes the socket itself, and `close` follows.
    socket.on('error', () => connection.close(CloseCode.BadRequest, 'Bad frame'));
    socket.once('close', () => {
      connections.delete(connection);
      connection.release();
    });
    const caller = callerOf(request.socket.remoteAddress);
    const same = [...connections].filter(
      (other) => callerOf(other.request.socket.remoteAddress) === caller,
    );
    if (same.length > perAddressMax) connection.close(CLOSE_TOO_MANY_SOCKETS, 'RATE_LIMITED');
    else attach(protocol, connection, options.log);
  }

  return {
    upgrade(request, socket, head) {
      const { origin } = request.headers;
      if (request.url?.split('?')[0] !== GRAPHQL_PATH) refuseUpgrade(socket, '404 Not Found');
      else if (origin !== undefined && !options.origins.has(origin)) {
        refuseUpgrade(socket, '403 Forbidden');
      } else server.handleUpgrade(request, socket, head, (opened) => open(opened, request));
    },
    endSession(session, reason) {
      for (const connection of connections) {
        if (connection.session?.id === session) connection.close(CLOSE_FORBIDDEN, reason);
      }
    },
    openSessions: () => [...new Set([...connections].flatMap(({ session }) => session?.id ?? []))],
    async close() {
      clearInterval(heartbeat);
      const gone = [...connections].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const connection of connections) connection.close(1001, 'Going away');
      const patience = setTimeout(() => {
        for (const { socket } of connections) socket.terminate();
      }, 1_000);
      await Promise.all(gone);
      clearTimeout(patience);
    },
  };
}
