/**
 * What differs between runs of the same scenarios, from their results: `{ scenarios, same, differences: [{ id, aspect,
 * seen: [{ runs, value }] }] }`. Runs are counted from 1; what a run does not have is `-`.
 */
export function compareRuns(results) {
  const ids = [...new Set(results.flatMap(({ runs }) => runs.map(({ id }) => id)))];
  const differences = [];
  let same = 0;
  for (const id of ids) {
    const found = results.map(({ runs }) => runs.find((run) => run.id === id));
    // Of a rescue that only some runs have, that is all there is to say.
    const rescues = Math.min(...found.map((run) => run?.record?.rescues.length ?? 0));
    // What has a label of its own in one run may have to be told by its number in another, where a fork bears the same.
    const places = new Map(
      found.flatMap((run) => causesOf(run).map(({ address, place }) => [address, place])),
    );
    // Of another boot the addresses are others: what was struck has the name that the scenario gave it.
    const seen = found.map((run) => aspectsOf(run, rescues, new Map([...places, ...struckOf(run)])));
    const apart = [...new Set(seen.flatMap((one) => [...one.keys()]))]
      .map((aspect) => ({ id, aspect, seen: grouped(seen.map((one) => one.get(aspect) ?? '-')) }))
      .filter(({ seen: values }) => values.length > 1);
    if (apart.length === 0) same++;
    differences.push(...apart);
  }
  return { scenarios: ids.length, same, differences };
}

function grouped(values) {
  return [...new Set(values)].map((value) => ({
    value,
    runs: values.flatMap((one, index) => (one === value ? [index + 1] : [])),
  }));
}

/** By name, everything that two runs of a scenario are compared by. */
function aspectsOf(run, most, places) {
  const aspects = new Map();
  if (run === undefined) return aspects;
  aspects.set('outcome', run.status);
  for (const { text, status } of run.claims) aspects.set(`claim ${text}`, status);
  const { rescues = [], services = [] } = run.record ?? {};
  aspects.set('rescues', rescues.map(({ ambulance, patient }) => `${ambulance} to ${patient}`).join(', '));
  aspects.set(
    'services',
    services.map(({ state, code }) => [state, code].filter(Boolean).join(' ')).join(', '),
  );
  rescues.slice(0, most).forEach((rescue, index) => {
    const who = `rescue ${index + 1}`;
    aspects.set(`${who}: health`, rescue.health);
    for (const { structure, verdict } of rescue.verdicts)
      aspects.set(`${who}: ${structure}`, [verdict, ...codesOf(rescue, structure)].join(' '));
    aspects.set(
      `${who}: diagnosis`,
      rescue.diagnosis
        .map(({ cause, place, address }) => `${cause} at ${places.get(address ?? '') ?? place}`)
        .join('; '),
    );
  });
  return aspects;
}

/** The causes that have an address. */
function causesOf(run) {
  const rescues = run?.record?.rescues ?? [];
  return rescues.flatMap(({ diagnosis }) => diagnosis.filter(({ address }) => address !== undefined));
}

/** What was struck, by its address in this run; a place that was struck twice bears one name. */
function struckOf(run) {
  const receipts = run?.record?.receipts ?? [];
  return receipts.flatMap(({ kind, address, place }) =>
    kind === 'fault' && address !== undefined ? [[address, place]] : [],
  );
}

function codesOf({ findings }, structure) {
  return [...new Set(findings.filter((one) => one.structure === structure).map(({ code }) => code))].sort();
}
