import { cut, markup, time } from './dom.js';
import { gathered, placeLabels, step } from './labels.js';
import { busiest, lanesOf, troubles } from './lanes.js';

/**
 * @typedef {import('../page-data.ts').PageRun} PageRun
 * @typedef {import('../page-data.ts').PageTopology} PageTopology
 * @typedef {import('./lanes.js').Point} Point
 * @typedef {import('./lanes.js').Lane} Lane
 *
 * What part of the run a picture shows, and where a moment stands in it: pixels, held inside the picture.
 * `boot` is the width of the margin for what came before t = 0, or 0.
 * @typedef {{ from: number, to: number, boot: number, x: (at: number) => number }} View
 */

const GUTTER = 92;
const BOOT = 74;
/** Below this width the margin for the boot is narrower. */
const NARROW = 700;
const RIGHT = 20;
const ROWS = 7;
const ROW = 14;
const AXIS = 26;

/**
 * One lane for the hypervisor, for each partition and for each ambulance, over virtual time. What came before t = 0
 * stands in a margin that is not to scale. Where all that matters happened in a short while, a second picture shows
 * that while alone. @param {PageRun} run @param {PageTopology} topology @param {number} width pixels
 */
export function timelinePictures(run, topology, width) {
  const lanes = lanesOf(run, topology);
  const events = run.record?.events ?? [];
  const latest = events.reduce(
    (most, event) => Math.max(most, event.time_ns),
    Math.max(run.record?.duration_ns ?? 0, run.duration_ns, 1),
  );
  const boots = lanes.some((lane) => lane.points.some((point) => point.time_ns < 0));
  const whole = picture(lanes, run, viewOf(0, latest, boots, width), width);
  const busy = busiest(lanes, latest);
  if (busy === undefined) return whole;
  return markup`${whole}
    <p class="closeup dim">Close-up: ${time(Math.round(busy.from))} to ${time(Math.round(busy.to))}</p>
    ${picture(lanes, run, viewOf(busy.from, busy.to, false, width), width)}`;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {boolean} boots
 * @param {number} width
 * @returns {View}
 */
function viewOf(from, to, boots, width) {
  const boot = boots ? (width < NARROW ? BOOT - 30 : BOOT) : 0;
  const start = GUTTER + Math.max(boot, 8);
  const scale = (width - start - RIGHT) / (to - from);
  return { from, to, boot, x: (at) => start + (Math.min(to, Math.max(from, at)) - from) * scale };
}

/**
 * @param {readonly Lane[]} lanes
 * @param {PageRun} run
 * @param {View} view
 * @param {number} width
 */
function picture(lanes, run, view, width) {
  const parts = [];
  let y = AXIS;
  for (const lane of lanes) {
    const drawn = laneDrawing(lane, run, view, y, width);
    parts.push(drawn.markup);
    y += drawn.height;
  }
  const boot =
    view.boot > 0 &&
    markup`<rect class="boot" x="${GUTTER}" y="${AXIS - 4}" width="${view.boot - 8}" height="${y - AXIS + 4}" />
      <text class="dim middle" x="${GUTTER + (view.boot - 8) / 2}" y="14">boot</text>`;
  return markup`<svg
    class="timeline"
    viewBox="0 0 ${width} ${y + 6}"
    width="${width}"
    height="${y + 6}"
    role="img"
    aria-label="What happened from ${time(Math.round(view.from))} to ${time(Math.round(view.to))}"
  >
    ${boot}${axis(view, y, width)}${parts}${strikes(run, view, y)}
  </svg>`;
}

/**
 * @param {View} view
 * @param {number} bottom
 * @param {number} width
 */
function axis(view, bottom, width) {
  const every = step(view.to - view.from, (width - GUTTER) / 90);
  const ticks = [];
  for (let at = Math.ceil(view.from / every) * every; at <= view.to && ticks.length < 100; at += every)
    ticks.push(at);
  return ticks.map((at) => {
    const x = view.x(at);
    const end = x > width - 48;
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="${AXIS - 4}" y2="${bottom}" />
      <text class="${end ? 'dim end' : 'dim middle'}" x="${end ? Math.min(x + 6, width - 4) : x}" y="14"
        >${at === 0 ? '0' : time(at)}</text
      >`;
  });
}

/**
 * @param {Lane} lane
 * @param {PageRun} run
 * @param {View} view
 * @param {number} top
 * @param {number} width
 */
function laneDrawing(lane, run, view, top, width) {
  const { x } = view;
  const seen = lane.points.filter((point) => point.time_ns >= view.from && point.time_ns <= view.to);
  const places = labelPlaces(seen, view, width);
  const rows = places.reduce((most, place) => Math.max(most, (place?.row ?? -1) + 1), 0);
  const height = Math.max(40, rows * ROW + 34);
  const base = top + height - 16;
  const points = seen.map((point, index) => pointDrawing(point, x(point.time_ns), base, places[index]));
  const before = view.boot > 0 && bootDrawing(lane, view, base);
  const end = x(Math.max(run.duration_ns, 0));
  return {
    height,
    markup: markup`<g class="lane"
      ><line class="rule" x1="0" x2="${width}" y1="${top + height}" y2="${top + height}" />
      <rect class="fill ${lane.hue}" x="0" y="${base - 9}" width="4" height="18" rx="2" />
      <text class="name" x="10" y="${base + 4}"
        >${lane.name.length > 12 ? `${lane.name.slice(0, 11)}…` : lane.name}<title>
          ${lane.kind} ${lane.name}
        </title></text
      >
      <line class="base" x1="${x(view.from)}" x2="${end}" y1="${base}" y2="${base}" />
      ${trouble(lane, run, view, base, end)}${attendance(lane, run, view, base)}${beats(lane, run, view, base)}${before}${points}</g
    >`,
  };
}

/**
 * What came before t = 0, not to scale; a fault among it is named.
 * @param {Lane} lane
 * @param {View} view
 * @param {number} base
 */
function bootDrawing(lane, view, base) {
  const room = Math.floor((view.boot - 12) / 10);
  const early = lane.points.filter((point) => point.time_ns < 0);
  if (early.length === 0) return '';
  const titles = early.map((point) => point.title).join('\n');
  const fault = early.find((point) => point.mark === 'fault' || point.mark === 'bad');
  const marks = early.slice(0, room).map((point, index) => shape(point.mark, GUTTER + 10 + index * 10, base));
  const name =
    fault &&
    markup`<text class="label bad" x="${GUTTER + 4}" y="${base - 14}"
      >${cut(fault.text, Math.floor((view.boot - 8) / 6))}</text
    >`;
  return markup`<g><title>${titles}</title>${name}${marks}</g>`;
}

/**
 * Where the texts go. Where there is no room for all, those of faults and failures alone.
 * @param {readonly Point[]} points
 * @param {View} view
 * @param {number} width
 */
function labelPlaces(points, view, width) {
  /** @param {(point: Point) => boolean} wanted */
  const place = (wanted) => {
    const chosen = points.filter(wanted);
    const labels = gathered(chosen.map((point) => ({ x: view.x(point.time_ns), text: point.text })));
    const shown = labels.filter((label) => label.text !== '');
    const placed = placeLabels(shown, view.x(view.from), width - 4, ROWS);
    const places = new Map(shown.map((label, index) => [label, placed[index]]));
    return {
      all: placed.every((one) => one !== undefined),
      of: new Map(
        chosen.map((point, index) => {
          const label = /** @type {import('./labels.js').Label} */ (labels[index]);
          const at = places.get(label);
          return [point, at && { ...at, text: label.text }];
        }),
      ),
    };
  };
  const every = place((point) => point.mark !== 'minor');
  const { of } = every.all ? every : place((point) => point.mark !== 'minor' && point.mark !== 'plain');
  return points.map((point) => of.get(point));
}

/**
 * @param {Point} point
 * @param {number} at
 * @param {number} base
 * @param {{ x: number, row: number, flipped: boolean, text: string } | undefined} place
 */
function pointDrawing(point, at, base, place) {
  const y = base - 14 - (place?.row ?? 0) * ROW;
  const label =
    place &&
    markup`<line class="leader" x1="${at}" x2="${at}" y1="${y - 4}" y2="${base - 5}" />
      <text class="label ${point.mark}${place.flipped ? ' end' : ''}" x="${place.x}" y="${y}"
        >${place.text}</text
      >`;
  return markup`<g><title>${point.title}</title>${label}${shape(point.mark, at, base)}</g>`;
}

/**
 * @param {string} mark
 * @param {number} at
 * @param {number} base
 */
function shape(mark, at, base) {
  if (mark === 'fault')
    return markup`<path
      class="mark fault"
      d="M ${at - 6} ${base - 10} L ${at + 6} ${base - 10} L ${at} ${base + 2} Z"
    />`;
  if (mark === 'activated')
    return markup`<path
      class="mark fault"
      d="M ${at} ${base - 6} L ${at + 6} ${base} L ${at} ${base + 6} L ${at - 6} ${base} Z"
    />`;
  if (mark === 'repair' || mark === 'undone')
    return markup`<path
      class="mark ${mark}"
      d="M ${at} ${base - 9} L ${at} ${base + 9} M ${at - 5} ${base} L ${at + 5} ${base}"
    />`;
  if (mark === 'stimulus' || mark === 'request')
    return markup`<path
      class="mark plain"
      d="M ${at - 5} ${base - 9} L ${at + 5} ${base - 9} L ${at} ${base + 1} Z"
    />`;
  return markup`<circle class="mark ${mark}" cx="${at}" cy="${base}" r="${mark === 'minor' ? 2.5 : 4}" />`;
}

/**
 * While a guest is in trouble its line has another colour.
 * @param {Lane} lane
 * @param {PageRun} run
 * @param {View} view
 * @param {number} base
 * @param {number} end
 */
function trouble(lane, run, view, base, end) {
  if (lane.kind !== 'lpar') return '';
  return troubles(lane, run)
    .filter(({ from, to }) => from <= view.to && to >= view.from)
    .map(
      ({ from, to }) =>
        markup`<line class="base trouble" x1="${view.x(from)}" x2="${Math.min(end, view.x(to))}" y1="${base}" y2="${base}" />`,
    );
}

/**
 * A bar on the ambulance's lane, and on the patient's, from attach to release.
 * @param {Lane} lane
 * @param {PageRun} run
 * @param {View} view
 * @param {number} base
 */
function attendance(lane, run, view, base) {
  const { x, from: start, to: end } = view;
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
      if (to < start || rescue.attached_ns > end) return '';
      const title = `${rescue.ambulance} at ${rescue.patient}: attached ${time(rescue.attached_ns)}, diagnosed ${time(rescue.diagnosed_ns)}, left ${time(to)}`;
      return markup`<rect
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
 * @param {View} view
 * @param {number} base
 */
function beats(lane, run, view, base) {
  const { x } = view;
  const of = run.beats.find((one) => one.partition === lane.name);
  if (of === undefined || lane.kind !== 'lpar') return '';
  const ticks = (of.ticks ?? []).filter((at) => at * 1000 >= view.from && at * 1000 <= view.to);
  const path = ticks.map((at) => `M ${x(at * 1000).toFixed(1)} ${base - 4} v 8`).join(' ');
  const stretches = (of.stretches ?? []).filter(
    ([from, to]) => to * 1000 >= view.from && from * 1000 <= view.to,
  );
  const bars = stretches.map(
    ([from, to, count]) =>
      markup`<rect
        class="beating"
        x="${x(from * 1000)}"
        y="${base - 4}"
        width="${Math.max(1, x(to * 1000) - x(from * 1000))}"
        height="8"
        ><title>about ${count} heartbeats, ${time(from * 1000)} to ${time(to * 1000)}</title></rect
      >`,
  );
  return markup`${path !== '' && markup`<path class="beat" d="${path}"><title>${ticks.length} heartbeats</title></path>`}${bars}`;
}

/**
 * A line through all lanes for every fault, so that one sees what came after it.
 * @param {PageRun} run
 * @param {View} view
 * @param {number} bottom
 */
function strikes(run, view, bottom) {
  return (run.record?.receipts ?? []).map(({ kind, fired_ns }) => {
    if (kind !== 'fault' || fired_ns === undefined || fired_ns < view.from || fired_ns > view.to) return '';
    const x = view.x(fired_ns);
    return markup`<line class="strike" x1="${x}" x2="${x}" y1="${AXIS - 4}" y2="${bottom}" />`;
  });
}
