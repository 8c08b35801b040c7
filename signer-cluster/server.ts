/**
 * The gRPC server of a node: TLS 1.3 with a client certificate of the committee's authority, or no
 * connection. Bytes go to the node as they came; there is no reflection and no generated code.
 */
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import {
  type ServerDuplexStream,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Address, NodeConfig } from './config.ts';
import { dialOut } from './dial-out.ts';
import type { NodeLog } from './log.ts';
import type { SignerNode } from './node.ts';
import {
  ATTEND_METHOD,
  COSIGN_METHOD,
  HEALTH_METHOD,
  MESSAGE_BYTES_MAX,
  SESSION_METHOD,
} from './proto/service.ts';
import { StartRefused } from './sealing.ts';
import { sessionStreams } from './session-streams.ts';

export type RunningServer = {
  /** 0 where the node does not listen. */
  readonly port: number;
  /** Refuses new sessions, gives the running ones `graceMs` to end, then cuts them. */
  stop(graceMs: number): Promise<void>;
};

/** The library's own credentials leave TLS 1.2 open. */
class MutualTls13 extends ServerCredentials {
  constructor(ca: Buffer, cert: Buffer, key: Buffer) {
    super(
      { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
      { ca, cert: [cert], key: [key] },
    );
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** @throws StartRefused when the certificates cannot be read or the address cannot be bound */
export async function serveNode(
  config: NodeConfig,
  node: SignerNode,
  log: NodeLog,
): Promise<RunningServer> {
  const { ca, cert, key } = config.tls;
  const [caPem, certPem, keyPem] = await Promise.all([ca, cert, key].map(readPem));
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_concurrent_streams': config.limits.sessions + OTHER_STREAMS,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
  });
  const streams = sessionStreams(node, config.limits.sessions);
  server.addService(
    {
      session: SESSION_METHOD,
      attend: ATTEND_METHOD,
      health: HEALTH_METHOD,
      cosign: COSIGN_METHOD,
    },
    {
      session: (call: ServerDuplexStream<Buffer, Buffer>) => streams.take(call),
      attend: attendHandler(node),
      health: healthHandler(node),
      cosign: cosignHandler(node),
    },
  );
  const credentials = new MutualTls13(caPem as Buffer, certPem as Buffer, keyPem as Buffer);
  const port = config.listen === undefined ? 0 : await listen(server, config.listen, credentials);
  const dialled = dialOut({
    party: config.party,
    addresses: config.dial,
    tls: { ca: caPem as Buffer, cert: certPem as Buffer, key: keyPem as Buffer },
    accept: acceptor(server),
    log,
  });
  return {
    port,
    stop(graceMs) {
      dialled.close();
      streams.close();
      const { promise: stopped, resolve: done } = Promise.withResolvers<void>();
      const cut = setTimeout(() => server.forceShutdown(), graceMs);
      server.tryShutdown(() => done());
      return stopped.finally(() => clearTimeout(cut));
    },
  };
}

function listen(
  server: Server,
  { host, port }: Address,
  credentials: ServerCredentials,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const address = host.includes(':') ? `[${host}]` : host;
  server.bindAsync(`${address}:${port}`, credentials, (error, bound) =>
    error === null ? resolve(bound) : reject(new StartRefused(error.message)),
  );
  return promise;
}

/** What was dialled has shown its certificate already: gRPC begins inside of it. */
function acceptor(server: Server): (connection: Duplex) => void {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return (connection) => injector.injectConnection(connection);
}

/** Room for questions about health, and for workers that attend, when all sessions are taken. */
const OTHER_STREAMS = 32;

const readPem = (path: string): Promise<Buffer> =>
  readFile(path).catch(() => {
    throw new StartRefused(`${path} cannot be read`);
  });

const attendHandler =
  (node: SignerNode) =>
  (call: ServerWritableStream<Buffer, Buffer>): void => {
    const leave = node.attend((request) => call.write(request));
    if (leave === undefined) {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'too many workers attend' });
      return;
    }
    call.on('cancelled', leave);
    call.on('error', leave);
  };

const healthHandler =
  (node: SignerNode) =>
  (_: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void =>
    answer(null, Buffer.from(JSON.stringify(node.health())));

const cosignHandler =
  (node: SignerNode) =>
  ({ request }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void =>
    void node.cosign(request).then((bytes) => answer(null, bytes));
