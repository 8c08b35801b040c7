/** What a client is made with. */
import type { Bytes } from '#core/bytes.ts';
import type { Authenticator } from './authenticator.ts';
import type { PinnedNodes } from './node-keys.ts';

export type ClientOptions = {
  /** Where the platform is reached, e.g. `http://localhost:4000`. */
  readonly url: string;
  readonly authenticator: Authenticator;
  /** The origin that passkeys are bound to: the page's own, as the browser prints it. */
  readonly origin: string;
  /**
   * Whose receipts make a change effective, and an address verified; without them a change is called applied at
   * most. Where the committee has changed: all whose words are to count, the newest first.
   */
  readonly nodeKeys?: PinnedNodes | readonly PinnedNodes[];
  readonly fetch?: typeof globalThis.fetch;
  readonly webSocket?: typeof globalThis.WebSocket;
  /** Fresh random bytes for the client's nonces. */
  readonly random?: (size: number) => Bytes;
  /** The time in milliseconds since 1970, by which the platform's own times are judged. */
  readonly now?: () => number;
};
