import { cut, markup, hue, ranges, size, time } from './dom.js';

/** @typedef {import('../page-data.ts').PageTopology} PageTopology */
/** @typedef {import('./dom.js').Markup} Markup */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

const GUTTER = 84;
const PAD = 16;
const CPU = 28;
const GAP = 6;
const BAR = 30;
const LINE = 17;

/**
 * The machine as a picture: CPUs, memory and devices in their owners' colours, the partitions, and the ambulances with
 * arrows to whom they attend (solid where one came in this run). @param {PageTopology} topology @param {number} width
 * pixels @param {{ attended: ReadonlySet<string>, health: ReadonlyMap<string, string>, struck: ReadonlySet<string> }}
 * run @returns {Markup}
 */
export function topologyPicture(topology, width, run) {
  const inner = width - 2 * PAD;
  const parts = [];
  let y = PAD + 22;
  const cpus = cpuRow(topology, inner, y);
  parts.push(cpus.drawn);
  y += cpus.height + 12;
  parts.push(memoryBar(topology, inner, y));
  y += BAR + 14;
  const devices = deviceRow(topology, inner, y);
  parts.push(devices.drawn);
  y += devices.height + 8;
  const lpars = boxes(topology.lpars.length, inner, y, 6 * LINE + 18);
  const bottom = Math.max(y, ...lpars.map((box) => box.y + box.height));
  const ambulances = boxes(topology.ambulances.length, inner, bottom + 44, 3 * LINE + 14);
  parts.push(arrows(topology, lpars, ambulances, run.attended));
  parts.push(topology.lpars.map((lpar, index) => lparBox(topology, lpar, lpars[index], run)));
  parts.push(topology.ambulances.map((one, index) => ambulanceBox(one, ambulances[index])));
  const height = Math.max(bottom, ...ambulances.map((box) => box.y + box.height)) + PAD;
  const iommu = topology.devices.length === 0 ? '' : ` · IOMMU ${topology.iommu}`;
  const title = `${topology.cpus.length} CPUs · ${size(topology.memory_bytes)}${iommu} · slots of ${time(topology.slice_ns)}`;
  return markup`<svg
    class="topology"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-label="The machine: ${title}"
  >
    <rect class="frame" x="1" y="1" width="${width - 2}" height="${height - 2}" rx="8" />
    <text class="strong" x="${PAD}" y="${PAD + 6}">machine</text>
    <text class="dim" x="${PAD + 66}" y="${PAD + 6}">${title}</text>
    ${parts}
  </svg>`;
}

/**
 * Who has a CPU, with the share of its slots.
 * @param {PageTopology} topology
 * @param {number} cpu
 */
function holders(topology, cpu) {
  const all = [...topology.lpars, ...topology.ambulances].filter((one) => one.cpus.cpus.includes(cpu));
  const total = all.reduce((sum, one) => sum + one.cpus.weight, 0);
  return all.map((one) => ({ name: one.name, share: one.cpus.weight / total }));
}

/**
 * @param {PageTopology} topology
 * @param {number} inner
 * @param {number} top
 */
function cpuRow(topology, inner, top) {
  const columns = Math.max(1, Math.floor((inner - GUTTER + GAP) / (CPU + GAP)));
  const drawn = topology.cpus.map((cpu, index) => {
    const x = PAD + GUTTER + (index % columns) * (CPU + GAP);
    const y = top + Math.floor(index / columns) * (CPU + GAP);
    const who = holders(topology, cpu);
    let from = 0;
    const slices = who.map(({ name, share }) => {
      const slice = markup`<rect
        class="fill ${hue(topology, name)}"
        x="${x + from * CPU}"
        y="${y}"
        width="${share * CPU}"
        height="${CPU}"
      />`;
      from += share;
      return slice;
    });
    const title =
      who.length === 0
        ? 'free'
        : who
            .map(({ name, share }) => (share === 1 ? name : `${name} ${Math.round(share * 100)}%`))
            .join(', ');
    return markup`<g
      ><title>CPU ${cpu}: ${title}</title>${slices}
      <rect
        class="${who.length === 0 ? 'free' : 'edge'}"
        x="${x}"
        y="${y}"
        width="${CPU}"
        height="${CPU}"
        rx="3"
      />
      <text class="cpu" x="${x + CPU / 2}" y="${y + CPU / 2 + 4}">${cpu}</text></g
    >`;
  });
  const rows = Math.max(1, Math.ceil(topology.cpus.length / columns));
  return {
    drawn: markup`<text class="dim" x="${PAD}" y="${top + 19}">CPUs</text>${drawn}`,
    height: rows * (CPU + GAP) - GAP,
  };
}

/**
 * @param {PageTopology} topology
 * @param {number} inner
 * @param {number} y
 */
function memoryBar(topology, inner, y) {
  const width = inner - GUTTER;
  const owned = [...topology.lpars, ...topology.ambulances].reduce((sum, one) => sum + one.memory_bytes, 0);
  const taken = topology.shared.reduce((sum, one) => sum + one.bytes, owned);
  const scale = width / Math.max(1, topology.memory_bytes, taken);
  let x = PAD + GUTTER;
  const parts = [...topology.lpars, ...topology.ambulances].map((one) => {
    const long = one.memory_bytes * scale;
    const label = `${one.name} ${size(one.memory_bytes)}`;
    const room = Math.floor((long - 8) / 6.6);
    const drawn = markup`<g
      ><title>${label}</title>
      <rect
        class="fill ${hue(topology, one.name)}"
        x="${x}"
        y="${y}"
        width="${Math.max(1, long)}"
        height="${BAR}"
      />
      ${room >= 3 && markup`<text class="in" x="${x + 6}" y="${y + 19}">${cut(label, room)}</text>`}</g
    >`;
    x += long;
    return drawn;
  });
  const shared = topology.shared.map(({ name, bytes, between }) => {
    // Two colours, one above the other: it is in both.
    const long = Math.max(4, bytes * scale);
    const label = `${name} ${size(bytes)}, shared by ${between.join(' and ')}`;
    const halves = between.map(
      (who, index) =>
        markup`<rect
          class="fill ${hue(topology, who)}"
          x="${x}"
          y="${y + (index * BAR) / 2}"
          width="${long}"
          height="${BAR / 2}"
        />`,
    );
    const drawn = markup`<g
      ><title>${label}</title>${halves}
      <rect class="edge" x="${x}" y="${y}" width="${long}" height="${BAR}"
    /></g>`;
    x += long;
    return drawn;
  });
  const left = PAD + GUTTER + width - x;
  return markup`<text class="dim" x="${PAD}" y="${y + 19}">memory</text>${parts}${shared}
    ${left > 70 && markup`<text class="dim" x="${x + 6}" y="${y + 19}">free ${size(topology.memory_bytes - taken)}</text>`}
    <rect class="edge" x="${PAD + GUTTER}" y="${y}" width="${width}" height="${BAR}" rx="3" />`;
}

/**
 * @param {PageTopology} topology
 * @param {number} inner
 * @param {number} top
 */
function deviceRow(topology, inner, top) {
  const devices = topology.devices.map(({ name, kind }) => ({
    name,
    label: `${name} (${kind})`,
    users: topology.lpars.flatMap((lpar) =>
      lpar.devices
        .filter((grant) => grant.device === name)
        .map((grant) => ({ name: lpar.name, mode: grant.mode })),
    ),
  }));
  // A shared region is too small to be seen in the bar of all memory.
  const regions = topology.shared.map(({ name, bytes, between }) => ({
    name,
    label: `${name} (${size(bytes)} of memory)`,
    users: between.map((who) => ({ name: who, mode: 'shared' })),
  }));
  if (devices.length + regions.length === 0) return { drawn: markup``, height: 0 };
  let x = PAD + GUTTER;
  let y = top;
  const drawn = [...devices, ...regions].map(({ users, ...device }) => {
    const label = cut(device.label, 32);
    const width = 16 + label.length * 6.6 + users.length * 13;
    if (x + width > PAD + inner && x > PAD + GUTTER) {
      x = PAD + GUTTER;
      y += 30;
    }
    const here = x;
    const at = y;
    x += width + 8;
    const title = users.map((user) => `${user.mode} by ${user.name}`).join(', ');
    return markup`<g
      ><title>${device.name}: ${title === '' ? 'unused' : title}</title>
      <rect class="edge" x="${here}" y="${at}" width="${width}" height="24" rx="12" />
      <text x="${here + 9}" y="${at + 16}">${label}</text>
      ${users.map((user, index) => markup`<circle class="fill ${hue(topology, user.name)}" cx="${here + width - 12 - (users.length - 1 - index) * 13}" cy="${at + 12}" r="5" />`)}</g
    >`;
  });
  return {
    drawn: markup`<text class="dim" x="${PAD}" y="${top + 16}">${devices.length === 0 ? 'shared' : 'devices'}</text>${drawn}`,
    height: y - top + 24 + 8,
  };
}

/**
 * A row of boxes, or several where there is no room.
 * @param {number} count
 * @param {number} inner
 * @param {number} top
 * @param {number} height
 * @returns {Box[]}
 */
function boxes(count, inner, top, height) {
  const columns = Math.max(1, Math.min(count, Math.floor((inner + 16) / 196)));
  const width = Math.min(380, (inner - (columns - 1) * 16) / columns);
  return Array.from({ length: count }, (_, index) => ({
    x: PAD + (index % columns) * (width + 16),
    y: top + Math.floor(index / columns) * (height + 28),
    width,
    height,
  }));
}

/**
 * @param {PageTopology} topology
 * @param {readonly Box[]} lpars
 * @param {readonly Box[]} ambulances
 * @param {ReadonlySet<string>} attended `ambulance>patient`
 */
function arrows(topology, lpars, ambulances, attended) {
  return topology.ambulances.map((one, from) =>
    one.attends.map((patient) => {
      const to = topology.lpars.findIndex((lpar) => lpar.name === patient);
      const start = ambulances[from];
      const end = lpars[to];
      if (start === undefined || end === undefined) return '';
      const came = attended.has(`${one.name}>${patient}`);
      const place = (from + 1) / (topology.ambulances.length + 1);
      const [x1, y1] = [start.x + start.width * ((to + 1) / (lpars.length + 1)), start.y];
      const [x2, y2] = [end.x + end.width * place, end.y + end.height + 7];
      const bend = Math.min(26, (y1 - y2) / 2);
      return markup`<g class="${came ? 'arrow came' : 'arrow'}"
        ><title>${one.name} ${came ? 'attended' : 'may attend'} ${patient}</title>
        <path d="M ${x1} ${y1} C ${x1} ${y1 - bend} ${x2} ${y2 + bend} ${x2} ${y2}" />
        <path class="head" d="M ${x2 - 5} ${y2} L ${x2 + 5} ${y2} L ${x2} ${y2 - 7} Z"
      /></g>`;
    }),
  );
}

/**
 * @param {PageTopology} topology
 * @param {import('../page-data.ts').PageLpar} lpar
 * @param {Box | undefined} box
 * @param {{ health: ReadonlyMap<string, string>, struck: ReadonlySet<string> }} run
 */
function lparBox(topology, lpar, box, run) {
  if (box === undefined) return '';
  const devices = lpar.devices
    .map((grant) => (grant.mode === 'owned' ? grant.device : `${grant.device} shared`))
    .join(', ');
  const shared = topology.shared.flatMap(({ name, bytes, between }) => {
    const other = between.find((who) => who !== lpar.name);
    return between.includes(lpar.name) ? ` · ${name} ${size(bytes)} with ${other}` : '';
  });
  const health = run.health.get(lpar.name);
  const lines = [
    `linux · ${lpar.workload}`,
    cpuWords(lpar.cpus),
    size(lpar.memory_bytes) + (devices === '' ? '' : ` · ${devices}`) + shared.join(''),
    `beats every ${time(lpar.heartbeat_ns)} by ${lpar.heartbeat_by}`,
    `describes ${lpar.describes.join(', ')}`,
  ];
  return markup`<g
    ><title>${lpar.name}: ${lines.join('; ')}; seal ${lpar.seal}</title>
    <rect class="box" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="6" />
    <rect
      class="fill ${hue(topology, lpar.name)}"
      x="${box.x}"
      y="${box.y}"
      width="6"
      height="${box.height}"
      rx="2"
    />
    <text class="strong" x="${box.x + 16}" y="${box.y + 19}">${cut(lpar.name, 14)}</text>
    ${health !== undefined && markup`<text class="end ${health}" x="${box.x + box.width - 10}" y="${box.y + 19}">${run.struck.has(lpar.name) ? '⚡ ' : ''}${health}</text>`}
    ${linesIn(lines, box, 16)}</g
  >`;
}

/**
 * @param {PageTopology['ambulances'][number]} one
 * @param {Box | undefined} box
 */
function ambulanceBox(one, box) {
  if (box === undefined) return '';
  const lines = [`${cpuWords(one.cpus)} · ${size(one.memory_bytes)}`, `attends ${one.attends.join(', ')}`];
  return markup`<g
    ><title>ambulance ${one.name}: ${lines.join('; ')}</title>
    <rect class="box" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="6" />
    <rect class="fill amb" x="${box.x}" y="${box.y}" width="6" height="${box.height}" rx="2" />
    <text class="strong" x="${box.x + 16}" y="${box.y + 19}">${cut(one.name, 14)}</text>
    <text class="end dim" x="${box.x + box.width - 10}" y="${box.y + 19}">ambulance</text>
    ${linesIn(lines, box, 16)}</g
  >`;
}

/**
 * @param {readonly string[]} lines
 * @param {Box} box
 * @param {number} indent
 */
function linesIn(lines, box, indent) {
  const room = Math.floor((box.width - indent - 8) / 6.5);
  return lines.map(
    (line, index) =>
      markup`<text class="small" x="${box.x + indent}" y="${box.y + 19 + (index + 1) * LINE}"
        >${cut(line, room)}</text
      >`,
  );
}

/** @param {import('../page-data.ts').PageCpus} cpus */
function cpuWords(cpus) {
  if (cpus.mode === 'borrowed') return "borrows its patient's CPUs";
  const names = `${cpus.cpus.length === 1 ? 'CPU' : 'CPUs'} ${ranges(cpus.cpus)}`;
  if (cpus.mode === 'owned') return names;
  const least = cpus.minimum === undefined ? '' : `, ≥ ${Math.round(cpus.minimum * 100)}%`;
  return `${cpus.vcpus} vCPUs on ${ranges(cpus.cpus)}, weight ${cpus.weight}${least}`;
}
