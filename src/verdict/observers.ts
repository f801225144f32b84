import type { Expression } from '../model/expression.ts';
import { formatTime } from '../base/units.ts';
import { printExpression } from '../model/print.ts';
import type { Claim } from '../model/scenario.ts';
import { explain } from '../place/outcome.ts';
import { formatValue } from '../place/value.ts';
import { changedNothing } from '../record/receipt.ts';
import type { TwinComparison } from '../record/record.ts';
import type { Coverage } from './coverage.ts';
import { seeDiagnosis } from './diagnosis.ts';
import type { Case } from './facts.ts';
import { seeGuest } from './guest.ts';
import { seeHypervisor } from './hypervisor.ts';
import { sameLeeway } from './leeway.ts';
import { whyUnattended } from './reports.ts';
import { seeService } from './service.ts';
import type { Sight } from './sight.ts';
import { allOf, blind, negatedIf } from './sight.ts';
import { seeVerdict } from './structures.ts';

/** What the claim's observer saw, the claim's negation applied to each of its subjects. */
export function observe(claim: Claim, run: Case, coverage: Coverage): Sight {
  if (claim.observer === 'check') return seeCheck(claim, run);
  return allOf(
    claim.subjects.map((path) => {
      switch (claim.observer) {
        case 'guest':
          return negatedIf(claim.negated, seeGuest(claim, path.root, run));
        case 'hypervisor':
          return negatedIf(claim.negated, seeHypervisor(claim, path, run));
        case 'verdict':
          return negatedIf(claim.negated, seeVerdict(claim, path, run, coverage.excused));
        case 'diagnosis':
          return negatedIf(claim.negated, seeDiagnosis(claim, path.root, run));
        case 'service':
          return negatedIf(claim.negated, seeService(claim, path.root, run));
        default:
          return negatedIf(claim.negated, seeBystander(claim, path.root, run));
      }
    }),
  );
}

/**
 * Whether the partition is bit by bit as in the run without the fault (contained) or without the rescue (undisturbed).
 * Where there was no fault, or no rescue, two runs that are one and the same say nothing.
 */
function seeBystander(claim: Claim, partition: string, run: Case): Sight {
  return allOf(
    claim.states.map((state) => {
      const nothing = state === 'undisturbed' ? noRescue(run) : noFault(run);
      if (nothing !== undefined) return blind(nothing);
      const twin = run.record.twins.find(
        (known) => known.claim === state && known.partition === partition && sameLeeway(claim, known),
      );
      if (!twin) return blind(`${partition} was not compared with a twin`);
      if (twin.blind !== undefined) return blind(twin.blind);
      return {
        met: twin.identical,
        seen: twin.identical ? `${partition} is ${alike(twin)}` : `${partition} differs: ${twin.difference}`,
      };
    }),
  );
}

/** How alike two runs are that nothing was found between. */
function alike({ leeway, known }: TwinComparison): string {
  if (known) return 'bit-identical: nothing reached it';
  const slack = leeway?.slack_ns ? `alike, times within ${formatTime(leeway.slack_ns)}` : 'bit-identical';
  return leeway?.except.length ? `${slack}, but for its traffic with ${leeway.except.join(', ')}` : slack;
}

function noRescue(run: Case): string | undefined {
  // One that died on the way had come, though it concluded nothing.
  if (run.record.reports.length > 0 || run.record.events.some(({ kind }) => kind === 'revoked'))
    return undefined;
  return `${whyUnattended(run)}: there is nothing to be undisturbed by`;
}

function noFault({ record }: Case): string | undefined {
  const fired = record.receipts.filter((one) => one.kind !== 'request' && one.fired_ns !== undefined);
  if (fired.length > 0 && fired.every(changedNothing))
    return 'the fault changed nothing: there is nothing to be contained';
  return fired.length > 0 ? undefined : 'no fault fired: there is nothing to be contained';
}

function seeCheck(claim: Claim, run: Case): Sight {
  const { check } = claim;
  if (!check) return blind('there is nothing to check');
  const value = run.facts.value(check);
  if (!value.ok) return { ...blind(explain(value)), broken: true };
  if (value.value.kind !== 'bool')
    return { ...blind(`it is ${formatValue(value.value)}, neither true nor false`), broken: true };
  return negatedIf(claim.negated, { met: value.value.value, seen: operands(check, run) });
}

/** `db.cpu_time / elapsed is 31%`: what stands on both sides of a comparison, down to the parts of `and` and `or`. */
function operands(check: Expression, run: Case): string {
  if (check.kind === 'unary' && check.operator === 'not') return operands(check.operand, run);
  if (check.kind !== 'binary') return told(check, run);
  const sides = [check.left, check.right];
  if (check.operator === 'and' || check.operator === 'or')
    return sides.map((side) => operands(side, run)).join('; ');
  return sides
    .filter((side) => !isLiteral(side))
    .map((side) => told(side, run))
    .join(', ');
}

function told(expression: Expression, run: Case): string {
  const value = run.facts.value(expression);
  return `${printExpression(expression)} is ${value.ok ? formatValue(value.value) : `unknown (${value.message})`}`;
}

function isLiteral(expression: Expression): boolean {
  if (expression.kind === 'word' && expression.value === 'elapsed') return false;
  return ['int', 'time', 'size', 'percent', 'string', 'bool', 'word'].includes(expression.kind);
}
