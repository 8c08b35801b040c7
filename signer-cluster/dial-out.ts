/**
 * A node behind a firewall: nobody reaches it, so it dials the workers. One connection waits at each
 * worker's rendezvous; when the worker begins to speak on it, the next one is dialled. Whoever answers
 * must show the workers' certificate, and the connection is then served like one that was accepted.
 */
import { type Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContextOptions, createServer } from 'node:tls';
import type { PartyId } from '#signing/kernel.ts';
import type { Address } from './config.ts';
import type { NodeLog } from './log.ts';
import { ALPN, encodeGreeting } from './proto/dial.ts';

export type DialOut = {
  /** Dials no more, and drops what waits; what the worker speaks on is the server's to end. */
  close(): void;
};

export type DialOutParts = {
  readonly party: PartyId;
  /** The workers' rendezvous. */
  readonly addresses: readonly Address[];
  /** PEM: the workers' authority, and the node's own certificate and key. */
  readonly tls: Required<Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>>;
  /** Takes over a connection that has shown the workers' certificate. */
  readonly accept: (connection: Duplex) => void;
  readonly log: NodeLog;
};

/** Between two attempts: doubled after each failure. */
const RETRY_MS = { first: 100, most: 5_000 };
/** A firewall forgets connections that say nothing. */
const KEEP_ALIVE_MS = 10_000;

export function dialOut(parts: DialOutParts): DialOut {
  const closers = parts.addresses.map((address) => dialAgainAndAgain(parts, address));
  return {
    close() {
      for (const close of closers) close();
    },
  };
}

function dialAgainAndAgain(parts: DialOutParts, { host, port }: Address): () => void {
  const { party, accept, log } = parts;
  let retryMs = RETRY_MS.first;
  let timer: NodeJS.Timeout | undefined;
  let waiting: Socket | undefined;
  let isClosed = false;
  // Never listens: it does the server's half of the handshake on what was dialled.
  const handshakes = createServer({
    ...parts.tls,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [ALPN],
  });
  handshakes.on('tlsClientError', ({ message }) =>
    log.warn('dialled in vain', { reason: message }),
  );
  handshakes.on('secureConnection', (connection) => {
    retryMs = RETRY_MS.first;
    connection.on('error', ({ message }) => log.info('connection lost', { reason: message }));
    connection.once('readable', () => {
      if (connection.readableLength === 0) return;
      waiting = undefined;
      accept(connection);
      dial();
    });
  });

  function dial(): void {
    if (isClosed) return;
    const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    waiting = socket;
    socket.once('connect', () => {
      socket.write(encodeGreeting(party));
      handshakes.emit('connection', socket);
    });
    socket.on('error', ({ message }) => log.info('dialled in vain', { reason: message }));
    socket.once('close', () => {
      if (waiting !== socket || isClosed) return;
      timer = setTimeout(dial, retryMs);
      retryMs = Math.min(2 * retryMs, RETRY_MS.most);
    });
  }

  dial();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    waiting?.destroy();
  };
}
