/** An accepted change, with its reason, and what it may alter. */
export interface PossibleState {
  /** The structure that was changed. */
  readonly structure: RegExp;
  readonly field: RegExp;
  /** Paths of the figures that it may alter, without the names of elements. */
  readonly figures: RegExp;
  readonly why: string;
  /** By how many pages numbers may differ at most; any number if absent. */
  readonly pages?: number;
}

function state(
  structure: RegExp,
  field: RegExp,
  figures: RegExp,
  why: string,
  pages?: number,
): PossibleState {
  return { structure, field, figures, why, ...(pages === undefined ? {} : { pages }) };
}

/** Changes that lead to a possible state of a kernel: nothing else in the dump contradicts it. */
export const POSSIBLE_STATES: readonly PossibleState[] = [
  state(/^task_struct$/, /^comm$/, /(comm|name)$/, 'a task may have any name: prctl(PR_SET_NAME)'),
  state(
    /^task_struct$/,
    /^(__state|state|exit_state)$/,
    /(state|stateName|states\.\w+|states)$/,
    'a task may be in any state',
  ),
  state(
    /^task_struct$/,
    /^(cpu|thread_info\.cpu)$/,
    /tasks\[\]\.cpu$/,
    'a task that is not running may have last run on any CPU',
  ),
  state(
    /^task_struct$/,
    /^(start_boottime|real_start_time|start_time)$/,
    /startTime\.(sinceBoot|clock)$/,
    'both times are read one after the other, and a virtual machine may stand still in between',
    1,
  ),
  state(
    /^task_struct$/,
    /^(flags|worker_private|set_child_tid)$/,
    /tasks\[\]\.name$/,
    'a thread of the kernel may be a worker or not, and only one of 5.17 or later has a name besides comm',
  ),
  state(
    /^mm_struct$/,
    /^(pgd|arg_start|arg_end|env_start|env_end)$/,
    /tasks\[\]\.args/,
    'a process may have its arguments anywhere: prctl(PR_SET_MM)',
  ),
  state(/^cred$/, /^e?uid/, /\.e?uid$/, 'a task may run as any user'),
  state(
    /^mm_struct$/,
    /^(pgtables_bytes|rss_stat.*)$/,
    /(memory\.(pageTables|rss\.\w+|cached\.\w+|swap)|processes\.largest\[\]\.\w+|processes\.rss\.\w+)$/,
    'only an mm_struct counts the pages that its processes map, shared pages in each',
  ),
  state(
    /^address_space$/,
    /^nrpages$/,
    /^files\.largest\[\]\.nrpages$/,
    'a folio of any size may be about to be added to a file, and a batch of pages to be removed',
    512,
  ),
  state(
    /^inode$/,
    /^(i_ino|i_size)$/,
    /files\.largest\[\]\.(inode|size)$/,
    'a file may have any number and any size',
  ),
  state(
    /^dentry$/,
    /^(d_parent|d_hash\.pprev)$/,
    /files\.largest\[\]\.(path|deleted|names)$/,
    'a file may be in any directory, or no longer in one',
  ),
  state(
    /^mount$/,
    /^mnt_ns$/,
    /files\.largest\[\]\.(path|names)$/,
    'a file system may be mounted in any namespace, or in none',
  ),
  state(
    /^super_block$/,
    /^(s_id|s_dev)$/,
    /fileSystem\.(id|device)$/,
    'a file system may have any name and device number',
  ),
  state(/^file_system_type$/, /^name$/, /fileSystem\.type$/, 'a file system type may have any name'),
  state(
    /^module$/,
    /^name$/,
    /^(modules(\.largest)?\[\].*|symbols\[\]\.module|vmalloc\.largest\[\].*)$/,
    'a module may have any name if its name in sysfs is not in the dump',
  ),
  state(
    /^module$/,
    /^state$/,
    /modules\[\]\.state$/,
    'a module may be unloaded at any time, and what it still holds may have any count',
  ),
  state(
    /^module$/,
    /^(mem|core_layout|init_layout)/,
    /^modules(\.bytes|(\.largest)?\[\]\.bytes)$/,
    'a part of a module need not fill its last page',
    1,
  ),
  state(
    /^kmem_cache_cpu$/,
    /^(freelist|partial)$/,
    /^slabs\.largest\[\]\.(active|cached)$/,
    'a CPU may hold any of the free objects of a slab, or none',
  ),
  state(
    /^slub_percpu_sheaves$/,
    /^spare$/,
    /^slabs\.largest\[\]\.(active|cached)$/,
    'a CPU may have no spare sheaf, and what was in one is then in use',
  ),
  state(
    /^kmem_cache$/,
    /^name$/,
    /^slabs\.largest\[\]/,
    'a slab cache may have any name if sysfs names it by its layout, or is not in the dump',
  ),
  state(
    /^kmem_cache$/,
    /^object_size$/,
    /^slabs\.largest\[\]\.objectSize$/,
    'an object need not fill its last word: inuse is its size up to the next 8 bytes',
    7,
  ),
  state(
    /^vm_node_stat$/,
    /.*/,
    /^(types|counters)\[\]\.(pages|bytes|difference)$/,
    "what a CPU held back is added first to its node's counter, then to the one of all nodes",
    64,
  ),
  state(/^kmem_cache$/, /^refcount$/, /\.aliases$/, 'any number of caches may share one'),
  state(
    /^hstate$/,
    /^(resv_huge_pages|surplus_huge_pages|free_huge_pages)$/,
    /^hugetlb\[\]\.(reserved|surplus|free)$/,
    "any number of the pool's huge pages may be reserved, free or surplus",
  ),
  state(
    /^(avenrun|init_uts_ns|tainted_mask|tk_core|boot_cpu_data)$/,
    /.*/,
    /^(load|host|kernel|taint|clock|uptime|cpuModel)\b/,
    'the load, the host name, the taint and the clock may have any value',
  ),
  state(/^(total|nr)_swap_pages$/, /.*/, /^swap\./, 'swap may have any size'),
  state(
    /^(panic_cpu|crashing_cpu)$/,
    /.*/,
    /(crash\.(cpu|task\b.*)|panicking)$/,
    'any CPU may have panicked if only one of the two variables says so',
  ),
  state(
    /^VMCOREINFO$/,
    /^(BUILD-ID|CRASHTIME|OSRELEASE) \(value\)$/,
    /^(kernel\.(buildId|crashTime|release)|crash\.time)$/,
    'a kernel may crash at any time, and have any build id if its image has lost the note with it',
  ),
  state(
    /^VMCOREINFO$/,
    /^SYMBOL\(clear_seq\)/,
    /^records\[\]\.cleared$/,
    '`dmesg --clear` may have hidden the records up to any of them',
  ),
  state(
    /^log$/,
    /^text$/,
    /^(records\[\]\.text|crash\.(reason|cause))$/,
    'a record of the log may say anything',
  ),
  state(
    /^log$/,
    /^printk_info$/,
    /^records\[\]\.(time|level|facility|caller|device\b.*|continuation|cleared|text)$/,
    'a record of the log may have any time, level and writer, and a text that is a few bytes shorter',
  ),
  state(
    /^page$/,
    /.*/,
    /^(class|rule|reason|decidedBy|structPage\b.*|details\b.*)$/,
    'what `page` says about a page is what its struct page contains',
  ),
  state(
    /^page$/,
    /^(?!64)/,
    /\.(pages|bytes|counted|difference|dirty|nrpages|largest\[\].*)$/,
    'only the struct page says what its page is: one page of another kind',
    1,
  ),
  state(
    /^page table$/,
    /.*/,
    /^translations\[\]\.(steps|region|contents)/,
    'what `translate` shows for an entry is its contents',
  ),
  state(
    /^page table$/,
    /, (vmalloc|vmemmap|modules|unknown)$/,
    /^(translations\b|mapped$)/,
    'these regions may be mapped anywhere: only the tables say where',
  ),
  state(
    /^page table$/,
    /, (direct map|kernel image)$/,
    /^(translations\[\]\.(steps|region|contents|result)|mapped$)/,
    'memory may be removed from the direct map, and parts of the image freed',
  ),
  state(
    /^kallsyms$/,
    /^(names|names and markers|token_table)$/,
    /^(symbols(\[\].*)?|vmalloc\.largest\[\](\.\w+)?)$/,
    'a symbol may have any name: only the symbol table names it, also as the caller of a vmalloc area',
  ),
  state(/^BTF$/, /.*string|^name in/, /^type\b/, 'a type or a member may have any name'),
  state(
    /^BTF$/,
    /^struct that is read$/,
    /^type\.layout\.members\[\](\.inner\.members\[\])*\.declaration$/,
    'a member may have any type of the same size: only BTF says which',
  ),
  state(
    /^per_cpu_(nodestat|zonestat|pageset)$/,
    /stat_diff\[\d+\]$/,
    /^(types\[\]|counters\[\]|freeCheck\.zones\[\])\.(pages|bytes|difference|vmStat)$/,
    'a CPU may hold back up to this much of a counter',
    127,
  ),
  state(
    /^zone$/,
    /^vm_stat\[\d+\]$/,
    /^freeCheck\.zones\[\]\.vmStat$/,
    'each CPU may hold back this much of a counter: an s8',
    127,
  ),
  state(
    /^VMCOREINFO$/,
    /^.*\(key\)$/,
    /^kernel\.crashTime$/,
    'the line of the crash is absent while the kernel runs',
  ),
  state(
    /^vmap_area$/,
    /^vm$/,
    /^vmalloc\.(areas|largest\[\](\.(areas|size|caller|kind|pages|bytes))?)$/,
    'an area without a vm_struct belongs to vm_map_ram, which nothing marks before 6.3; its pages, if any, are counted',
  ),
  state(
    /^vm_struct$/,
    /^caller$/,
    /^(vmalloc\.largest\[\]|types\[\])/,
    'any code may have allocated an area',
  ),
  state(/^vm_struct$/, /^size$/, /^vmalloc\.largest\[\]\.size$/, 'an area may be longer than its pages'),
  state(
    /^inode$/,
    /^i_dentry\.first$/,
    /files\.largest\[\]\.(path|deleted|names)$/,
    'a file may have any name, or no longer have one',
  ),
  state(/^__cpu_possible_mask$/, /.*/, /^cpus\.possible$/, 'a kernel may be built for any number of CPUs'),
  state(/^zone$/, /^name$/, /^freeCheck\.zones\[\]/, 'a zone may have any name'),
  state(
    /^module$/,
    /^(num_syms|syms|init_layout.*)$/,
    /^(modules|symbols)\[\]/,
    "a module's symbol table has no second copy",
  ),
];

/** Figures for which the dump has a second witness that the program does not ask. */
export const KNOWN_GAPS: readonly PossibleState[] = [
  state(
    /^page$/,
    /.*/,
    /^classes\./,
    '`pages` compares the page cache and USER together with the LRU counters of zones; USER alone, and kernel pages, are counted by nodes, which `usage` asks',
  ),
  state(
    /^mem_section$/,
    /^section_mem_map$/,
    /^(class|rule|decidedBy|structPage\b.*|details\b.*)$/,
    '`page` looks at one section and does not compare it with the others',
  ),
];
