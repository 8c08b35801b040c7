/** `countersign policy explain`: what a policy answers to one request, and why, in sentences. */
import { answerInWords, effectInWords } from '#policy-lang/explaining/effect-words.ts';
import type { DecisionTrace, RuleTrace } from '#policy-lang/decision.ts';
import { requestInWords } from '#policy-lang/explaining/field-words.ts';
import { traceText } from '#policy-lang/snapshot-text.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { SUBJECT_DETAILS, type Subject, readSubject } from './policy-subject.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export const policyExplain: Command = {
  name: 'policy explain',
  usage: 'FILE|FOLDER (REQUEST.json | --test NAME) [--all] [--json]',
  about: 'say what a policy answers to one request, and why',
  details: [
    'The sentences come from the tree that decides. docs/policy/cli.md shows how a request is written.',
    ...SUBJECT_DETAILS,
    '  --all         also the rules that do not match',
    '  --json        print the decision and its trace as one JSON object (RFC 8785) instead',
    '',
    'Example: countersign policy explain rules --test "unknown recipient is blocked"',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 2,
      options: ['test'],
      flags: ['all', 'json'],
    });
    const path = requireWord(words, 'Name a policy file or the folder of a bundle.');
    const subject = await readSubject(terminal, path, words[1], options.test);
    if (subject === undefined) return 1;
    const decision = trace(subject.policy, subject.snapshot);
    if (flags.has('json')) terminal.out(traceText(decision));
    else printDecision(terminal, subject, decision, flags.has('all'));
    return 0;
  },
};

const COLORS = { ALLOW: 'green', BLOCK: 'red', PENDING: 'yellow' } as const;

function printDecision(
  terminal: Terminal,
  { policy, snapshot }: Subject,
  decision: DecisionTrace,
  isAll: boolean,
): void {
  const answer = answerInWords(decision, requestInWords(snapshot.activity));
  terminal.out(styled(terminal, COLORS[decision.outcome], printable(answer)));
  for (const { rule, message } of decision.reasons) {
    terminal.out(printable(`  ${message} (${rule})`));
  }
  for (const { rule, message, indeterminate } of decision.flags) {
    const doubt = indeterminate ? ', which data is missing to tell' : '';
    terminal.out(printable(`  flag: ${message} (${rule}${doubt})`));
  }
  const shown = decision.rules.filter(({ outcome }) => isAll || outcome !== 'not-matched');
  const effects = new Map(policy.program.rules.map((rule) => [rule.id, rule]));
  for (const rule of shown) {
    terminal.out('');
    const known = effects.get(rule.id);
    const isFallback = rule.outcome === 'missing' && known?.fallback !== undefined;
    const effect = isFallback ? known.fallback : known?.effect;
    printRule(terminal, rule, effect === undefined ? rule.effect : effectInWords(effect));
  }
  const others = decision.rules.length - shown.length;
  if (others === 0) return;
  const rules = others === 1 ? 'rule does' : 'rules do';
  terminal.out('');
  terminal.out(styled(terminal, 'dim', `${others} more ${rules} not match; --all shows them.`));
}

const OUTCOMES = { matched: 'matched', 'not-matched': 'not matched', missing: 'data missing' };

function printRule(terminal: Terminal, rule: RuleTrace, effect: string): void {
  const { id, title, outcome, sentence, controls } = rule;
  const label = styled(terminal, outcome === 'matched' ? 'cyan' : 'dim', OUTCOMES[outcome]);
  const name = styled(terminal, 'bold', printable(id));
  const named = title === id ? '' : printable(` "${title}"`);
  terminal.out(`${name}${named}: ${label}`);
  terminal.out(printable(`  ${sentence}`));
  if (outcome !== 'not-matched') terminal.out(printable(`  So: ${effect}`));
  if (controls.length > 0)
    terminal.out(styled(terminal, 'dim', printable(`  ${controls.join(', ')}`)));
}
