/** Why the platform closes a WebSocket, beside the codes of `graphql-transport-ws` itself. */

export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_SLOW_CONSUMER = 4490;
export const CLOSE_TOO_MANY_SOCKETS = 4491;

/** What a client is told, and does, by code; 4401 is the protocol's own with one more occasion. */
export const CLOSE_CODES: Readonly<Record<number, string>> = {
  4401: 'Nothing was asked on a socket without a session. Open one when there is something to ask.',
  [CLOSE_FORBIDDEN]:
    'The session was refused, has expired or was revoked; the reason is the error code.',
  [CLOSE_SLOW_CONSUMER]:
    'The client reads too slowly. Open another socket and resume from the cursor.',
  [CLOSE_TOO_MANY_SOCKETS]: 'Too many sockets are open from this address. Close one and try again.',
};
