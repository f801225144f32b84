import type { StructureVerdict } from '../patient/report.ts';

/** True where more could not be looked at than could: nothing follows from that nothing was found. */
export function tooLittleJudged(verdicts: readonly Pick<StructureVerdict, 'verdict' | 'code'>[]): boolean {
  const looked = verdicts.filter(
    ({ verdict }) => verdict === 'corrupt' || verdict === 'intact' || verdict === 'unsettled',
  );
  const lost = verdicts.filter(({ verdict, code }) => verdict === 'unreachable' || code === 'NO_TYPE');
  return looked.every(({ verdict }) => verdict !== 'corrupt') && lost.length > looked.length;
}

/**
 * How far a health can be relied on: '' where every structure could be judged, else how many could not. What nobody
 * asked for is not missing.
 */
export function asFarAsJudged(verdicts: readonly Pick<StructureVerdict, 'verdict'>[]): string {
  const others = (['unreachable', 'unsettled'] as const).flatMap((kind) => {
    const count = verdicts.filter(({ verdict }) => verdict === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return others.length === 0 ? '' : `, as far as it could be judged (${others.join(', ')})`;
}
