import { hue, time } from './dom.js';

/**
 * @typedef {import('../page-data.ts').PageRun} PageRun
 * @typedef {import('../page-data.ts').PageTopology} PageTopology
 * @typedef {{ time_ns: number, text: string, title: string, mark: string }} Point
 * @typedef {{ name: string, kind: string, hue: string, points: Point[] }} Lane
 */

/** What the hypervisor notices and does, though the event's subject is a partition. */
const HYPERVISOR = new Set([
  'registered',
  'refused',
  'failing',
  'failed',
  'park',
  'resume',
  'grant',
  'refusal',
  'frozen',
  'iommu_fault',
  'rolled_back',
  'recovered',
  'revoked',
]);
/** What an ambulance says of itself, though the hypervisor does the same to a partition. */
const OWN = new Set(['park', 'resume']);
const SIGNS = new Set(['oops', 'panic', 'stall', 'stopped']);

/**
 * Who did what: a lane for the hypervisor, for each partition, for each ambulance.
 * @param {PageRun} run
 * @param {PageTopology} topology
 * @returns {Lane[]}
 */
export function lanesOf(run, topology) {
  /** @type {Lane} */
  const hypervisor = { name: 'hypervisor', kind: 'hypervisor', hue: 'pn', points: [] };
  const named = [
    ...topology.lpars.map(({ name }) => ({ name, kind: 'lpar' })),
    ...topology.ambulances.map(({ name }) => ({ name, kind: 'ambulance' })),
  ].map((one) => ({ ...one, hue: hue(topology, one.name), points: /** @type {Point[]} */ ([]) }));
  const lanes = [hypervisor, ...named];
  const find = new Map(named.map((lane) => [lane.name, lane]));
  for (const event of run.record?.events ?? []) {
    const own = find.get(event.subject)?.kind === 'ambulance' && OWN.has(event.kind);
    const lane = HYPERVISOR.has(event.kind) && !own ? hypervisor : (find.get(event.subject) ?? hypervisor);
    lane.points.push(pointOf(event, lane === hypervisor));
  }
  for (const receipt of run.record?.receipts ?? []) {
    const lane = find.get(receipt.partition) ?? find.get(receipt.place) ?? hypervisor;
    const name = receipt.name ?? receipt.verb;
    const what = `${receipt.kind} ${name}: ${receipt.verb} ${receipt.place}`;
    if (receipt.fired_ns !== undefined)
      lane.points.push({
        time_ns: receipt.fired_ns,
        text: name,
        title: `${time(receipt.fired_ns)}  ${what} fired`,
        mark: receipt.kind,
      });
    // A stimulus or a request is done when it has fired; only damage waits to be read.
    if (receipt.kind === 'fault' && receipt.activated_ns !== undefined)
      lane.points.push({
        time_ns: receipt.activated_ns,
        text: `${name} activated`,
        title: `${time(receipt.activated_ns)}  ${what}: first read by the guest`,
        mark: 'activated',
      });
  }
  for (const service of run.record?.services ?? []) {
    journal(service, find.get(service.patient) ?? hypervisor);
    (find.get(service.ambulance) ?? hypervisor).points.push({
      time_ns: service.ended_ns,
      text: `service ${service.state.replace('_', ' ')}`,
      title: `${time(service.ended_ns)}  service of ${service.patient} ${service.state}: ${service.message}`,
      mark: service.state === 'done' ? 'repair' : 'bad',
    });
  }
  for (const lane of lanes) lane.points.sort((a, b) => a.time_ns - b.time_ns);
  return lanes;
}

/**
 * Every entry of the hypervisor's journal, where it was written.
 * @param {import('../../results.ts').ServiceResult} service
 * @param {Lane} lane
 */
function journal({ ambulance, writes }, lane) {
  for (const write of writes) {
    const undone = write.undone ? ', undone' : '';
    lane.points.push({
      time_ns: write.time_ns,
      text: `${write.place.slice(lane.name.length + 1)}${write.undone ? ' (undone)' : ''}`,
      title: `${time(write.time_ns)}  ${ambulance} writes ${write.place}: ${write.before} to ${write.after}${undone}`,
      mark: write.undone ? 'undone' : 'repair',
    });
  }
}

/**
 * @param {import('../../results.ts').EventResult} event
 * @param {boolean} withSubject
 * @returns {Point}
 */
function pointOf(event, withSubject) {
  const sign =
    event.detail['sign'] ?? event.detail['code'] ?? event.detail['patient'] ?? event.detail['device'];
  const words = [withSubject ? event.subject : '', event.kind.replaceAll('_', ' '), sign ?? ''].filter(
    (word) => word !== '',
  );
  const detail = Object.entries(event.detail).map(([key, value]) => `${key} ${value}`);
  const title = [`${time(event.time_ns)}  ${event.subject} ${event.kind}`, ...detail].join(', ');
  const bad =
    SIGNS.has(event.kind) ||
    ['failing', 'failed', 'refused', 'refusal', 'iommu_fault', 'frozen', 'revoked', 'rolled_back'].includes(
      event.kind,
    );
  // A rescue parks and resumes its patient for every re-read: marks enough, without a text each.
  // A write is drawn from the journal, in the lane of the patient.
  const minor = event.kind === 'park' || event.kind === 'resume' || event.kind === 'write';
  return {
    time_ns: event.time_ns,
    text: words.join(' '),
    title,
    mark: bad ? 'bad' : minor ? 'minor' : 'plain',
  };
}

/**
 * When a guest was in trouble, by its own sign or in the hypervisor's eyes, and until when: until the hypervisor said
 * that it had recovered, or without an end.
 * @param {Lane} lane
 * @param {PageRun} run
 * @returns {{ from: number, to: number }[]}
 */
export function troubles(lane, run) {
  const signs = lane.points
    .filter((point) => point.mark === 'bad' && point.time_ns >= 0)
    .map(({ time_ns }) => ({ time_ns, over: false }));
  const noticed = (run.record?.events ?? [])
    .filter(({ subject, kind }) => subject === lane.name && ['failing', 'failed', 'recovered'].includes(kind))
    .map(({ time_ns, kind }) => ({ time_ns, over: kind === 'recovered' }));
  const found = [];
  let from = Infinity;
  for (const { time_ns, over } of [...signs, ...noticed].sort((a, b) => a.time_ns - b.time_ns)) {
    if (!over) from = Math.min(from, time_ns);
    else if (from < Infinity) {
      found.push({ from, to: time_ns });
      from = Infinity;
    }
  }
  return from < Infinity ? [...found, { from, to: Infinity }] : found;
}

/** Points nearer to each other than this share of the whole belong together. */
const NEAR = 0.04;
/**
 * A stretch is worth a picture of its own when it is shorter than this share of the whole and holds this many points.
 */
const SHORT = 0.25;
const MANY = 3;

/**
 * The stretch in which most happened, when it is too short to be read in the whole.
 * @param {readonly Lane[]} lanes
 * @param {number} latest
 * @returns {{ from: number, to: number } | undefined}
 */
export function busiest(lanes, latest) {
  const times = lanes.flatMap((lane) => lane.points.map((point) => point.time_ns)).filter((at) => at > 0);
  times.sort((a, b) => a - b);
  let best = { first: 0, count: 0 };
  let first = 0;
  for (let index = 1; index <= times.length; index++) {
    const gap = index === times.length ? latest : (times[index] ?? 0) - (times[index - 1] ?? 0);
    if (gap <= latest * NEAR) continue;
    if (index - first > best.count) best = { first, count: index - first };
    first = index;
  }
  const from = times[best.first] ?? 0;
  const to = times[best.first + best.count - 1] ?? 0;
  if (best.count < MANY || to - from > latest * SHORT || to === from) return undefined;
  const margin = (to - from) * 0.08;
  return { from: Math.max(0, from - margin), to: Math.min(latest, to + margin * 2) };
}
