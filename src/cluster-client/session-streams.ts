/**
 * The streams to one node. Each carries sessions one after another: to open and to end one takes both
 * ends longer than all the messages of a signature. A stream that is not used for a while ends here,
 * long before the node would end it.
 */
import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import { FrameRefused } from '#signer-cluster/proto/fields.ts';
import { type Frame, decodeFrame, encodeFrame } from '#signer-cluster/proto/frames.ts';
import { STREAM_RESTS_MS } from '#signer-cluster/proto/service.ts';

export type StreamListener = {
  frame(frame: Frame): void;
  /** The session is over; the reason is empty when the node ended it as it should. */
  ended(reason: string): void;
};

export type SessionStream = {
  send(frame: Frame): void;
  /** Ends the session at the node; the listener hears nothing more. */
  cancel(): void;
};

export type SessionStreams = {
  open(listener: StreamListener): SessionStream;
  /** Ends those that carry no session now; the others end with theirs. */
  close(): void;
};

type Call = ClientDuplexStream<Buffer, Buffer>;

/** One stream, while it carries a session and while it rests. */
type Line = { begin(listener: StreamListener): SessionStream; end(): void };

const UNUSED_MS = STREAM_RESTS_MS / 4;

/** The status's name alone: details may quote addresses and certificates. */
export const reasonOf = (error: ServiceError): string => status[error.code] ?? 'UNKNOWN';

export function sessionStreams(newCall: () => Call): SessionStreams {
  let resting: readonly Line[] = [];
  let isClosed = false;
  const leave = (line: Line): void => void (resting = resting.filter((one) => one !== line));

  function rest(line: Line): void {
    if (isClosed) line.end();
    else resting = [...resting, line];
  }

  return {
    open(listener) {
      // The last one rested shortest, so that those that are too many are not used, and end.
      const line = resting.at(-1) ?? lineOver(newCall(), rest, leave);
      leave(line);
      return line.begin(listener);
    },
    close() {
      isClosed = true;
      for (const line of resting) line.end();
    },
  };
}

function lineOver(call: Call, rest: (line: Line) => void, leave: (line: Line) => void): Line {
  let current: StreamListener | undefined;
  let timer: NodeJS.Timeout | undefined;
  const line: Line = {
    begin(listener) {
      clearTimeout(timer);
      current = listener;
      const isOver = (): boolean => current !== listener;
      return {
        send(frame) {
          if (!isOver()) call.write(encodeFrame(frame));
        },
        cancel() {
          if (isOver()) return;
          current = undefined;
          call.cancel();
        },
      };
    },
    end() {
      leave(line);
      call.cancel();
    },
  };

  function end(reason: string): void {
    clearTimeout(timer);
    leave(line);
    const told = current;
    current = undefined;
    told?.ended(reason);
  }

  /** The last frame of a session that came to its end: the next one may follow. */
  function through(told: StreamListener, frame: Frame): void {
    current = undefined;
    timer = setTimeout(() => line.end(), UNUSED_MS).unref();
    rest(line);
    told.frame(frame);
    told.ended('');
  }

  call.on('data', (bytes: Buffer) => {
    const told = current;
    if (told === undefined) return;
    try {
      const frame = decodeFrame(bytes);
      if (frame.type === 'result') through(told, frame);
      else told.frame(frame);
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      call.cancel();
      end(error.message);
    }
  });
  call.on('end', () => end(''));
  call.on('error', (error: ServiceError) => end(reasonOf(error)));
  return line;
}
