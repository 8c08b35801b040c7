import { WebSocket } from 'ws';

export type Frame = { type: string; id?: string; payload?: unknown };

/** A client of the bare protocol, which may also break it. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly closed: Promise<[number, string]>;
  readonly #frames: Frame[] = [];
  #wake: () => void = () => undefined;

  /** `url` is the http URL of the endpoint; an empty `protocol` asks for none. */
  constructor(url: string, options: { protocol?: string; origin?: string } = {}) {
    const { protocol = 'graphql-transport-ws', origin } = options;
    const target = url.replace('http', 'ws');
    this.socket = new WebSocket(
      target,
      protocol === '' ? [] : [protocol],
      origin === undefined ? {} : { origin },
    );
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve([code, reason.toString()]));
    });
    this.socket.on('message', (bytes: Buffer) => {
      this.#frames.push(JSON.parse(bytes.toString('utf8')) as Frame);
      this.#wake();
    });
  }

  async opened(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    return this;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  subscribe(id: string, query: string, variables?: unknown): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  async next(): Promise<Frame> {
    while (this.#frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() as Frame;
  }

  /** Opens, and waits until the server has taken the handshake. */
  async connected(authorization?: string): Promise<this> {
    await this.opened();
    const payload = authorization === undefined ? {} : { payload: { authorization } };
    this.send({ type: 'connection_init', ...payload });
    const { type } = await this.next();
    if (type !== 'connection_ack') throw new Error(`the server answered ${type}`);
    return this;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
