import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { requireWithinLimits } from '#gateway/document-limits.ts';
import { buildPlatformSchema } from '#resolvers/schema.ts';
import { DOCUMENTS } from './documents.ts';

const schema = buildPlatformSchema();

test.each(Object.entries(DOCUMENTS))(
  '%s is a document of the API, within its limits',
  (_name, text) => {
    const document = parse(text);
    expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
    requireWithinLimits(document);
  },
);

test('every mutation and subscription of the API has a document', () => {
  const fields = [schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  expect(fields.filter((name) => !Object.hasOwn(DOCUMENTS, name))).toEqual([]);
});
