import { html, hue, time } from './dom.js';
import { placeLabels, step } from './labels.js';

/**
 * @typedef {import('../page-data.ts').PageRun} PageRun
 * @typedef {import('../page-data.ts').PageTopology} PageTopology
 * @typedef {{ time_ns: number, text: string, title: string, mark: string }} Point
 * @typedef {{ name: string, kind: string, hue: string, points: Point[] }} Lane
 */

const GUTTER = 92;
const BOOT = 74;
const RIGHT = 14;
const ROWS = 5;
const ROW = 14;
const AXIS = 26;

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
]);
const SIGNS = new Set(['oops', 'panic', 'stall', 'stopped']);

/**
 * One lane for the hypervisor, for each partition and for each ambulance, over virtual time. What came before t = 0 stands in a margin
 * that is not to scale.
 * @param {PageRun} run
 * @param {PageTopology} topology
 * @param {number} width pixels
 */
export function timelinePicture(run, topology, width) {
  const lanes = lanesOf(run, topology);
  const events = run.record?.events ?? [];
  const latest = Math.max(
    run.record?.duration_ns ?? 0,
    run.duration_ns,
    1,
    ...events.map((event) => event.time_ns),
  );
  const boots = lanes.some((lane) => lane.points.some((point) => point.time_ns < 0));
  const start = GUTTER + (boots ? BOOT : 8);
  const scale = (width - start - RIGHT) / latest;
  /** @param {number} at */
  const x = (at) => (at < 0 ? start - BOOT / 2 : start + at * scale);
  const parts = [];
  let y = AXIS;
  const tops = new Map();
  for (const lane of lanes) {
    const drawn = laneDrawing(lane, run, x, y, width);
    tops.set(lane.name, { top: y, base: y + drawn.height - 12 });
    parts.push(drawn.markup);
    y += drawn.height;
  }
  const boot =
    boots &&
    html`<rect class="boot" x="${GUTTER}" y="${AXIS - 4}" width="${BOOT - 8}" height="${y - AXIS + 4}" />
      <text class="dim middle" x="${GUTTER + (BOOT - 8) / 2}" y="14">boot</text>`;
  return html`<svg
    class="timeline"
    viewBox="0 0 ${width} ${y + 6}"
    width="${width}"
    height="${y + 6}"
    role="img"
    aria-label="What happened over ${time(latest)} of virtual time"
  >
    ${boot}${axis(latest, x, y, width)}${parts}${strikes(run, x, tops, y)}
  </svg>`;
}

/**
 * @param {number} latest
 * @param {(at: number) => number} x
 * @param {number} bottom
 * @param {number} width
 */
function axis(latest, x, bottom, width) {
  const every = step(latest, (width - GUTTER) / 90);
  const ticks = [];
  for (let at = 0; at <= latest && ticks.length < 100; at += every) ticks.push(at);
  return ticks.map((at) => {
    const end = x(at) > width - 40;
    return html`<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${AXIS - 4}" y2="${bottom}" />
      <text class="${end ? 'dim end' : 'dim middle'}" x="${end ? x(at) + 6 : x(at)}" y="14"
        >${time(at)}</text
      >`;
  });
}

/**
 * @param {PageRun} run
 * @param {PageTopology} topology
 * @returns {Lane[]}
 */
function lanesOf(run, topology) {
  /** @type {Lane} */
  const hypervisor = { name: 'hypervisor', kind: 'hypervisor', hue: 'pn', points: [] };
  const named = [
    ...topology.lpars.map(({ name }) => ({ name, kind: 'lpar' })),
    ...topology.ambulances.map(({ name }) => ({ name, kind: 'ambulance' })),
  ].map((one) => ({ ...one, hue: hue(topology, one.name), points: /** @type {Point[]} */ ([]) }));
  const lanes = [hypervisor, ...named];
  const find = new Map(named.map((lane) => [lane.name, lane]));
  for (const event of run.record?.events ?? []) {
    const theirs = HYPERVISOR.has(event.kind);
    const lane = theirs ? hypervisor : (find.get(event.subject) ?? hypervisor);
    lane.points.push(pointOf(event, lane === hypervisor));
  }
  for (const receipt of run.record?.receipts ?? []) {
    const lane = find.get(receipt.partition) ?? hypervisor;
    const name = receipt.name ?? receipt.verb;
    const what = `${receipt.kind} ${name}: ${receipt.verb} ${receipt.place}`;
    if (receipt.fired_ns !== undefined)
      lane.points.push({
        time_ns: receipt.fired_ns,
        text: name,
        title: `${time(receipt.fired_ns)}  ${what} fired`,
        mark: receipt.kind,
      });
    if (receipt.activated_ns !== undefined)
      lane.points.push({
        time_ns: receipt.activated_ns,
        text: `${name} read`,
        title: `${time(receipt.activated_ns)}  ${what}: first read by the guest`,
        mark: 'activated',
      });
  }
  for (const lane of lanes) lane.points.sort((a, b) => a.time_ns - b.time_ns);
  return lanes;
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
    ['failing', 'failed', 'refused', 'refusal', 'iommu_fault', 'frozen'].includes(event.kind);
  return { time_ns: event.time_ns, text: words.join(' '), title, mark: bad ? 'bad' : 'plain' };
}

/**
 * @param {Lane} lane
 * @param {PageRun} run
 * @param {(at: number) => number} x
 * @param {number} top
 * @param {number} width
 */
function laneDrawing(lane, run, x, top, width) {
  const seen = lane.points.filter((point) => point.time_ns >= 0);
  const places = placeLabels(
    seen.map((point) => ({ x: x(point.time_ns), text: point.text })),
    x(0),
    width - 4,
    ROWS,
  );
  const rows = places.reduce((most, place) => Math.max(most, (place?.row ?? -1) + 1), 0);
  const height = Math.max(40, rows * ROW + 34);
  const base = top + height - 16;
  const points = seen.map((point, index) => pointDrawing(point, x(point.time_ns), base, places[index]));
  const early = lane.points.filter((point) => point.time_ns < 0);
  const titles = early.map((point) => point.title).join('\n');
  const before =
    early.length > 0 &&
    html`<g
      ><title>${titles}</title
      >${early.slice(0, 6).map((point, index) => html`<circle class="mark ${point.mark}" cx="${GUTTER + 10 + index * 9}" cy="${base}" r="3.5" />`)}</g
    >`;
  const end = x(Math.max(run.duration_ns, 0));
  return {
    height,
    markup: html`<g class="lane"
      ><line class="rule" x1="0" x2="${width}" y1="${top + height}" y2="${top + height}" />
      <rect class="fill ${lane.hue}" x="0" y="${base - 9}" width="4" height="18" rx="2" />
      <text class="name" x="10" y="${base + 4}"
        >${lane.name.length > 12 ? `${lane.name.slice(0, 11)}…` : lane.name}<title>
          ${lane.kind} ${lane.name}
        </title></text
      >
      <line class="base" x1="${x(0)}" x2="${end}" y1="${base}" y2="${base}" />
      ${trouble(lane, x, base, end)}${attendance(lane, run, x, base)}${beats(lane, run, x, base)}${before}${points}</g
    >`,
  };
}

/**
 * @param {Point} point
 * @param {number} at
 * @param {number} base
 * @param {import('./labels.js').Placed} place
 */
function pointDrawing(point, at, base, place) {
  const y = base - 14 - (place?.row ?? 0) * ROW;
  const label =
    place &&
    html`<line class="leader" x1="${at}" x2="${at}" y1="${y - 4}" y2="${base - 5}" />
      <text class="label ${point.mark}${place.flipped ? ' end' : ''}" x="${place.x}" y="${y}"
        >${point.text}</text
      >`;
  return html`<g><title>${point.title}</title>${label}${shape(point.mark, at, base)}</g>`;
}

/**
 * @param {string} mark
 * @param {number} at
 * @param {number} base
 */
function shape(mark, at, base) {
  if (mark === 'fault')
    return html`<path
      class="mark fault"
      d="M ${at - 6} ${base - 10} L ${at + 6} ${base - 10} L ${at} ${base + 2} Z"
    />`;
  if (mark === 'activated')
    return html`<path
      class="mark fault"
      d="M ${at} ${base - 6} L ${at + 6} ${base} L ${at} ${base + 6} L ${at - 6} ${base} Z"
    />`;
  if (mark === 'stimulus' || mark === 'request')
    return html`<path
      class="mark plain"
      d="M ${at - 5} ${base - 9} L ${at + 5} ${base - 9} L ${at} ${base + 1} Z"
    />`;
  return html`<circle class="mark ${mark}" cx="${at}" cy="${base}" r="4" />`;
}

/**
 * From a guest's first oops, panic or lock-up on, its line changes colour.
 * @param {Lane} lane
 * @param {(at: number) => number} x
 * @param {number} base
 * @param {number} end
 */
function trouble(lane, x, base, end) {
  if (lane.kind !== 'lpar') return '';
  const first = lane.points.find((point) => point.mark === 'bad' && point.time_ns >= 0);
  if (first === undefined) return '';
  return html`<line class="base trouble" x1="${x(first.time_ns)}" x2="${end}" y1="${base}" y2="${base}" />`;
}

/**
 * A bar on the ambulance's lane, and on the patient's, from attach to release.
 * @param {Lane} lane
 * @param {PageRun} run
 * @param {(at: number) => number} x
 * @param {number} base
 */
function attendance(lane, run, x, base) {
  return (run.record?.rescues ?? [])
    .filter((rescue) => (lane.kind === 'ambulance' ? rescue.ambulance : rescue.patient) === lane.name)
    .map((rescue) => {
      const release = run.record?.events.find(
        (event) =>
          event.kind === 'release' &&
          event.subject === rescue.ambulance &&
          event.time_ns >= rescue.diagnosed_ns &&
          event.detail['patient'] === rescue.patient,
      );
      const to = release?.time_ns ?? rescue.diagnosed_ns;
      const title = `${rescue.ambulance} at ${rescue.patient}: attached ${time(rescue.attached_ns)}, diagnosed ${time(rescue.diagnosed_ns)}, left ${time(to)}`;
      return html`<rect
        class="attended"
        x="${x(rescue.attached_ns)}"
        y="${base - 5}"
        width="${Math.max(2, x(to) - x(rescue.attached_ns))}"
        height="10"
        rx="2"
        ><title>${title}</title></rect
      >`;
    });
}

/**
 * @param {Lane} lane
 * @param {PageRun} run
 * @param {(at: number) => number} x
 * @param {number} base
 */
function beats(lane, run, x, base) {
  const of = run.beats.find((one) => one.partition === lane.name);
  if (of === undefined || lane.kind !== 'lpar') return '';
  const ticks = (of.ticks ?? []).filter((at) => at >= 0);
  const path = ticks.map((at) => `M ${x(at * 1000).toFixed(1)} ${base - 4} v 8`).join(' ');
  const bars = (of.stretches ?? []).map(
    ([from, to, count]) =>
      html`<rect
        class="beating"
        x="${x(from * 1000)}"
        y="${base - 4}"
        width="${Math.max(1, x(to * 1000) - x(from * 1000))}"
        height="8"
        ><title>${count} heartbeats, ${time(from * 1000)} to ${time(to * 1000)}</title></rect
      >`,
  );
  return html`${path !== '' && html`<path class="beat" d="${path}"><title>${ticks.length} heartbeats</title></path>`}${bars}`;
}

/**
 * A line through all lanes for every fault, so that one sees what came after it.
 * @param {PageRun} run
 * @param {(at: number) => number} x
 * @param {ReadonlyMap<string, { top: number, base: number }>} tops
 * @param {number} bottom
 */
function strikes(run, x, tops, bottom) {
  return (run.record?.receipts ?? [])
    .filter(
      (receipt) =>
        receipt.kind === 'fault' && receipt.fired_ns !== undefined && receipt.fired_ns >= 0 && tops.size > 0,
    )
    .map(
      (receipt) =>
        html`<line
          class="strike"
          x1="${x(receipt.fired_ns ?? 0)}"
          x2="${x(receipt.fired_ns ?? 0)}"
          y1="${AXIS - 4}"
          y2="${bottom}"
        />`,
    );
}
