/**
 * The grammar as a recovering parser: a broken rule costs that rule, and the ones behind it are
 * still read. It accepts a little more than the language, wherever a later step can say better what
 * is wrong: `and` mixed with `or`, a unit left out, words that only some activities know.
 */
import { type GrammarState, alt } from './condition-grammar.ts';
import { RuleParser } from './rule-grammar.ts';
import {
  Address,
  AssetName,
  CloseCurly,
  Equals,
  Identifier,
  Instant,
  Name,
  Numeral,
  OpenCurly,
  Semicolon,
  Symbol,
  Text,
  Zone,
  kw,
} from './tokens.ts';

export class PolicyParser extends RuleParser {
  constructor(state: GrammarState = {}) {
    super(state);
    this.performSelfAnalysis();
  }

  readonly file = this.RULE('file', () => {
    this.MANY(() => this.SUBRULE(this.item));
  });

  readonly item = this.RULE('item', () => {
    this.OR({
      DEF: [
        alt(() => this.SUBRULE(this.header)),
        alt(() => this.SUBRULE(this.importing)),
        alt(() => this.SUBRULE(this.letting)),
        alt(() => this.SUBRULE(this.rule)),
        alt(() => this.SUBRULE(this.table)),
        alt(() => this.SUBRULE(this.test)),
        alt(() => this.SUBRULE(this.prove)),
      ],
      ERR_MSG: 'a policy, import, let, rule, table, test or prove',
    });
  });

  readonly header = this.RULE('header', () => {
    this.CONSUME(kw('policy'));
    this.CONSUME(Text);
    this.CONSUME(OpenCurly);
    this.MANY(() => this.SUBRULE(this.headerPart));
    this.CONSUME(CloseCurly);
  });

  readonly headerPart = this.RULE('headerPart', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('version'));
          this.CONSUME(Numeral);
        }),
        alt(() => {
          this.CONSUME(kw('effective'));
          this.CONSUME(kw('from'));
          this.SUBRULE(this.localTime, { LABEL: 'from' });
          this.OPTION(() => {
            this.CONSUME(kw('until'));
            this.SUBRULE2(this.localTime, { LABEL: 'until' });
          });
        }),
        alt(() => {
          this.CONSUME(kw('owner'));
          this.CONSUME(Text);
        }),
        alt(() => {
          this.CONSUME(kw('zone'));
          this.CONSUME(Zone);
        }),
        alt(() => {
          this.CONSUME(kw('governs'));
          this.SUBRULE(this.names);
        }),
        alt(() => {
          this.CONSUME(kw('otherwise'));
          this.SUBRULE(this.effect);
        }),
      ],
      ERR_MSG: 'version, effective, owner, zone, governs or otherwise',
    });
  });

  readonly localTime = this.RULE('localTime', () => {
    this.CONSUME(Instant);
    this.CONSUME(Zone);
  });

  readonly importing = this.RULE('importing', () => {
    this.CONSUME(kw('import'));
    this.OR({
      DEF: [
        alt(() => this.CONSUME(kw('list'))),
        alt(() => this.CONSUME(kw('group'))),
        alt(() => this.CONSUME(kw('contracts'))),
      ],
      ERR_MSG: 'list, group or contracts',
    });
    this.CONSUME(Name);
    this.CONSUME(kw('from'));
    this.CONSUME(Text, { LABEL: 'from' });
    this.OPTION(() => {
      this.CONSUME(kw('sha256'));
      this.CONSUME2(Text, { LABEL: 'hash' });
    });
  });

  readonly letting = this.RULE('letting', () => {
    this.CONSUME(kw('let'));
    this.CONSUME(Name);
    this.CONSUME(Equals);
    this.SUBRULE(this.condition);
  });

  readonly test = this.RULE('test', () => {
    this.CONSUME(kw('test'));
    this.CONSUME(Text);
    this.CONSUME(OpenCurly);
    this.MANY(() => this.SUBRULE(this.testPart));
    this.CONSUME(CloseCurly);
  });

  readonly testPart = this.RULE('testPart', () => {
    this.OR({
      DEF: [alt(() => this.SUBRULE(this.given)), alt(() => this.SUBRULE(this.expectation))],
      ERR_MSG: 'given or expect',
    });
  });

  readonly given = this.RULE('given', () => {
    this.CONSUME(kw('given'));
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('price'));
          this.CONSUME(AssetName);
          this.CONSUME(Equals);
          this.SUBRULE(this.amount);
        }),
        alt(() => {
          this.OR2([
            alt(() => this.CONSUME(kw('list'), { LABEL: 'kind' })),
            alt(() => this.CONSUME(kw('group'), { LABEL: 'kind' })),
          ]);
          this.CONSUME(Name);
          this.CONSUME2(Equals);
          this.SUBRULE(this.set);
        }),
        alt(() => {
          this.CONSUME(kw('history'));
          this.SUBRULE(this.aggregate);
          this.CONSUME3(Equals);
          this.SUBRULE2(this.amount);
          this.OPTION(() => {
            this.CONSUME(kw('with'));
            this.CONSUME(kw('this'));
            this.CONSUME(kw('one'));
            this.CONSUME(kw('seen'));
          });
        }),
        alt(() => {
          this.CONSUME(kw('now'));
          this.CONSUME4(Equals);
          this.SUBRULE(this.localTime);
        }),
        alt(() => {
          this.CONSUME(Identifier);
          this.CONSUME(OpenCurly);
          this.MANY(() => this.SUBRULE(this.fact));
          this.CONSUME(CloseCurly);
        }),
      ],
      ERR_MSG: 'an activity such as transfer, or price, list, group, history or now',
    });
  });

  readonly fact = this.RULE('fact', () => {
    this.SUBRULE(this.path);
    this.CONSUME(Equals);
    this.SUBRULE(this.factValue);
    this.CONSUME(Semicolon);
  });

  readonly factValue = this.RULE('factValue', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('user'));
          this.CONSUME(Text);
          this.MANY(() => {
            this.CONSUME(kw('role'));
            this.CONSUME2(Text, { LABEL: 'role' });
          });
        }),
        alt(() => {
          this.CONSUME3(Text);
          this.OPTION(() => {
            this.CONSUME(kw('tags'));
            this.SUBRULE(this.set);
          });
        }),
        alt(() => this.SUBRULE(this.amount)),
        alt(() => this.SUBRULE(this.listing)),
        alt(() => this.SUBRULE(this.moment)),
        alt(() => this.CONSUME(Address)),
        alt(() => this.CONSUME(AssetName)),
        alt(() => this.CONSUME(Symbol)),
        alt(() => this.CONSUME(Identifier)),
      ],
      ERR_MSG: 'a user, a text, an amount, an address, an asset, a level or a list',
    });
  });

  readonly expectation = this.RULE('expectation', () => {
    this.CONSUME(kw('expect'));
    this.OR({
      DEF: [
        alt(() => {
          this.OPTION(() => this.CONSUME(kw('not')));
          this.CONSUME(kw('matched'));
          this.SUBRULE(this.ruleNames);
        }),
        alt(() => {
          this.SUBRULE(this.effect);
          this.OPTION2(() => {
            this.CONSUME(kw('by'));
            this.SUBRULE(this.ruleName, { LABEL: 'by' });
          });
        }),
      ],
      ERR_MSG: 'allow, block, require approval, flag, matched or not matched',
    });
  });

  readonly prove = this.RULE('prove', () => {
    this.CONSUME(kw('prove'));
    this.CONSUME(Text);
    this.CONSUME(OpenCurly);
    this.OR({
      DEF: [
        alt(() => this.SUBRULE(this.provedAbsence)),
        alt(() => {
          this.CONSUME(kw('every'));
          this.CONSUME(kw('rule'));
          this.CONSUME(kw('can'));
          this.CONSUME(kw('match'));
        }),
        alt(() => this.SUBRULE(this.provedOrder)),
      ],
      ERR_MSG: 'for all, every rule can match, or this version',
    });
    this.CONSUME(CloseCurly);
  });

  readonly provedAbsence = this.RULE('provedAbsence', () => {
    this.CONSUME(kw('for'));
    this.CONSUME(kw('all'));
    this.CONSUME(Identifier);
    this.OPTION(() => {
      this.CONSUME(kw('where'));
      this.SUBRULE(this.condition);
    });
    this.CONSUME(kw('never'));
    this.SUBRULE(this.effect);
    this.OPTION2(() => {
      this.CONSUME(kw('without'));
      this.SUBRULE(this.approval);
    });
  });

  readonly provedOrder = this.RULE('provedOrder', () => {
    this.CONSUME(kw('this'));
    this.CONSUME(kw('version'));
    this.CONSUME(kw('at'));
    this.CONSUME(kw('least'));
    this.CONSUME(kw('as'));
    this.CONSUME(kw('strict'));
    this.CONSUME2(kw('as'));
    this.CONSUME2(kw('version'));
    this.CONSUME(Numeral);
    this.OPTION(() => {
      this.CONSUME(kw('except'));
      this.CONSUME(kw('rule'));
      this.SUBRULE(this.ruleNames);
    });
  });
}
