/** Waits for the signer nodes to end a key's task, and tells what they are waiting for. */
import { hex, parseHex } from '#core/bytes.ts';
import type { CountersignClient } from '#sdk/client.ts';
import type { Key } from '#sdk/types.ts';
import type { ExitCode } from './command.ts';
import { type Terminal, printable, styled } from './terminal.ts';

/** Has the task begun, and follows it from there: nothing that happens in between is missed. */
export async function beginAndFollow(
  client: CountersignClient,
  terminal: Terminal,
  begin: () => Promise<Key>,
): Promise<Key> {
  const { latestEventCursor } = await client.query<{ readonly latestEventCursor: string }>(
    '{ latestEventCursor }',
  );
  const begun = await begin();
  tell(terminal, begun);
  if (begun.task === null) return begun;
  const events = client.events({ after: latestEventCursor, types: ['KEY_UPDATED'] });
  try {
    let told = lineOf(begun);
    for await (const { subject } of events) {
      if (subject !== begun.id) continue;
      const key = await client.key(begun.id);
      if (lineOf(key) !== told) tell(terminal, key);
      told = lineOf(key);
      if (key.task === null) return key;
    }
    return begun;
  } finally {
    await events.return?.();
  }
}

const lineOf = ({ state, task, waiting }: Key): string =>
  [
    state.toLowerCase(),
    ...(task === null ? [] : [`the nodes are at it: ${task.toLowerCase()}`]),
    ...(waiting === null ? [] : [`waiting: ${waiting.message} (${waiting.code})`]),
  ].join(', ');

function tell(terminal: Terminal, key: Key): void {
  terminal.err(printable(`${key.id}: ${lineOf(key)}`));
}

/** 0 where the key is well and the task done, 1 where the nodes refused. */
export function conclude(terminal: Terminal, key: Key): ExitCode {
  if (key.failure === null) {
    for (const line of describeKey(key)) terminal.out(line);
    return 0;
  }
  terminal.err(printable(`${key.failure.code}: ${key.failure.message}`));
  return 1;
}

/** Lines for a person; every text is safe to print. */
export function describeKey(key: Key): readonly string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ['key', key.id],
    ['name', key.name],
    ['scheme', key.scheme],
    ['state', lineOf(key)],
    ['provenance', key.provenance.toLowerCase()],
    ['public key', key.publicKey === null ? null : hex(parseHex(key.publicKey))],
    ['made', key.createdAt],
    ['new shares', key.refreshedAt],
    ['last refusal', key.failure && `${key.failure.code}: ${key.failure.message}`],
  ];
  return rows.flatMap(([label, value]) =>
    value === null ? [] : [printable(`${label.padEnd(14)}${value}`)],
  );
}

/** One line of a list. */
export const keyLine = (terminal: Terminal, key: Key): string =>
  `${styled(terminal, 'bold', key.id)}  ${printable(`${key.scheme.padEnd(16)}  ${lineOf(key)}  ${key.name}`)}`;
