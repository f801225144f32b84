import type { Address } from '../../../base/address.ts';
import type { VmcoreInfoContent } from '../../../formats/vmcoreinfo.ts';
import type { Layout } from './layout.ts';

const SYMBOLS = [
  'swapper_pg_dir',
  '_stext',
  'init_top_pgt',
  'prb',
  'init_task',
  '__per_cpu_offset',
  'nr_cpu_ids',
  'kallsyms_names',
  'kallsyms_num_syms',
  'kallsyms_token_table',
  'kallsyms_token_index',
  'kallsyms_offsets',
  'kallsyms_relative_base',
];
const SIZES = [
  'list_head',
  'printk_ringbuffer',
  'prb_desc_ring',
  'prb_desc',
  'prb_data_blk_lpos',
  'printk_info',
  'prb_data_ring',
] as const;
const OFFSETS = [
  'list_head.next',
  'list_head.prev',
  'printk_ringbuffer.desc_ring',
  'printk_ringbuffer.text_data_ring',
  'printk_ringbuffer.fail',
  'prb_desc_ring.count_bits',
  'prb_desc_ring.descs',
  'prb_desc_ring.infos',
  'prb_desc_ring.head_id',
  'prb_desc_ring.tail_id',
  'prb_desc.state_var',
  'prb_desc.text_blk_lpos',
  'prb_data_blk_lpos.begin',
  'prb_data_blk_lpos.next',
  'printk_info.seq',
  'printk_info.ts_nsec',
  'printk_info.text_len',
  'printk_info.caller_id',
  'printk_info.dev_info',
  'prb_data_ring.size_bits',
  'prb_data_ring.data',
  'prb_data_ring.head_lpos',
  'prb_data_ring.tail_lpos',
];

/** What kernel/crash_core.c tells of this kernel. */
export function vmcoreinfoContent(
  layout: Layout,
  symbols: ReadonlyMap<string, Address>,
  phys_base: number,
): VmcoreInfoContent {
  return {
    osrelease: '6.1.0-siren',
    page_bytes: 4096,
    symbols: SYMBOLS.map((name) => [name, symbols.get(name) ?? 0] as const),
    sizes: SIZES.map((name) => [name, layout.sizeOf(name)] as const),
    offsets: OFFSETS.map((path) => {
      const [struct = '', ...members] = path.split('.');
      return [path, layout.offset(struct, members.join('.'))] as const;
    }),
    lengths: [],
    numbers: [
      ['phys_base', phys_base],
      ['pgtable_l5_enabled', 0],
      ['sme_mask', 0],
    ],
    kernel_offset: 0,
  };
}
