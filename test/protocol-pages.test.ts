/** The comments `// Spec r.s` of the protocols, held against the numbered steps of their pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const PAGES = join(ROOT, 'docs', 'protocols');

/** Its rounds 1 to 5 are those of a refresh, and the code that both run cites that page. */
const SHARED = 'reshare.md';

/** The steps of a page, as `r.s`: the numbered items under `## Round r`. */
function stepsOf(page: string): ReadonlySet<string> {
  const steps = new Set<string>();
  let round: string | undefined;
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) round = /^## Round (\d+)/.exec(line)?.[1];
    const step = /^(\d+)\. /.exec(line)?.[1];
    if (round !== undefined && step !== undefined) steps.add(`${round}.${step}`);
  }
  return steps;
}

/** The steps that a source cites; `Spec 1.2-1.4` is three of them. */
function citedIn(source: string): readonly string[] {
  return [...source.matchAll(/Spec (\d+)\.(\d+)(?:-\1\.(\d+))?/g)].flatMap(
    ([, round, first, last]) => {
      const count = Number(last ?? first) - Number(first) + 1;
      return Array.from({ length: count }, (_, index) => `${round}.${Number(first) + index}`);
    },
  );
}

const pageNamedBy = (source: string): string | undefined =>
  /docs\/protocols\/([\w-]+\.md)/.exec(source)?.[1];

const pages = new Map(
  readdirSync(PAGES)
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name, stepsOf(readFileSync(join(PAGES, name), 'utf8'))]),
);

const sources = readdirSync(join(ROOT, 'src', 'signing'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', 'signing', name), 'utf8') }));

test('every step that the code cites stands on the page that the file names', () => {
  const unknown = sources.flatMap(({ name, text }) => {
    const steps = pages.get(pageNamedBy(text) ?? '');
    return citedIn(text).flatMap((step) => (steps?.has(step) ? [] : [`${name}: ${step}`]));
  });
  expect(unknown).toEqual([]);
});

test('every step of a page is cited by the code', () => {
  const left = [...pages]
    .filter(([page]) => page !== SHARED)
    .flatMap(([page, steps]) => {
      const citing = sources.filter(({ text }) => pageNamedBy(text) === page);
      const cited = new Set(citing.flatMap(({ text }) => citedIn(text)));
      return [...steps].filter((step) => !cited.has(step)).map((step) => `${page}: ${step}`);
    });
  expect(left).toEqual([]);
});

test('steps and citations are found in the forms that they have', () => {
  const page =
    '# A\n\n1. none\n\n## Round 0: x\n\n1. one\n   more\n2. two\n\n## Notes\n\n1. none\n';
  expect([...stepsOf(page)]).toEqual(['0.1', '0.2']);
  expect(citedIn('// Spec 1.2-1.4\n/** Spec 3.1: words */')).toEqual(['1.2', '1.3', '1.4', '3.1']);
});
