/** Generated from the grammar by `tools/make-grammar-types.ts`; do not edit. */
import type { CstNode, IToken } from "chevrotain";
export interface ConditionCstNode extends CstNode { name: "condition"; children: ConditionCstChildren; }
export type ConditionCstChildren = {
  unary: (UnaryCstNode)[];
  operator?: (IToken)[];
};
export interface UnaryCstNode extends CstNode { name: "unary"; children: UnaryCstChildren; }
export type UnaryCstChildren = {
  Keyword_not?: IToken[];
  unary?: UnaryCstNode[];
  OpenRound?: IToken[];
  condition?: ConditionCstNode[];
  CloseRound?: IToken[];
  Keyword_always?: IToken[];
  predicate?: PredicateCstNode[];
};
export interface PredicateCstNode extends CstNode { name: "predicate"; children: PredicateCstChildren; }
export type PredicateCstChildren = {
  operand: OperandCstNode[];
  comparison?: ComparisonCstNode[];
};
export interface ComparisonCstNode extends CstNode { name: "comparison"; children: ComparisonCstChildren; }
export type ComparisonCstChildren = {
  Sign?: IToken[];
  operand?: (OperandCstNode)[];
  Keyword_is?: IToken[];
  Keyword_not?: (IToken)[];
  Keyword_in?: IToken[];
  set?: SetCstNode[];
  Keyword_tagged?: IToken[];
  Text?: IToken[];
  Keyword_has?: IToken[];
  having?: HavingCstNode[];
  Keyword_within?: IToken[];
  hours?: HoursCstNode[];
};
export interface HavingCstNode extends CstNode { name: "having"; children: HavingCstChildren; }
export type HavingCstChildren = {
  Keyword_role?: IToken[];
  Text?: IToken[];
  Keyword_any?: IToken[];
  Keyword_all?: IToken[];
  Keyword_of?: IToken[];
  set?: SetCstNode[];
};
export interface HoursCstNode extends CstNode { name: "hours"; children: HoursCstChildren; }
export type HoursCstChildren = {
  days: DaysCstNode[];
  Comma?: IToken[];
  from: IToken[];
  Range: IToken[];
  until: IToken[];
  Zone: IToken[];
};
export interface DaysCstNode extends CstNode { name: "days"; children: DaysCstChildren; }
export type DaysCstChildren = {
  first: IToken[];
  Range?: IToken[];
  last?: IToken[];
};
export interface SetCstNode extends CstNode { name: "set"; children: SetCstChildren; }
export type SetCstChildren = {
  listing?: ListingCstNode[];
  Name?: IToken[];
};
export interface ListingCstNode extends CstNode { name: "listing"; children: ListingCstChildren; }
export type ListingCstChildren = {
  OpenSquare: IToken[];
  operand?: OperandCstNode[];
  Comma?: IToken[];
  CloseSquare: IToken[];
};
export interface OperandCstNode extends CstNode { name: "operand"; children: OperandCstChildren; }
export type OperandCstChildren = {
  aggregate?: AggregateCstNode[];
  amount?: AmountCstNode[];
  Duration?: IToken[];
  Address?: IToken[];
  AssetName?: IToken[];
  Text?: IToken[];
  Symbol?: IToken[];
  moment?: MomentCstNode[];
  path?: PathCstNode[];
};
export interface MomentCstNode extends CstNode { name: "moment"; children: MomentCstChildren; }
export type MomentCstChildren = {
  Keyword_now: IToken[];
  Plus?: IToken[];
  Duration?: IToken[];
};
export interface AmountCstNode extends CstNode { name: "amount"; children: AmountCstChildren; }
export type AmountCstChildren = {
  sign?: (IToken)[];
  Numeral: IToken[];
  Symbol?: IToken[];
};
export interface PathCstNode extends CstNode { name: "path"; children: PathCstChildren; }
export type PathCstChildren = {
  FieldName: IToken[];
  Dot?: IToken[];
  Name?: IToken[];
  Keyword_tags?: IToken[];
  Text?: IToken[];
};
export interface AggregateCstNode extends CstNode { name: "aggregate"; children: AggregateCstChildren; }
export type AggregateCstChildren = {
  function?: (IToken)[];
  OpenRound: (IToken)[];
  Keyword_distinct?: IToken[];
  of: PathCstNode[];
  CloseRound: (IToken)[];
  Keyword_over: IToken[];
  window: WindowCstNode[];
  Keyword_by?: IToken[];
  by?: PathCstNode[];
  Comma?: IToken[];
  Keyword_where?: IToken[];
  condition?: ConditionCstNode[];
  Keyword_excluding?: IToken[];
  Keyword_this?: IToken[];
};
export interface WindowCstNode extends CstNode { name: "window"; children: WindowCstChildren; }
export type WindowCstChildren = {
  Keyword_last?: IToken[];
  Duration?: IToken[];
  Keyword_calendar?: IToken[];
  unit?: (IToken)[];
};
export interface NamesCstNode extends CstNode { name: "names"; children: NamesCstChildren; }
export type NamesCstChildren = {
  Name: IToken[];
  Comma?: IToken[];
};
export interface RuleNamesCstNode extends CstNode { name: "ruleNames"; children: RuleNamesCstChildren; }
export type RuleNamesCstChildren = {
  ruleName: RuleNameCstNode[];
  Comma?: IToken[];
};
export interface RuleNameCstNode extends CstNode { name: "ruleName"; children: RuleNameCstChildren; }
export type RuleNameCstChildren = {
  name?: (IToken)[];
};
export interface TextsCstNode extends CstNode { name: "texts"; children: TextsCstChildren; }
export type TextsCstChildren = {
  Text: IToken[];
  Comma?: IToken[];
};
export interface RuleCstNode extends CstNode { name: "rule"; children: RuleCstChildren; }
export type RuleCstChildren = {
  Keyword_rule: IToken[];
  Name: IToken[];
  Text?: IToken[];
  OpenCurly: IToken[];
  clause?: ClauseCstNode[];
  CloseCurly: IToken[];
};
export interface ClauseCstNode extends CstNode { name: "clause"; children: ClauseCstChildren; }
export type ClauseCstChildren = {
  Keyword_applies?: IToken[];
  Keyword_to?: IToken[];
  names?: NamesCstNode[];
  Keyword_when?: IToken[];
  condition?: (ConditionCstNode)[];
  Keyword_unless?: IToken[];
  Keyword_then?: (IToken)[];
  effect?: (EffectCstNode)[];
  Keyword_if?: IToken[];
  Keyword_missing?: IToken[];
  Keyword_data?: IToken[];
  Keyword_because?: IToken[];
  Text?: (IToken)[];
  Keyword_control?: IToken[];
  texts?: TextsCstNode[];
  Keyword_owner?: IToken[];
};
export interface EffectCstNode extends CstNode { name: "effect"; children: EffectCstChildren; }
export type EffectCstChildren = {
  Keyword_allow?: IToken[];
  Keyword_with?: IToken[];
  approval?: (ApprovalCstNode)[];
  Keyword_block?: IToken[];
  Text?: (IToken)[];
  Keyword_require?: IToken[];
  Keyword_flag?: IToken[];
};
export interface ApprovalCstNode extends CstNode { name: "approval"; children: ApprovalCstChildren; }
export type ApprovalCstChildren = {
  Keyword_approval: IToken[];
  quorum: (QuorumCstNode)[];
  Keyword_and?: IToken[];
  Comma?: IToken[];
  approvalOption?: ApprovalOptionCstNode[];
};
export interface ApprovalOptionCstNode extends CstNode { name: "approvalOption"; children: ApprovalOptionCstChildren; }
export type ApprovalOptionCstChildren = {
  Keyword_not?: IToken[];
  Keyword_by?: (IToken)[];
  Identifier?: (IToken)[];
  Keyword_also?: IToken[];
  Keyword_expires?: IToken[];
  Keyword_after?: IToken[];
  Duration?: IToken[];
};
export interface QuorumCstNode extends CstNode { name: "quorum"; children: QuorumCstChildren; }
export type QuorumCstChildren = {
  Keyword_by: IToken[];
  Numeral: IToken[];
  Keyword_of: IToken[];
  Name: IToken[];
};
export interface TableCstNode extends CstNode { name: "table"; children: TableCstChildren; }
export type TableCstChildren = {
  Keyword_table: IToken[];
  Name: IToken[];
  Text?: IToken[];
  OpenCurly: IToken[];
  clause?: ClauseCstNode[];
  columns: ColumnsCstNode[];
  row?: RowCstNode[];
  CloseCurly: IToken[];
};
export interface ColumnsCstNode extends CstNode { name: "columns"; children: ColumnsCstChildren; }
export type ColumnsCstChildren = {
  Keyword_columns: IToken[];
  Pipe: (IToken)[];
  column: ColumnCstNode[];
};
export interface RowCstNode extends CstNode { name: "row"; children: RowCstChildren; }
export type RowCstChildren = {
  Keyword_row: IToken[];
  Pipe: (IToken)[];
  cell: CellCstNode[];
};
export interface ColumnCstNode extends CstNode { name: "column"; children: ColumnCstChildren; }
export type ColumnCstChildren = {
  Keyword_then?: IToken[];
  Keyword_because?: IToken[];
  aggregate?: AggregateCstNode[];
  path?: PathCstNode[];
  relation?: RelationCstNode[];
};
export interface RelationCstNode extends CstNode { name: "relation"; children: RelationCstChildren; }
export type RelationCstChildren = {
  Sign?: IToken[];
  Keyword_is?: IToken[];
  Keyword_not?: (IToken)[];
  Keyword_in?: IToken[];
  Keyword_tagged?: IToken[];
  Keyword_within?: IToken[];
  Keyword_has?: IToken[];
  Keyword_role?: IToken[];
  Keyword_any?: IToken[];
  Keyword_all?: IToken[];
  Keyword_of?: IToken[];
};
export interface CellCstNode extends CstNode { name: "cell"; children: CellCstChildren; }
export type CellCstChildren = {
  Keyword_any?: IToken[];
  bounds?: BoundsCstNode[];
  effect?: EffectCstNode[];
  hours?: HoursCstNode[];
  listing?: ListingCstNode[];
  operand?: OperandCstNode[];
};
export interface BoundsCstNode extends CstNode { name: "bounds"; children: BoundsCstChildren; }
export type BoundsCstChildren = {
  Keyword_above?: IToken[];
  above?: OperandCstNode[];
  Keyword_up?: (IToken)[];
  Keyword_to?: (IToken)[];
  upTo?: (OperandCstNode)[];
  Keyword_from?: IToken[];
  from?: OperandCstNode[];
  Keyword_below?: (IToken)[];
  below?: (OperandCstNode)[];
};
export interface FileCstNode extends CstNode { name: "file"; children: FileCstChildren; }
export type FileCstChildren = {
  item?: ItemCstNode[];
};
export interface ItemCstNode extends CstNode { name: "item"; children: ItemCstChildren; }
export type ItemCstChildren = {
  header?: HeaderCstNode[];
  importing?: ImportingCstNode[];
  letting?: LettingCstNode[];
  rule?: RuleCstNode[];
  table?: TableCstNode[];
  test?: TestCstNode[];
  prove?: ProveCstNode[];
};
export interface HeaderCstNode extends CstNode { name: "header"; children: HeaderCstChildren; }
export type HeaderCstChildren = {
  Keyword_policy: IToken[];
  Text: IToken[];
  OpenCurly: IToken[];
  headerPart?: HeaderPartCstNode[];
  CloseCurly: IToken[];
};
export interface HeaderPartCstNode extends CstNode { name: "headerPart"; children: HeaderPartCstChildren; }
export type HeaderPartCstChildren = {
  Keyword_version?: IToken[];
  Numeral?: IToken[];
  Keyword_effective?: IToken[];
  Keyword_from?: IToken[];
  from?: LocalTimeCstNode[];
  Keyword_until?: IToken[];
  until?: LocalTimeCstNode[];
  Keyword_owner?: IToken[];
  Text?: IToken[];
  Keyword_zone?: IToken[];
  Zone?: IToken[];
  Keyword_governs?: IToken[];
  names?: NamesCstNode[];
  Keyword_otherwise?: IToken[];
  effect?: EffectCstNode[];
};
export interface LocalTimeCstNode extends CstNode { name: "localTime"; children: LocalTimeCstChildren; }
export type LocalTimeCstChildren = {
  Instant: IToken[];
  Zone: IToken[];
};
export interface ImportingCstNode extends CstNode { name: "importing"; children: ImportingCstChildren; }
export type ImportingCstChildren = {
  Keyword_import: IToken[];
  Keyword_list?: IToken[];
  Keyword_group?: IToken[];
  Keyword_contracts?: IToken[];
  Name: IToken[];
  Keyword_from: IToken[];
  from: IToken[];
  Keyword_sha256?: IToken[];
  hash?: IToken[];
};
export interface LettingCstNode extends CstNode { name: "letting"; children: LettingCstChildren; }
export type LettingCstChildren = {
  Keyword_let: IToken[];
  Name: IToken[];
  Equals: IToken[];
  condition: ConditionCstNode[];
};
export interface TestCstNode extends CstNode { name: "test"; children: TestCstChildren; }
export type TestCstChildren = {
  Keyword_test: IToken[];
  Text: IToken[];
  OpenCurly: IToken[];
  testPart?: TestPartCstNode[];
  CloseCurly: IToken[];
};
export interface TestPartCstNode extends CstNode { name: "testPart"; children: TestPartCstChildren; }
export type TestPartCstChildren = {
  given?: GivenCstNode[];
  expectation?: ExpectationCstNode[];
};
export interface GivenCstNode extends CstNode { name: "given"; children: GivenCstChildren; }
export type GivenCstChildren = {
  Keyword_given: IToken[];
  Keyword_price?: IToken[];
  AssetName?: IToken[];
  Equals?: (IToken)[];
  amount?: (AmountCstNode)[];
  kind?: (IToken)[];
  Name?: IToken[];
  set?: SetCstNode[];
  Keyword_history?: IToken[];
  aggregate?: AggregateCstNode[];
  Keyword_with?: IToken[];
  Keyword_this?: IToken[];
  Keyword_one?: IToken[];
  Keyword_seen?: IToken[];
  Keyword_now?: IToken[];
  localTime?: LocalTimeCstNode[];
  Identifier?: IToken[];
  OpenCurly?: IToken[];
  fact?: FactCstNode[];
  CloseCurly?: IToken[];
};
export interface FactCstNode extends CstNode { name: "fact"; children: FactCstChildren; }
export type FactCstChildren = {
  path: PathCstNode[];
  Equals: IToken[];
  factValue: FactValueCstNode[];
  Semicolon: IToken[];
};
export interface FactValueCstNode extends CstNode { name: "factValue"; children: FactValueCstChildren; }
export type FactValueCstChildren = {
  Keyword_user?: IToken[];
  Text?: (IToken)[];
  Keyword_role?: IToken[];
  role?: IToken[];
  Keyword_tags?: IToken[];
  set?: SetCstNode[];
  amount?: AmountCstNode[];
  listing?: ListingCstNode[];
  moment?: MomentCstNode[];
  Address?: IToken[];
  AssetName?: IToken[];
  Symbol?: IToken[];
  Identifier?: IToken[];
};
export interface ExpectationCstNode extends CstNode { name: "expectation"; children: ExpectationCstChildren; }
export type ExpectationCstChildren = {
  Keyword_expect: IToken[];
  Keyword_not?: IToken[];
  Keyword_matched?: IToken[];
  ruleNames?: RuleNamesCstNode[];
  effect?: EffectCstNode[];
  Keyword_by?: IToken[];
  by?: RuleNameCstNode[];
};
export interface ProveCstNode extends CstNode { name: "prove"; children: ProveCstChildren; }
export type ProveCstChildren = {
  Keyword_prove: IToken[];
  Text: IToken[];
  OpenCurly: IToken[];
  provedAbsence?: ProvedAbsenceCstNode[];
  Keyword_every?: IToken[];
  Keyword_rule?: IToken[];
  Keyword_can?: IToken[];
  Keyword_match?: IToken[];
  provedOrder?: ProvedOrderCstNode[];
  CloseCurly: IToken[];
};
export interface ProvedAbsenceCstNode extends CstNode { name: "provedAbsence"; children: ProvedAbsenceCstChildren; }
export type ProvedAbsenceCstChildren = {
  Keyword_for: IToken[];
  Keyword_all: IToken[];
  Identifier: IToken[];
  Keyword_where?: IToken[];
  condition?: ConditionCstNode[];
  Keyword_never: IToken[];
  effect: EffectCstNode[];
  Keyword_without?: IToken[];
  approval?: ApprovalCstNode[];
};
export interface ProvedOrderCstNode extends CstNode { name: "provedOrder"; children: ProvedOrderCstChildren; }
export type ProvedOrderCstChildren = {
  Keyword_this: IToken[];
  Keyword_version: (IToken)[];
  Keyword_at: IToken[];
  Keyword_least: IToken[];
  Keyword_as: (IToken)[];
  Keyword_strict: IToken[];
  Numeral: IToken[];
  Keyword_except?: IToken[];
  Keyword_rule?: IToken[];
  ruleNames?: RuleNamesCstNode[];
};
