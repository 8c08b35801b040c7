/**
 * A TCP proxy that does to a connection what a network does: nothing for a while, an end in the middle,
 * an end of one direction, an answer that never comes. It looks at no byte, so that TLS and HTTP/2 pass
 * through it as they are.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What happens to everything that arrives from now on. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Each piece arrives so much later, in order. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** What is asked arrives; what is answered does not, and the connection stays open. */
  | { readonly kind: 'drop-answers' }
  /** Nothing arrives in either direction, and the connections stay open: a partition. */
  | { readonly kind: 'silence' };

export type FaultProxy = {
  readonly port: number;
  /** The connections that are open. */
  connections(): number;
  become(weather: Weather): void;
  /** Ends every open connection at once, as a reset. New ones may come. */
  cut(): void;
  /** Ends the direction towards the target: it sees the end of the stream, and may still answer. */
  halfClose(): void;
  /** Refuses new connections and cuts the open ones, until `become` is called. */
  refuse(): void;
  close(): Promise<void>;
};

type Connection = { readonly near: net.Socket; readonly far: net.Socket };
type Way = 'question' | 'answer';

const CLEAR: Weather = { kind: 'clear' };

/** Whether a piece that goes this way is lost. */
const isLost = ({ kind }: Weather, way: Way): boolean =>
  kind === 'silence' || (kind === 'drop-answers' && way === 'answer');

/** @param target where a connection goes on to; asked for each one, since a port may change */
export async function openFaultProxy(
  target: () => { readonly host: string; readonly port: number },
): Promise<FaultProxy> {
  const connections = new Set<Connection>();
  let weather: Weather = CLEAR;
  let refuses = false;

  const carry = (way: Way, from: net.Socket, to: net.Socket): void => {
    /** Pieces go on in the order in which they came, also when the delay gets shorter. */
    let before = Promise.resolve();
    const inOrder = (act: () => void): void => {
      const now = weather;
      const due = now.kind === 'delay' ? pause(now.ms) : undefined;
      const next = async (earlier: Promise<void>): Promise<void> => {
        await earlier;
        await due;
        if (!to.destroyed) act();
      };
      before = next(before);
    };
    from.on('data', (piece: Buffer) => {
      if (isLost(weather, way)) return;
      inOrder(() => void to.write(piece));
    });
    from.on('end', () => {
      if (isLost(weather, way)) return;
      inOrder(() => void to.end());
    });
  };

  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    near.on('error', () => undefined);
    if (refuses) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect({ ...target(), allowHalfOpen: true });
    far.on('error', () => near.destroy());
    near.setNoDelay();
    far.setNoDelay();
    const connection = { near, far };
    connections.add(connection);
    const leave = (other: net.Socket) => () => {
      other.destroy();
      connections.delete(connection);
    };
    near.once('close', leave(far));
    far.once('close', leave(near));
    carry('question', near, far);
    carry('answer', far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    for (const { near, far } of connections) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    connections: () => connections.size,
    become(next) {
      weather = next;
      refuses = false;
    },
    cut,
    halfClose() {
      for (const { far } of connections) far.end();
    },
    refuse() {
      refuses = true;
      cut();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
