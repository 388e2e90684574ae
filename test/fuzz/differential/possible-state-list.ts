/** A change that makes a state that a kernel can be in: no second witness in the dump tells it from the true one. */
export interface PossibleState {
  readonly structure: RegExp;
  readonly field: RegExp;
  /** What it may alter: paths of figures without the names of elements. */
  readonly figures: RegExp;
  /** By how much numbers may differ at most, pages; as they like when left out. */
  readonly pages?: number;
  /** A second witness is there, and the program does not ask it yet. */
  readonly gap?: true;
  readonly why: string;
}

/** What the differential run does not count as silent, each with its reason. Nothing else is let pass. */
export const POSSIBLE_STATES: readonly PossibleState[] = [
  {
    structure: /^task_struct$/,
    field: /^comm$/,
    figures: /(comm|name)$/,
    why: 'a task may have any name: prctl(PR_SET_NAME)',
  },
  {
    structure: /^task_struct$/,
    field: /^(__state|state|exit_state)$/,
    figures: /(state|stateName|states\.\w+|states)$/,
    why: 'a task may be in any state',
  },
  {
    structure: /^task_struct$/,
    field: /^(cpu|thread_info\.cpu)$/,
    figures: /tasks\[\]\.cpu$/,
    why: 'a task may have run last on any CPU',
  },
  {
    structure: /^cred$/,
    field: /^e?uid/,
    figures: /\.e?uid$/,
    why: 'a task may run as any user',
  },
  {
    structure: /^mm_struct$/,
    field: /^(pgtables_bytes|rss_stat.*)$/,
    figures:
      /(memory\.(pageTables|rss\.\w+|cached\.\w+|swap)|processes\.largest\[\]\.\w+|processes\.rss\.\w+)$/,
    why: 'an mm_struct alone counts the pages that its processes map, shared ones in each',
  },
  {
    structure: /^inode$/,
    field: /^(i_ino|i_size)$/,
    figures: /files\.largest\[\]\.(inode|size)$/,
    why: 'a file may have any number and any size',
  },
  {
    structure: /^dentry$/,
    field: /^(d_name\.(name|len)|d_parent|d_hash\.pprev)$/,
    figures: /files\.largest\[\]\.(path|deleted|names)$/,
    why: 'a file may have any name, in any directory, or none any more',
  },
  {
    structure: /^mount$/,
    field: /^mnt_ns$/,
    figures: /files\.largest\[\]\.(path|names)$/,
    why: 'a file system may be mounted in any namespace, or in none',
  },
  {
    structure: /^super_block$/,
    field: /^(s_id|s_dev)$/,
    figures: /fileSystem\.(id|device)$/,
    why: 'a file system may have any name and device number',
  },
  {
    structure: /^file_system_type$/,
    field: /^name$/,
    figures: /fileSystem\.type$/,
    why: 'a type of file systems may have any name',
  },
  {
    structure: /^module$/,
    field: /^name$/,
    figures: /^(modules(\.largest)?|vmalloc\.largest|symbols)\[\]/,
    why: 'a module may have any name',
  },
  {
    structure: /^module$/,
    field: /^state$/,
    figures: /modules\[\]\.state$/,
    why: 'a module may be in any state',
  },
  {
    structure: /^module$/,
    field: /^(mem|core_layout|init_layout)/,
    figures: /^modules(\.bytes|(\.largest)?\[\]\.bytes)$/,
    pages: 1,
    why: 'a part of a module need not fill its last page',
  },
  {
    structure: /^kmem_cache$/,
    field: /^name$/,
    figures: /^slabs\.largest\[\]/,
    why: 'a slab cache may have any name',
  },
  {
    structure: /^kmem_cache$/,
    field: /^refcount$/,
    figures: /\.aliases$/,
    why: 'any number of caches may share one',
  },
  {
    structure: /^hstate$/,
    field: /^(resv_huge_pages|surplus_huge_pages|free_huge_pages)$/,
    figures: /^hugetlb\[\]\.(reserved|surplus|free)$/,
    why: "any number of the pool's huge pages may be reserved, free or surplus",
  },
  {
    structure: /^(avenrun|init_uts_ns|tainted_mask|tk_core|boot_cpu_data)$/,
    field: /.*/,
    figures: /^(load|host|kernel|taint|clock|uptime|cpuModel)\b/,
    why: 'the load, the host name, the taint and the clock may be any',
  },
  {
    structure: /^saved_command_line$/,
    field: /.*/,
    figures: /^commandLine$/,
    why: 'a kernel may have been started with any command line',
  },
  {
    structure: /^(total|nr)_swap_pages$/,
    field: /.*/,
    figures: /^swap\./,
    why: 'swap may be of any size',
  },
  {
    structure: /^(_totalram_pages|vm_zone_stat)$/,
    field: /.*/,
    figures: /^memory\.(total|free)$/,
    why: '`info` shows what the kernel counts; `usage` holds it against the pages',
  },
  {
    structure: /^(panic_cpu|crashing_cpu|__cpu_online_mask)$/,
    field: /.*/,
    figures: /(crash\.(cpu|task\b.*)|panicking|cpus(\[\])?\.online)$/,
    why: 'any CPU may have panicked or be offline',
  },
  {
    structure: /^VMCOREINFO$/,
    field: /^(BUILD-ID|CRASHTIME|OSRELEASE) \(value\)$/,
    figures: /^(kernel\.(buildId|crashTime|release)|crash\.time)$/,
    why: 'a kernel may have any build id and crash at any time',
  },
  {
    structure: /^log$/,
    field: /^text$/,
    figures: /^(records\[\]\.text|crash\.(reason|cause))$/,
    why: 'a record of the log may say anything',
  },
  {
    structure: /^log$/,
    field: /^printk_info$/,
    figures: /^records\[\]\.(time|level|facility|caller|device\b.*|continuation|cleared|text)$/,
    why: 'a record of the log may have any time, level and writer, and a text that is shorter by a few bytes',
  },
  {
    structure: /^page$/,
    field: /.*/,
    figures: /^(class|rule|reason|decidedBy|structPage\b.*|details\b.*)$/,
    why: 'what `page` says of a page is what stands in its struct page',
  },
  {
    structure: /^page$/,
    field: /^(?!64)/,
    figures: /\.(pages|bytes|counted|difference|dirty|nrpages|largest\[\].*)$/,
    pages: 1,
    why: 'a struct page is all that says what its page is: one page of another kind',
  },
  {
    structure: /^page table$/,
    field: /.*/,
    figures: /^translations\[\]\.(steps|region|contents)/,
    why: 'what `translate` shows of an entry is what stands in it',
  },
  {
    structure: /^page table$/,
    field: /, (vmalloc|vmemmap|modules|unknown)$/,
    figures: /^translations\b/,
    why: 'these regions may be mapped anywhere: the tables alone say where',
  },
  {
    structure: /^page table$/,
    field: /, (direct map|kernel image)$/,
    figures: /^translations\[\]\.(steps|region|contents|result)/,
    why: 'memory may be taken out of the direct map, and parts of the image freed',
  },
  {
    structure: /^kallsyms$/,
    field: /^(names|names and markers|token_table)$/,
    figures: /^symbols(\[\].*)?$/,
    why: 'a symbol may have any name: the table of symbols is all that names it',
  },
  {
    structure: /^BTF$/,
    field: /.*string|^name in/,
    figures: /^type\b/,
    why: 'a type or a member may have any name',
  },
  {
    structure: /^zone$/,
    field: /^vm_stat\[\d+\]$/,
    figures: /^freeCheck\.zones\[\]\.vmStat$/,
    pages: 64,
    why: 'each CPU may hold back this much of a counter',
  },
  {
    structure: /^page$/,
    field: /.*/,
    figures: /^classes\./,
    gap: true,
    why: "`pages` holds FREE against the kernel; the struct page of a compound's head decides of all its pages, and `usage` holds those against their counters",
  },
  {
    structure: /^mem_section$/,
    field: /^section_mem_map$/,
    figures: /^(class|rule|decidedBy|structPage\b.*|details\b.*)$/,
    gap: true,
    why: '`page` looks at one section: the others are not held against it',
  },
  {
    structure: /^module$/,
    field: /^(kallsyms|num_syms|syms|init_layout.*)$/,
    figures: /^(modules|symbols)\[\]/,
    gap: true,
    why: "the table of a module's symbols has no second copy",
  },
];
