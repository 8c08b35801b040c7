import { EventEmitter } from 'node:events';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Frame, encodeFrame } from '#signer-cluster/proto/frames.ts';
import { STREAM_RESTS_MS } from '#signer-cluster/proto/service.ts';
import { sessionStreams } from './session-streams.ts';

const OPENING: Frame = { type: 'open', content: { purpose: 'describeKey', keyId: 'key_x' } };
const ACCEPTED: Frame = { type: 'accepted', content: { publicKey: '' } };
const RESULT: Frame = {
  type: 'result',
  content: { publicKey: 'ab'.repeat(33), signatures: [], presignatures: [] },
};
const REFUSAL: Frame = {
  type: 'refused',
  content: { code: 'INTERNAL', reason: '', field: '', parties: [] },
};

const newCall = () =>
  Object.assign(new EventEmitter(), { write: vi.fn(), end: vi.fn(), cancel: vi.fn() });

function stage() {
  const calls: ReturnType<typeof newCall>[] = [];
  const streams = sessionStreams(() => {
    const call = newCall();
    calls.push(call);
    return call as unknown as ClientDuplexStream<Buffer, Buffer>;
  });
  const open = () => {
    const heard: string[] = [];
    const stream = streams.open({
      frame: ({ type }) => heard.push(type),
      ended: (reason) => heard.push(`ended ${reason}`),
    });
    return { heard, stream };
  };
  const say = (at: number, frame: Frame) => calls[at]?.emit('data', encodeFrame(frame));
  return { calls, streams, open, say };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a stream whose session came to its result carries the next one', () => {
  const { calls, open, say } = stage();
  const first = open();
  say(0, ACCEPTED);
  say(0, RESULT);
  const second = open();
  second.stream.send(OPENING);
  say(0, ACCEPTED);
  expect(calls).toHaveLength(1);
  expect(first.heard).toEqual(['accepted', 'result', 'ended ']);
  expect(second.heard).toEqual(['accepted']);
});

test('sessions at one moment have a stream each', () => {
  const { calls, open, say } = stage();
  const [first, second] = [open(), open()];
  say(1, RESULT);
  expect(calls).toHaveLength(2);
  expect(first.heard).toEqual([]);
  expect(second.heard).toEqual(['result', 'ended ']);
});

test('what is said for a session that is over reaches no later one', () => {
  const { calls, open, say } = stage();
  const first = open();
  say(0, RESULT);
  open();
  first.stream.send(OPENING);
  first.stream.cancel();
  expect(calls[0]?.write).not.toHaveBeenCalled();
  expect(calls[0]?.cancel).not.toHaveBeenCalled();
});

test('a stream that was cancelled, or whose node refused, carries no other session', () => {
  const { calls, open, say } = stage();
  const first = open();
  first.stream.cancel();
  say(0, RESULT);
  const second = open();
  say(1, REFUSAL);
  calls[1]?.emit('end');
  open();
  expect(calls).toHaveLength(3);
  expect(first.heard).toEqual([]);
  expect(second.heard).toEqual(['refused', 'ended ']);
});

test.each(['end', 'error'])('a stream that its node gave up is not used again: %s', (event) => {
  const { calls, open, say } = stage();
  open();
  say(0, RESULT);
  calls[0]?.emit(event, { code: 14 });
  open();
  expect(calls).toHaveLength(2);
});

test('a stream that is not used ends before its node ends it', () => {
  const { calls, open, say } = stage();
  open();
  say(0, RESULT);
  vi.advanceTimersByTime(STREAM_RESTS_MS / 2);
  expect(calls[0]?.cancel).toHaveBeenCalledOnce();
  open();
  expect(calls).toHaveLength(2);
});

test('at the end those that rest are ended at once, and the others with their session', () => {
  const { calls, streams, open, say } = stage();
  open();
  open();
  say(0, RESULT);
  streams.close();
  expect(calls.map(({ cancel }) => cancel.mock.calls.length)).toEqual([1, 0]);
  say(1, RESULT);
  expect(calls.map(({ cancel }) => cancel.mock.calls.length)).toEqual([1, 1]);
});

test('a frame that is none ends the stream and its session', () => {
  const { calls, open } = stage();
  const { heard } = open();
  calls[0]?.emit('data', Buffer.of(0xff));
  expect(heard).toEqual(['ended unknown frame']);
  expect(calls[0]?.cancel).toHaveBeenCalledOnce();
});
