import type { Partition, Target } from '../target/target.ts';
import { numberIn } from '../model/number-field.ts';
import { integerOf } from './integer.ts';
import { logText } from './log-text.ts';
import { declaredName } from './declared.ts';
import { openKernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace, Place } from './place.ts';
import type { Value } from './value.ts';

const TEXT_LIMIT = 4096;

/** The bytes of a place, at most `limit` of them, from the first; undefined when they cannot be read. */
export function readBytes(target: Target, place: Place, limit: number): Uint8Array | undefined {
  if (place.kind === 'machine') {
    const into = new Uint8Array(Math.min(place.bytes, limit));
    return target.machine?.read(place.address, into) ? into : undefined;
  }
  if (place.kind !== 'bytes') return undefined;
  const partition = partitionOf(target, place.partition);
  const into = new Uint8Array(Math.min(place.bytes, limit));
  let done = 0;
  for (const run of place.runs) {
    const step = Math.min(run.bytes, into.length - done);
    if (step <= 0) break;
    if (!partition?.memory.read(run.physical, into.subarray(done, done + step))) return undefined;
    done += step;
  }
  return into;
}

/** What stands at a place: an integer, a text, a register; structures as a whole have no value. */
export function readValue(target: Target, place: Place): Outcome<Value> {
  if (place.kind === 'register') {
    const cpu = partitionOf(target, place.partition)?.cpus[place.cpu];
    return cpu
      ? found({ kind: 'int', value: cpu.get(place.register) })
      : lost('NOT_FOUND', place.text, 'no such CPU');
  }
  if (place.kind === 'thing' || place.kind === 'collection') {
    return lost('TYPE', place.text, 'it has no value of its own');
  }
  if (place.kind === 'bytes' && place.element === 'log') return readLog(target, place);
  const reading = place.kind === 'bytes' ? place.reading : undefined;
  const bytes = readBytes(target, place, TEXT_LIMIT);
  if (!bytes) return lost('UNMAPPED', place.text, 'it cannot be read');
  if (reading === 'text') {
    const end = bytes.indexOf(0);
    return found({
      kind: 'string',
      value: Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1'),
    });
  }
  if (place.kind === 'bytes' && place.number)
    return found({ kind: 'int', value: numberIn(place.number, bytes) });
  if (![1, 2, 4, 8].includes(place.bytes))
    return lost('TYPE', place.text, `its ${place.bytes} bytes are no number`);
  return found({ kind: 'int', value: integerOf(bytes, reading === 'signed') });
}

/** The name of an enumeration's value at a place; undefined when its type is none or the value has no name. */
export function enumeratorAt(target: Target, place: BytesPlace): string | undefined {
  const partition = partitionOf(target, place.partition);
  const kernel = partition && openKernel(partition);
  const btf = kernel?.ok ? kernel.value.btf() : undefined;
  const value = readValue(target, place);
  if (place.declared && kernel?.ok && kernel.value.declared && value.ok && value.value.kind === 'int')
    return declaredName(kernel.value.declared, place.declared, value.value.value);
  if (!btf?.ok || place.type === undefined || !value.ok || value.value.kind !== 'int') return undefined;
  const number = Number(value.value.value);
  return btf.value.enumerators(place.type).find((known) => known.value === number)?.name;
}

export function partitionOf(target: Target, name: string): Partition | undefined {
  return target.partitions.find((partition) => partition.name === name);
}

function readLog(target: Target, place: BytesPlace): Outcome<Value> {
  const partition = partitionOf(target, place.partition);
  const kernel = partition && openKernel(partition);
  if (!kernel) return lost('NO_PARTITION', place.partition, 'there is no such partition');
  if (!kernel.ok) return kernel;
  const text = logText(kernel.value, place);
  return text.ok ? found({ kind: 'string', value: text.value }) : text;
}
