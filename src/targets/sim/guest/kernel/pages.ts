import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP } from '../memory-map.ts';

const PAGE = 4096;

/** The page allocator. Freed pages wait on a list threaded through themselves. Every function is part of a step. */
export interface Pages {
  /** A page in the direct map, not cleared; 0 when there is none. */
  allocPage(cpu: Cpu): Address;
  freePage(cpu: Cpu, page: Address): void;
}

export function pagesOf(k: Kernel): Pages {
  const free_pages = k.symbol('free_pages');
  const memory_next = k.symbol('memory_next');
  const memory_end = k.symbol('memory_end');
  const allocPage = (cpu: Cpu): Address => {
    const page = cpu.load64(free_pages);
    if (page !== 0) {
      cpu.store64(free_pages, cpu.load64(page));
      return page;
    }
    const next = cpu.load64(memory_next);
    if (next + PAGE > cpu.load64(memory_end)) return 0;
    cpu.store64(memory_next, next + PAGE);
    return DIRECT_MAP + next;
  };
  return {
    allocPage,
    freePage(cpu, page) {
      cpu.store64(page, cpu.load64(free_pages));
      cpu.store64(free_pages, page);
    },
  };
}
