import { expect, test } from 'vitest';

import { rankOf } from './processes-first.ts';

test('files that start many processes come before all the others, the heaviest first', () => {
  const files = [
    'src/core/money.test.ts',
    'signer-cluster/store.test.ts',
    'src/cluster-client/crash.test.ts',
    'src/testing/postgres.test.ts',
    'test/whole-system.test.ts',
    'launcher/child.test.ts',
  ];
  expect(files.toSorted((a, b) => rankOf(a) - rankOf(b))).toEqual([
    'test/whole-system.test.ts',
    'src/cluster-client/crash.test.ts',
    'signer-cluster/store.test.ts',
    'launcher/child.test.ts',
    'src/core/money.test.ts',
    'src/testing/postgres.test.ts',
  ]);
});
