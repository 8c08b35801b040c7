/**
 * Where signer nodes dial in that cannot be reached. A node says which party it is and must show that
 * party's certificate before it counts; then the connection waits until the worker needs it. gRPC reaches
 * it through a Unix socket in a folder that only this user may enter.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls';
import { ALPN, GREETING_BYTES, decodeGreeting } from '#signer-cluster/proto/dial.ts';
import type { PartyId } from '#signing/kernel.ts';

export type Rendezvous = {
  readonly port: number;
  /** The gRPC target under which the party's connections are reached. */
  target(party: PartyId): string;
  close(): void;
};

/** `servername` is the name in the node's certificate. */
export type Papers = Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> & {
  readonly servername: string;
};

export type RendezvousParts = {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Who may dial in, with which authorities and certificate each is met, and the name that it must show. */
  readonly parties: ReadonlyMap<PartyId, Papers>;
  readonly log: (fields: object, message: string) => void;
};

/** A greeting and a handshake take two journeys; whoever needs longer is not a node. */
const ADMISSION_MS = 5_000;
const ADMISSIONS_MAX = 64;
const ADMISSIONS_OF_AN_ADDRESS_MAX = 8;
/** A node keeps one waiting; an older one is of a node that has started anew. */
const WAITING_MAX = 2;
const KEEP_ALIVE_MS = 10_000;

/** @throws Error when the address cannot be bound */
export async function openRendezvous(parts: RendezvousParts): Promise<Rendezvous> {
  const waiting = new Map<PartyId, TLSSocket[]>();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  const target = (party: PartyId): string => join(folder, `${party}.sock`);
  const doors = await Promise.all(
    [...parts.parties.keys()].map((party) =>
      listening(
        // The newest: an older one may be of a node that is gone.
        createServer((local) => joinEnds(local, waiting.get(party)?.pop())),
        { path: target(party) },
      ),
    ),
  );
  const admissions = new Set<Socket>();
  const entrance = await listening(
    createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (raw) => {
      raw.on('error', () => raw.destroy());
      makeRoom(admissions, raw);
      admissions.add(raw);
      raw.once('close', () => admissions.delete(raw));
      admit(raw, parts, (party, connection) => {
        admissions.delete(raw);
        keep(waiting, party, connection);
      });
    }),
    { host: parts.host, port: parts.port },
  );
  return {
    port: (entrance.address() as { port: number }).port,
    target: (party) => `unix:${target(party)}`,
    close() {
      for (const server of [entrance, ...doors]) server.close();
      for (const socket of [...admissions, ...[...waiting.values()].flat()]) socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(
  server: Server,
  at: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<Server> {
  server.listen(at);
  await once(server, 'listening');
  return server;
}

/** Without a connection that waits, gRPC is told that nobody is there, and tries again by itself. */
function joinEnds(local: Socket, remote: TLSSocket | undefined): void {
  local.on('error', () => local.destroy());
  if (remote === undefined) local.destroy();
  else pipeline(local, remote, local, () => undefined);
}

/** Who says nothing gives way, the oldest first, and nobody takes the room of everybody else. */
function makeRoom(admissions: ReadonlySet<Socket>, { remoteAddress }: Socket): void {
  const all = [...admissions];
  const own = all.filter((other) => other.remoteAddress === remoteAddress);
  if (own.length >= ADMISSIONS_OF_AN_ADDRESS_MAX) own[0]?.destroy();
  else if (all.length >= ADMISSIONS_MAX) all[0]?.destroy();
}

/** Reads the greeting and has the party show its certificate, in time or not at all. */
function admit(
  raw: Socket,
  { parties, log }: RendezvousParts,
  onAdmitted: (party: PartyId, connection: TLSSocket) => void,
): void {
  const deadline = setTimeout(() => raw.destroy(), ADMISSION_MS);
  raw.once('close', () => clearTimeout(deadline));
  const onReadable = (): void => {
    const greeting = raw.read(GREETING_BYTES) as Buffer | null;
    if (greeting === null) return;
    raw.off('readable', onReadable);
    const party = decodeGreeting(greeting);
    const options = party === undefined ? undefined : parties.get(party);
    if (party === undefined || options === undefined || raw.readableLength > 0) {
      log({ address: raw.remoteAddress }, 'somebody dialled in who is no node');
      raw.destroy();
      return;
    }
    const connection = connect({
      ...options,
      socket: raw,
      minVersion: 'TLSv1.3',
      ALPNProtocols: [ALPN],
    });
    connection.on('error', ({ message }) => {
      log({ party, reason: message }, 'a node that dials in is refused or lost');
      connection.destroy();
    });
    connection.once('secureConnect', () => {
      clearTimeout(deadline);
      onAdmitted(party, connection);
    });
  };
  raw.on('readable', onReadable);
}

function keep(waiting: Map<PartyId, TLSSocket[]>, party: PartyId, connection: TLSSocket): void {
  const kept = waiting.get(party) ?? [];
  waiting.set(party, kept);
  kept.push(connection);
  if (kept.length > WAITING_MAX) kept.shift()?.destroy();
  connection.once('close', () => {
    const at = kept.indexOf(connection);
    if (at >= 0) kept.splice(at, 1);
  });
}
