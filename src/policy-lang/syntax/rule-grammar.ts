/** The part of the grammar that rules and tables are written in: clauses, effects, approvals, rows. */
import { ConditionParser, alt } from './condition-grammar.ts';
import {
  CloseCurly,
  Comma,
  Duration,
  Identifier,
  Name,
  Numeral,
  OpenCurly,
  Pipe,
  RowName,
  Sign,
  Text,
  kw,
} from './tokens.ts';

export abstract class RuleParser extends ConditionParser {
  readonly names = this.RULE('names', () => {
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.CONSUME(Name) });
  });

  /** Rules, and rows of tables: `payment-matrix/2`. */
  readonly ruleNames = this.RULE('ruleNames', () => {
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.ruleName) });
  });

  readonly ruleName = this.RULE('ruleName', () => {
    this.OR({
      DEF: [
        alt(() => this.CONSUME(RowName, { LABEL: 'name' })),
        alt(() => this.CONSUME(Name, { LABEL: 'name' })),
      ],
      ERR_MSG: 'the name of a rule',
    });
  });

  readonly texts = this.RULE('texts', () => {
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.CONSUME(Text) });
  });

  readonly rule = this.RULE('rule', () => {
    this.CONSUME(kw('rule'));
    this.CONSUME(Name);
    this.OPTION(() => this.CONSUME(Text));
    this.CONSUME(OpenCurly);
    this.MANY(() => this.SUBRULE(this.clause));
    this.CONSUME(CloseCurly);
  });

  readonly clause = this.RULE('clause', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('applies'));
          this.CONSUME(kw('to'));
          this.SUBRULE(this.names);
        }),
        alt(() => {
          this.CONSUME(kw('when'));
          this.SUBRULE(this.condition);
        }),
        alt(() => {
          this.CONSUME(kw('unless'));
          this.SUBRULE2(this.condition);
        }),
        alt(() => {
          this.CONSUME(kw('then'));
          this.SUBRULE(this.effect);
        }),
        alt(() => {
          this.CONSUME(kw('if'));
          this.CONSUME(kw('missing'));
          this.CONSUME(kw('data'));
          this.CONSUME2(kw('then'));
          this.SUBRULE2(this.effect);
        }),
        alt(() => {
          this.CONSUME(kw('because'));
          this.CONSUME(Text);
        }),
        alt(() => {
          this.CONSUME(kw('control'));
          this.SUBRULE(this.texts);
        }),
        alt(() => {
          this.CONSUME(kw('owner'));
          this.CONSUME2(Text);
        }),
      ],
      ERR_MSG: 'when, unless, then, if missing data then, because, control, owner or applies to',
    });
  });

  readonly effect = this.RULE('effect', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('allow'));
          this.OPTION(() => {
            this.CONSUME(kw('with'));
            this.SUBRULE(this.approval);
          });
        }),
        alt(() => {
          this.CONSUME(kw('block'));
          this.OPTION2(() => this.CONSUME(Text));
        }),
        alt(() => {
          this.CONSUME(kw('require'));
          this.SUBRULE2(this.approval);
        }),
        alt(() => {
          this.CONSUME(kw('flag'));
          this.OPTION3(() => this.CONSUME2(Text));
        }),
      ],
      ERR_MSG: 'allow, block, require approval or flag',
    });
  });

  readonly approval = this.RULE('approval', () => {
    this.CONSUME(kw('approval'));
    this.SUBRULE(this.quorum);
    this.MANY(() => {
      this.CONSUME(kw('and'));
      this.SUBRULE2(this.quorum);
    });
    this.MANY2(() => {
      this.CONSUME(Comma);
      this.SUBRULE(this.approvalOption);
    });
  });

  readonly approvalOption = this.RULE('approvalOption', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('not'));
          this.CONSUME(kw('by'));
          this.CONSUME(Identifier);
        }),
        alt(() => {
          this.CONSUME(kw('also'));
          this.CONSUME2(kw('by'));
          this.CONSUME2(Identifier);
        }),
        alt(() => {
          this.CONSUME(kw('expires'));
          this.CONSUME(kw('after'));
          this.CONSUME(Duration);
        }),
      ],
      ERR_MSG: 'not by initiator, also by initiator or expires after',
    });
  });

  readonly quorum = this.RULE('quorum', () => {
    this.CONSUME(kw('by'));
    this.CONSUME(Numeral);
    this.CONSUME(kw('of'));
    this.CONSUME(Name);
  });

  /** What all rows share, the columns, then one row after another. */
  readonly table = this.RULE('table', () => {
    this.CONSUME(kw('table'));
    this.CONSUME(Name);
    this.OPTION(() => this.CONSUME(Text));
    this.CONSUME(OpenCurly);
    this.MANY(() => this.SUBRULE(this.clause));
    this.SUBRULE(this.columns);
    this.MANY2(() => this.SUBRULE(this.row));
    this.CONSUME(CloseCurly);
  });

  readonly columns = this.RULE('columns', () => {
    this.CONSUME(kw('columns'));
    this.CONSUME(Pipe);
    this.AT_LEAST_ONE(() => {
      this.SUBRULE(this.column);
      this.CONSUME2(Pipe);
    });
  });

  readonly row = this.RULE('row', () => {
    this.CONSUME(kw('row'));
    this.CONSUME(Pipe);
    this.AT_LEAST_ONE(() => {
      this.SUBRULE(this.cell);
      this.CONSUME2(Pipe);
    });
  });

  /** The beginning of a comparison, which each cell completes; or `then`. */
  readonly column = this.RULE('column', () => {
    this.OR({
      DEF: [
        alt(() => this.CONSUME(kw('then'))),
        alt(() => this.CONSUME(kw('because'))),
        alt(() => {
          this.OR2([alt(() => this.SUBRULE(this.aggregate)), alt(() => this.SUBRULE(this.path))]);
          this.OPTION(() => this.SUBRULE(this.relation));
        }),
      ],
      ERR_MSG: 'a field such as value, or then',
    });
  });

  readonly relation = this.RULE('relation', () => {
    this.OR({
      DEF: [
        alt(() => this.CONSUME(Sign)),
        alt(() => {
          this.CONSUME(kw('is'));
          this.OPTION(() => this.CONSUME(kw('not')));
        }),
        alt(() => {
          this.OPTION2(() => this.CONSUME2(kw('not')));
          this.CONSUME(kw('in'));
        }),
        alt(() => this.CONSUME(kw('tagged'))),
        alt(() => this.CONSUME(kw('within'))),
        alt(() => {
          this.CONSUME(kw('has'));
          this.OR2([
            alt(() => this.CONSUME(kw('role'))),
            alt(() => {
              this.OR3([alt(() => this.CONSUME(kw('any'))), alt(() => this.CONSUME(kw('all')))]);
              this.CONSUME(kw('of'));
            }),
          ]);
        }),
      ],
      ERR_MSG: 'tagged, in, not in, is, has, within or a sign such as >',
    });
  });

  readonly cell = this.RULE('cell', () => {
    this.OR({
      DEF: [
        alt(() => this.CONSUME(kw('any'))),
        alt(() => this.SUBRULE(this.bounds)),
        alt(() => this.SUBRULE(this.effect)),
        alt(() => this.SUBRULE(this.hours)),
        alt(() => this.SUBRULE(this.listing)),
        alt(() => this.SUBRULE(this.operand)),
      ],
      ERR_MSG: 'any, a value, a bound such as up to 10,000 USD, a list or an effect',
    });
  });

  /** `up to A`, `above A`, `above A up to B`, `from A`, `from A below B`, `below B`. */
  readonly bounds = this.RULE('bounds', () => {
    this.OR([
      alt(() => {
        this.CONSUME(kw('above'));
        this.SUBRULE(this.operand, { LABEL: 'above' });
        this.OPTION(() => {
          this.CONSUME(kw('up'));
          this.CONSUME(kw('to'));
          this.SUBRULE2(this.operand, { LABEL: 'upTo' });
        });
      }),
      alt(() => {
        this.CONSUME(kw('from'));
        this.SUBRULE3(this.operand, { LABEL: 'from' });
        this.OPTION2(() => {
          this.CONSUME(kw('below'));
          this.SUBRULE4(this.operand, { LABEL: 'below' });
        });
      }),
      alt(() => {
        this.CONSUME2(kw('up'));
        this.CONSUME2(kw('to'));
        this.SUBRULE5(this.operand, { LABEL: 'upTo' });
      }),
      alt(() => {
        this.CONSUME2(kw('below'));
        this.SUBRULE6(this.operand, { LABEL: 'below' });
      }),
    ]);
  });
}
