/** A change that is let pass, with its reason: what it may alter, and nothing else. */
export interface PossibleState {
  /** Of what was changed. */
  readonly structure: RegExp;
  readonly field: RegExp;
  /** What it may alter: paths of figures without the names of elements. */
  readonly figures: RegExp;
  readonly why: string;
  /** By how much numbers may differ at most, pages; as they like when left out. */
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

/** Changes that make a state in which a kernel can be: nothing else in the dump tells it from the true one. */
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
    'a task that does not run may have run last on any CPU',
  ),
  state(/^cred$/, /^e?uid/, /\.e?uid$/, 'a task may run as any user'),
  state(
    /^mm_struct$/,
    /^(pgtables_bytes|rss_stat.*)$/,
    /(memory\.(pageTables|rss\.\w+|cached\.\w+|swap)|processes\.largest\[\]\.\w+|processes\.rss\.\w+)$/,
    'an mm_struct alone counts the pages that its processes map, shared ones in each',
  ),
  state(
    /^address_space$/,
    /^nrpages$/,
    /^files\.largest\[\]\.nrpages$/,
    'a folio of any size may be about to be added to a file, and a batch of pages to be taken out',
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
    'a file may lie in any directory, or in none any more',
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
  state(/^file_system_type$/, /^name$/, /fileSystem\.type$/, 'a type of file systems may have any name'),
  state(
    /^module$/,
    /^name$/,
    /^(modules(\.largest)?\[\].*|symbols\[\]\.module|vmalloc\.largest\[\].*)$/,
    'a module may have any name, where its name in sysfs is not in the dump',
  ),
  state(
    /^module$/,
    /^state$/,
    /modules\[\]\.state$/,
    'a module may be unloaded at any time, and what it holds meanwhile may have any count',
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
    'a slab cache may have any name, where sysfs has it by its layout, or that is not in the dump',
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
    "what a CPU held back is added to its node's counter first, and then to that of all nodes",
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
    'the load, the host name, the taint and the clock may be any',
  ),
  state(/^(total|nr)_swap_pages$/, /.*/, /^swap\./, 'swap may be of any size'),
  state(
    /^(panic_cpu|crashing_cpu)$/,
    /.*/,
    /(crash\.(cpu|task\b.*)|panicking)$/,
    'any CPU may have panicked, where one of the two variables alone says so',
  ),
  state(
    /^VMCOREINFO$/,
    /^(BUILD-ID|CRASHTIME|OSRELEASE) \(value\)$/,
    /^(kernel\.(buildId|crashTime|release)|crash\.time)$/,
    'a kernel may crash at any time, and have any build id where its image has lost the note of it',
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
    'a record of the log may have any time, level and writer, and a text that is shorter by a few bytes',
  ),
  state(
    /^page$/,
    /.*/,
    /^(class|rule|reason|decidedBy|structPage\b.*|details\b.*)$/,
    'what `page` says of a page is what stands in its struct page',
  ),
  state(
    /^page$/,
    /^(?!64)/,
    /\.(pages|bytes|counted|difference|dirty|nrpages|largest\[\].*)$/,
    'a struct page is all that says what its page is: one page of another kind',
    1,
  ),
  state(
    /^page table$/,
    /.*/,
    /^translations\[\]\.(steps|region|contents)/,
    'what `translate` shows of an entry is what stands in it',
  ),
  state(
    /^page table$/,
    /, (vmalloc|vmemmap|modules|unknown)$/,
    /^translations\b/,
    'these regions may be mapped anywhere: the tables alone say where',
  ),
  state(
    /^page table$/,
    /, (direct map|kernel image)$/,
    /^translations\[\]\.(steps|region|contents|result)/,
    'memory may be taken out of the direct map, and parts of the image freed',
  ),
  state(
    /^kallsyms$/,
    /^(names|names and markers|token_table)$/,
    /^(symbols(\[\].*)?|vmalloc\.largest\[\](\.\w+)?)$/,
    'a symbol may have any name: the table of symbols is all that names it, also where it asked for a vmalloc area',
  ),
  state(/^BTF$/, /.*string|^name in/, /^type\b/, 'a type or a member may have any name'),
  state(
    /^BTF$/,
    /^struct that is read$/,
    /^type\.layout\.members\[\](\.inner\.members\[\])*\.declaration$/,
    'a member may be of any type that has the same size: BTF is all that says which',
  ),
  state(
    /^per_cpu_(nodestat|zonestat|pageset)$/,
    /stat_diff\[\d+\]$/,
    /^(types\[\]|counters\[\]|freeCheck\.zones\[\])\.(pages|bytes|difference|vmStat)$/,
    'a CPU may hold back any of this much of a counter',
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
    'the line of the crash is not there while the kernel runs',
  ),
  state(
    /^vmap_area$/,
    /^vm$/,
    /^vmalloc\.(areas|largest\[\](\.(areas|size|caller|kind|pages|bytes))?)$/,
    'an area without a vm_struct is one of vm_map_ram, which nothing marks before 6.3; its pages, where it has any, are counted',
  ),
  state(
    /^vm_struct$/,
    /^caller$/,
    /^(vmalloc\.largest\[\]|types\[\])/,
    'an area may have been asked for by any code',
  ),
  state(/^vm_struct$/, /^size$/, /^vmalloc\.largest\[\]\.size$/, 'an area may be longer than its pages'),
  state(
    /^inode$/,
    /^i_dentry\.first$/,
    /files\.largest\[\]\.(path|deleted|names)$/,
    'a file may have any name, or none any more',
  ),
  state(/^__cpu_possible_mask$/, /.*/, /^cpus\.possible$/, 'a kernel may be made for any number of CPUs'),
  state(/^zone$/, /^name$/, /^freeCheck\.zones\[\]/, 'a zone may have any name'),
  state(
    /^module$/,
    /^(num_syms|syms|init_layout.*)$/,
    /^(modules|symbols)\[\]/,
    "the table of a module's symbols has no second copy",
  ),
];

/** Figures of which the dump has a second witness that the program does not ask. */
export const KNOWN_GAPS: readonly PossibleState[] = [
  state(
    /^page$/,
    /.*/,
    /^classes\./,
    '`pages` holds the page cache and USER together against the counters of the LRU lists in zones: what is USER alone, and what is the kernel, its nodes count, which `usage` asks',
  ),
  state(
    /^mem_section$/,
    /^section_mem_map$/,
    /^(class|rule|decidedBy|structPage\b.*|details\b.*)$/,
    '`page` looks at one section: the others are not held against it',
  ),
];
