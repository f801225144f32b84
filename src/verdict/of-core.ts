import type { Claim } from '../model/scenario.ts';

/**
 * What a core file cannot tell: nobody watched the machine in it, nobody knows what truly became of it, and nothing can
 * be done to it.
 */
export function unknownToCore(claim: Claim): string | undefined {
  switch (claim.observer) {
    case 'guest':
      return 'core shows where a guest had come to, not what truly happened to it';
    case 'service':
      return 'core can only be read: nothing is serviced there';
    case 'hypervisor':
      return claim.states.every((state) => state === UNOBSERVED)
        ? undefined
        : 'core has no hypervisor: there is nobody who could have noticed anything';
    default:
      return undefined;
  }
}

/** `hypervisor web is unobserved`. */
export const UNOBSERVED = 'unobserved';
