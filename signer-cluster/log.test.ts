import { expect, test } from 'vitest';
import { openLog } from './log.ts';

function capturing() {
  const lines: string[] = [];
  const log = openLog(1, 'info', { write: (line) => void lines.push(line) });
  return { log, lines };
}

test('only the named fields reach the log, whatever a caller passes', () => {
  const { log, lines } = capturing();
  const smuggled = { keyId: 'key_1', share: 'CANARY', nested: { delta: 'CANARY' } };
  log.info('session done', smuggled);
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    node: 1,
    event: 'session done',
    keyId: 'key_1',
  });
  expect(lines.join()).not.toContain('CANARY');
});

test('a bug is logged by its place, without its message', () => {
  const { log, lines } = capturing();
  log.bug('session failed', new TypeError('cannot read CANARY'));
  log.bug('session failed', 'CANARY');
  expect(lines[0]).toContain('log.test.ts');
  expect(lines.join()).not.toContain('CANARY');
});

test('a line below the level is not written, and an unknown level stops the start', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = openLog(1, 'warn', destination);
  log.info('session done');
  log.warn('session refused');
  openLog(1, 'silent', destination).bug('session failed', new Error('x'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 40, node: 1, event: 'session refused' },
  ]);
  for (const level of ['loud', 'toString', '']) {
    expect(() => openLog(1, level)).toThrow(/LOG_LEVEL must be one of trace, /);
  }
});
