/** The one port: GraphQL, health, and the static page. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphqlHttp } from './graphql-http.ts';
import type { Page } from './page.ts';
import { type FaultLog, presentError } from './present-error.ts';
import { GRAPHQL_PATH, type Sockets } from './sockets.ts';

export type ServerOptions = {
  readonly graphql: GraphqlHttp;
  readonly sockets: Sockets;
  readonly page: Page;
  /** Whether requests can be served now: the database answers. */
  readonly isReady: () => Promise<boolean>;
  /** How long that answer may take: one that does not come is a no. */
  readonly readyTimeoutMs?: number;
  readonly log: FaultLog;
};

export type GatewayServer = {
  readonly port: number;
  /** Stops accepting, lets requests end, closes every socket. */
  close(): Promise<void>;
};

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Longer than clients and proxies keep an idle connection: where the server closes first, a request
 * that is on its way at that moment is lost.
 */
const KEEP_ALIVE_MS = 75_000;
/** How long a request may go on when the server stops. */
const CLOSE_PATIENCE_MS = 5_000;
const READY_TIMEOUT_MS = 2_000;

/** Every answer carries these; the page adds its content security policy. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  return at === -1 ? url : url.slice(0, at);
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}

async function isReadyInTime({
  isReady,
  readyTimeoutMs = READY_TIMEOUT_MS,
}: ServerOptions): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), readyTimeoutMs);
  });
  try {
    return await Promise.race([isReady(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function answer(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const path = pathOf(request);
  if (path === GRAPHQL_PATH) return options.graphql.answer(request, response, requestId);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return answerJson(response, 405, { error: 'method not allowed' });
  }
  if (path === '/healthz') return answerJson(response, 200, { ok: true });
  if (path === '/readyz') {
    const ok = await isReadyInTime(options);
    return answerJson(response, ok ? 200 : 503, { ok });
  }
  return options.page.answer(path, response);
}

/** Listens on `host:port`; port 0 takes a free one. */
export async function startServer(
  options: ServerOptions,
  listen: { readonly port: number; readonly host: string },
): Promise<GatewayServer> {
  const server = createServer((request, response) => {
    const requestId = randomUUID();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    response.setHeader('x-request-id', requestId);
    answer(options, request, response, requestId).catch((error: unknown) => {
      const shown = presentError(error, requestId, options.log);
      if (response.headersSent) response.destroy();
      else answerJson(response, 500, { errors: [shown] });
    });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('upgrade', (request, socket, head) => {
    options.sockets.upgrade(request, socket, head);
  });
  await listening(server, listen);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await options.sockets.close();
      server.closeIdleConnections();
      const patience = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE_MS);
      await closed;
      clearTimeout(patience);
      await options.graphql.stop();
    },
  };
}

async function listening(
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
