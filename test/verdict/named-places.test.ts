import { describe, expect, it } from 'vitest';
import { withNames } from '../../src/verdict/named-places.ts';
import { diagnosis, finding, record, report } from '../support/records.ts';
import { NO_FACTS } from './judge-with.ts';

describe('what a rescuer knows by its address only', () => {
  const bare = 'web.address(0xffff888000a23100)';
  const found = [
    finding('cpu_freelists', 'FREELIST_CYCLE', bare),
    finding('tasks', 'LIST_NULL', 'web.tasks["nginx"].tasks.next'),
  ];
  const run = record({ reports: [report({ findings: found, diagnosis: [diagnosis('double_free', bare)] })] });
  const places = ({ reports }: typeof run): string[] =>
    reports.flatMap((one) => [...one.findings, ...one.diagnosis].map(({ place }) => place));

  it('is named by what lies there, and keeps its address', () => {
    const asked: [string, number][] = [];
    const named = withNames(run, {
      ...NO_FACTS,
      nameOf: (partition, address) => (asked.push([partition, address]), 'slabs["kmalloc-64"].objects[4]'),
    });
    const object = 'web.slabs["kmalloc-64"].objects[4]';
    expect(places(named)).toEqual([object, 'web.tasks["nginx"].tasks.next', object]);
    expect(asked).toEqual([['web', Number(BigInt.asIntN(64, 0xffff888000a23100n))]]);
    expect(named.reports[0]?.findings[0]?.address).toBe(found[0]!.address);
  });

  it('stays what it is where nothing is known of it', () => {
    expect(withNames(run, NO_FACTS)).toEqual(run);
    expect(withNames(run, { ...NO_FACTS, nameOf: () => undefined })).toEqual(run);
  });
});
