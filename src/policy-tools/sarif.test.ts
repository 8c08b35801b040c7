import { expect, test } from 'vitest';
import { diagnostic } from '#policy-lang/diagnostics.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { sarifLog } from './sarif.ts';

const source = new SourceText('main rules.policy', 'rule a {\n  wen value\n}');
const span = source.span(11, 14);

test('a log has the parts that SARIF 2.1.0 requires', () => {
  const fix = { span, before: 'wen', text: 'when' };
  const log = sarifLog('./rules', [diagnostic('SYNTAX', span, 'Wrong.', 'Write when.', fix)]);
  expect(log).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'countersign' } },
        results: [
          {
            ruleId: 'SYNTAX',
            level: 'error',
            message: { text: 'Wrong. Write when.' },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'rules/main%20rules.policy' },
                  region: { startLine: 2, startColumn: 3, endLine: 2, endColumn: 6 },
                },
              },
            ],
            fixes: [
              {
                artifactChanges: [
                  {
                    artifactLocation: { uri: 'rules/main%20rules.policy' },
                    replacements: [{ insertedContent: { text: 'when' } }],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
});

test('each result names the rule that its index points at', () => {
  const log = sarifLog('', [diagnostic('UNUSED', span, 'x'), diagnostic('SYNTAX', span, 'y')]);
  const { runs } = log as {
    runs: [
      {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number }[];
      },
    ];
  };
  const [{ tool, results }] = runs;
  expect(results.map(({ ruleIndex }) => tool.driver.rules[ruleIndex]?.id)).toEqual([
    'UNUSED',
    'SYNTAX',
  ]);
  expect(new Set(tool.driver.rules.map(({ id }) => id)).size).toBe(tool.driver.rules.length);
});

test('an absolute folder stays absolute', () => {
  expect(JSON.stringify(sarifLog('/srv/rules', [diagnostic('SYNTAX', span, 'x')]))).toContain(
    '"/srv/rules/main%20rules.policy"',
  );
});
