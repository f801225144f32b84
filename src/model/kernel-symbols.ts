/**
 * What else is in the simulated kernel's table of symbols and is no function: tables, buffers, words of the allocator
 * that no type describes, other names of a place, and where parts of the image begin and end.
 */
export const UNTYPED_SYMBOLS: readonly string[] = `
  boot_params kmem_cache_structs kmem_cache_nodes sample_period random_state tick_do_timer_cpu
  die_nest_count oops_count df_count heartbeat_period heartbeat_task metadata_region metadata_bytes
  free_pages memory_next memory_end stack_free stack_next syslog_seq kthreadd_task init_process disk_ready
  net_ready disk_lock disk_last_used disk_free disk_waiters disk_buffer net_lock net_last_used net_free
  net_buffer last_ino region_table app_table tick_next_period idt_table init_stack init_top_pgt
  level3_kernel_pgt level2_kernel_pgt level3_direct_pgt level2_direct_pgt level1_direct_pgt
  level3_vmalloc_pgt level2_vmalloc_pgt level1_vmalloc_pgt level3_vmemmap_pgt level2_vmemmap_pgt pid_map
  disk_ring net_ring __log_buf _printk_rb_static_descs _printk_rb_static_infos
  swapper_pg_dir jiffies worklist kworker_task idle_task kmem_cache_cpus
  kallsyms_offsets kallsyms_relative_base kallsyms_num_syms kallsyms_names kallsyms_markers
  kallsyms_seqs_of_names kallsyms_token_table kallsyms_token_index
  __per_cpu_start __per_cpu_end _text _stext _etext __start_rodata _sdata __start_BTF __stop_BTF _end
`
  .trim()
  .split(/\s+/);
