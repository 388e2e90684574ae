/**
 * Types of kernel symbols, because BTF has variables only if they are per-CPU. Listed are symbols with the
 * same type in all kernels, with the file that defines them; the type is looked up in the kernel at hand.
 */
export const KNOWN_SYMBOLS: Readonly<Record<string, string>> = {
  init_task: 'task_struct', // init/init_task.c
  init_mm: 'mm_struct', // mm/init-mm.c
  init_pid_ns: 'pid_namespace', // kernel/pid.c
  init_uts_ns: 'uts_namespace', // init/version.c
  init_user_ns: 'user_namespace', // kernel/user.c
  init_nsproxy: 'nsproxy', // kernel/nsproxy.c
  init_cred: 'cred', // kernel/cred.c
  init_net: 'net', // net/core/net_namespace.c
  init_css_set: 'css_set', // kernel/cgroup/cgroup.c
  root_mem_cgroup: 'mem_cgroup *', // mm/memcontrol.c
  slab_caches: 'list_head', // mm/slab_common.c
  super_blocks: 'list_head', // fs/super.c
  modules: 'list_head', // kernel/module/main.c
  vmap_area_list: 'list_head', // mm/vmalloc.c, up to 6.8
  boot_cpu_data: 'cpuinfo_x86', // arch/x86/kernel/setup.c
  contig_page_data: 'pglist_data', // mm/memblock.c
  console_drivers: 'console *', // kernel/printk/printk.c, up to 6.1
  memblock: 'memblock', // mm/memblock.c
  iomem_resource: 'resource', // kernel/resource.c
  ioport_resource: 'resource',
};
