import type { TopologyModel } from '../model/machine.ts';
import { checkMachine } from './check/machine.ts';
import { unknownSetting } from './block.ts';
import { docAbove } from './docs.ts';
import { fileScope } from './file-scope.ts';
import { freezeDeep } from './freeze.ts';
import type { Problems } from './problems.ts';
import { described } from './partition.ts';
import { fail } from './scope.ts';
import type { Parties, Scope, Unit } from './scope.ts';
import { emptyDraft, part, PART_HEADS } from './topology.ts';
import type { Draft } from './topology.ts';
import type { Topology } from './tree.ts';

/** A topology that has been read: its draft, for those who change it, and its model, one for all who do not. */
export interface Built {
  readonly draft: Draft;
  readonly model: TopologyModel | undefined;
  readonly parties: Parties;
  /** False when something in it was wrong, which was reported: nothing runs on half a machine. */
  readonly sound: boolean;
}

const built = new WeakMap<Topology, Built>();

/** Every topology of a file is checked, used or not. */
export function checkTopologies(unit: Unit, problems: Problems): void {
  for (const node of unit.tree.declarations)
    if (node.kind === 'topology') buildTopology(unit, node, problems);
}

export function buildTopology(unit: Unit, node: Topology, problems: Problems): Built {
  const known = built.get(node);
  if (known !== undefined) return known;
  const before = problems.errors;
  const scope = fileScope(unit, problems);
  const draft = emptyDraft();
  for (const item of node.body) {
    if (item.kind === 'phrase') {
      const known = PART_HEADS.includes(item.head.text);
      const meant = known ? item : unknownSetting(item, 'topology', PART_HEADS, scope);
      if (meant !== undefined) part(draft, meant, docAbove(unit, item.start), scope);
    } else if (item.kind !== 'broken')
      fail(scope, 'E0306', item, 'this does not belong in a topology', 'not part of a machine');
  }
  if (draft.machine === undefined && unit.whole) {
    fail(
      scope,
      'E0301',
      node.head,
      `topology \`${node.name.text}\` has no machine`,
      'incomplete',
      'add `machine { cpus 0..3; memory 512 MiB }`',
    );
  }
  const result = { ...finish(draft, scope), sound: problems.errors === before };
  built.set(node, result);
  return result;
}

/** Checks a draft as a whole and makes its model; undefined when something essential is missing or wrong. */
export function finish(draft: Draft, scope: Scope): Built {
  const before = scope.problems.errors;
  checkMachine(draft, scope);
  const { machine } = draft;
  const whole =
    machine?.cpus !== undefined && machine.memory !== undefined && scope.problems.errors === before;
  const model: TopologyModel = {
    machine: {
      cpus: machine?.cpus?.value ?? [],
      memory_bytes: machine?.memory?.value ?? 0,
      devices: machine?.devices ?? [],
      iommu: machine?.iommu ?? 'strict',
      slice_ns: machine?.slice_ns ?? 0,
      span: machine?.span ?? { file: scope.unit.file, start: 0, end: 0 },
    },
    lpars: [...draft.lpars.values()].map((lpar) => ({
      name: lpar.name,
      ...resources(lpar),
      devices: lpar.devices.map((grant) => grant.value),
      kernel: lpar.kernel,
      metadata:
        lpar.metadata.locators === undefined
          ? { ...lpar.metadata, ...described(lpar.metadata.describes, scope) }
          : lpar.metadata,
      ...(lpar.apps.size === 0 ? {} : { apps: [...lpar.apps.values()] }),
      span: lpar.span,
      ...(lpar.doc === undefined ? {} : { doc: lpar.doc }),
    })),
    ambulances: [...draft.ambulances.values()].map((one) => ({
      name: one.name,
      ...resources(one),
      attends: one.attends?.value.map((name) => name.value) ?? [],
      ...(one.standby === true ? { standby: true as const } : {}),
      span: one.span,
    })),
    ...sharedMemory(draft),
  };
  freezeDeep(model);
  const parties: Parties = {
    machine: model.machine,
    lpars: new Map(model.lpars.map((lpar) => [lpar.name, lpar])),
    ambulances: new Map(model.ambulances.map((one) => [one.name, one])),
    ...(model.shared_memory && { shared_memory: model.shared_memory }),
  };
  return { draft, model: whole ? model : undefined, parties, sound: scope.problems.errors === before };
}

function sharedMemory(draft: Draft): Pick<TopologyModel, 'shared_memory'> {
  const regions = [...draft.lpars.values()].flatMap(({ name: owner, shared }) =>
    shared.map(({ name, bytes, partner, span }) => ({
      name,
      bytes,
      between: [owner, partner.value] as const,
      span,
    })),
  );
  return regions.length === 0 ? {} : { shared_memory: regions };
}

type Resources = Pick<TopologyModel['lpars'][number], 'cpus' | 'memory_bytes'>;
function resources(party: { cpus?: { value: Resources['cpus'] }; memory?: { value: number } }): Resources {
  const none = { mode: 'owned', cpus: [0], vcpus: 1, weight: 1 } as const;
  return { cpus: party.cpus?.value ?? none, memory_bytes: party.memory?.value ?? 64 * 1_048_576 };
}
