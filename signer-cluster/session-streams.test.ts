import { EventEmitter } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Receiver, Wire } from './node.ts';
import { encodeFrame } from './proto/frames.ts';
import { sessionStreams } from './session-streams.ts';

const RESTS_MS = 1_000;
const OPENING = encodeFrame({
  type: 'open',
  content: { purpose: 'describeKey', keyId: 'key_x' },
});
const DELIVERY = encodeFrame({ type: 'deliver', party: 2, envelope: Uint8Array.of(1) });
const RESULT = encodeFrame({
  type: 'result',
  content: { publicKey: 'ab'.repeat(33), signatures: [], presignatures: [] },
});
const REFUSAL = encodeFrame({
  type: 'refused',
  content: { code: 'INTERNAL', reason: '', field: '', parties: [] },
});

type Session = { readonly wire: Wire; readonly got: number[]; isClosed: boolean };

/** A node that takes every session and decides nothing, and streams to it. */
function stage(restingMax = 2) {
  const sessions: Session[] = [];
  const node = {
    accept(wire: Wire): Receiver {
      const session: Session = { wire, got: [], isClosed: false };
      sessions.push(session);
      return {
        frame: (bytes) => void session.got.push(bytes[0] as number),
        closed: () => (session.isClosed = true),
      };
    },
  };
  const streams = sessionStreams(node, restingMax, RESTS_MS);
  const open = () => {
    const call = Object.assign(new EventEmitter(), { write: vi.fn(), end: vi.fn() });
    streams.take(call as unknown as ServerDuplexStream<Buffer, Buffer>);
    return call;
  };
  const finish = (at: number, last: Buffer): void => {
    sessions[at]?.wire.send(last);
    sessions[at]?.wire.end();
  };
  return { sessions, streams, open, finish };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a stream whose session came to its result carries the next one', () => {
  const { sessions, open, finish } = stage();
  const call = open();
  call.emit('data', OPENING);
  finish(0, RESULT);
  call.emit('data', OPENING);
  call.emit('data', DELIVERY);
  expect(sessions.map(({ got }) => got)).toEqual([[1], [1, 2]]);
  expect(call.end).not.toHaveBeenCalled();
});

test('what arrives late is read by no session, the one that is over or the next', () => {
  const { sessions, open, finish } = stage();
  const call = open();
  call.emit('data', OPENING);
  finish(0, RESULT);
  call.emit('data', DELIVERY);
  call.emit('data', OPENING);
  expect(sessions.map(({ got }) => got)).toEqual([[1], [1]]);
});

test('a refusal ends the stream, and a result where too many rest', () => {
  const { open, finish } = stage(1);
  const calls = [open(), open(), open()];
  finish(0, REFUSAL);
  finish(1, RESULT);
  finish(2, RESULT);
  expect(calls.map(({ end }) => end.mock.calls.length)).toEqual([1, 0, 1]);
});

test('a stream rests for a while only, and the session after it is not cut off', () => {
  const { sessions, open, finish } = stage();
  const [unused, used] = [open(), open()];
  finish(0, RESULT);
  finish(1, RESULT);
  used.emit('data', OPENING);
  vi.advanceTimersByTime(RESTS_MS);
  expect(unused.end).toHaveBeenCalledOnce();
  unused.emit('data', OPENING);
  expect(sessions).toHaveLength(3);
  expect(used.end).not.toHaveBeenCalled();
});

test.each(['cancelled', 'error', 'end'])('a session hears that its stream is gone: %s', (event) => {
  const { sessions, open, finish } = stage();
  const call = open();
  finish(0, RESULT);
  call.emit('data', OPENING);
  call.emit(event, new Error('gone'));
  expect(sessions.map(({ isClosed }) => isClosed)).toEqual([false, true]);
});

test('a node that stops waits for no stream that rests', () => {
  const { streams, open, finish } = stage();
  const [resting, busy] = [open(), open()];
  finish(0, RESULT);
  streams.close();
  expect(resting.end).toHaveBeenCalledOnce();
  expect(busy.end).not.toHaveBeenCalled();
  finish(1, RESULT);
  expect(busy.end).toHaveBeenCalledOnce();
});

test('a worker that gives up a stream that rests has it ended', () => {
  const { open, finish } = stage();
  const call = open();
  finish(0, RESULT);
  call.emit('end');
  expect(call.end).toHaveBeenCalledOnce();
});
