/**
 * The streams over which workers talk to this node. A stream carries sessions one after another: to
 * open one and to end it takes both ends longer than all the messages of a signature. Between two
 * sessions it rests, takes no place among the node's sessions, and ends after a while.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Receiver, SignerNode } from './node.ts';
import { isOpening, isResult } from './proto/frames.ts';
import { STREAM_RESTS_MS } from './proto/service.ts';

export type SessionStreams = {
  take(call: ServerDuplexStream<Buffer, Buffer>): void;
  /** Ends those that rest now, and the others with their session. */
  close(): void;
};

/** No more than `restingMax` rest; what would be one too many ends with its session. */
export function sessionStreams(
  node: Pick<SignerNode, 'accept'>,
  restingMax: number,
  restsMs = STREAM_RESTS_MS,
): SessionStreams {
  /** How each ends that rests. */
  const resting = new Set<() => void>();
  let isClosing = false;

  function take(call: ServerDuplexStream<Buffer, Buffer>): void {
    let isOpen = true;
    let receiver: Receiver | undefined;
    let timer: NodeJS.Timeout | undefined;

    function begin(): void {
      let isThrough = false;
      receiver = node.accept({
        send(frame) {
          isThrough = isResult(frame);
          if (isOpen) call.write(frame);
        },
        end() {
          receiver = undefined;
          if (!isOpen) return;
          if (isThrough && !isClosing && resting.size < restingMax) rest();
          else end();
        },
      });
    }

    function rest(): void {
      resting.add(end);
      timer = setTimeout(end, restsMs).unref();
    }

    function wake(): void {
      clearTimeout(timer);
      resting.delete(end);
    }

    function end(): void {
      wake();
      if (isOpen) call.end();
      isOpen = false;
    }

    function closed(): void {
      wake();
      isOpen = false;
      receiver?.closed();
    }

    call.on('data', (bytes: Buffer) => {
      if (!isOpen) return;
      if (receiver === undefined) {
        // What else comes is of the session that is over.
        if (!isOpening(bytes)) return;
        wake();
        begin();
      }
      receiver?.frame(bytes);
    });
    call.on('end', () => (receiver === undefined ? end() : receiver.closed()));
    call.on('cancelled', closed);
    call.on('error', closed);
    begin();
  }

  return {
    take,
    close() {
      isClosing = true;
      for (const end of resting) end();
    },
  };
}
