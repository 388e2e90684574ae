/*
 * Fills a guest's memory with pages of every kind that the report distinguishes, prints "ready", and keeps
 * them: anonymous pages with and without contents, transparent and hugetlb pages, shared memory (swap-backed
 * page cache) and, given a file and a number, poisoned pages. It writes a title over its arguments.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define MIB (1UL << 20)
#define HUGE_PAGE (2 * MIB)

static char *map(size_t length, int flags)
{
	char *area = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (area == MAP_FAILED) {
		perror("workload: mmap");
		exit(1);
	}
	return area;
}

static void fill(size_t length, int flags, int byte)
{
	memset(map(length, flags), byte, length);
}

static void fill_transparent_huge(size_t length)
{
	char *area = map(length + HUGE_PAGE, MAP_PRIVATE);

	area += HUGE_PAGE - (unsigned long)area % HUGE_PAGE;
	madvise(area, length, MADV_HUGEPAGE);
	memset(area, 'T', length);
}

/*
 * Poisons clean page-cache pages of a file. The kernel can drop those, and then nobody owns them. A poisoned
 * anonymous page would keep its mapping, which the report rightly tests before the poison, and so remain a
 * user page.
 */
static void poison_cache(const char *file, size_t pages)
{
	int fd = open(file, O_RDONLY);
	volatile char *area = mmap(NULL, pages * PAGE + 1, PROT_READ, MAP_PRIVATE, fd, 0);

	for (size_t i = 0; i < pages; i++) {
		volatile char *page = area + i * PAGE;

		(void)*page;
		if (madvise((void *)page, PAGE, MADV_HWPOISON)) {
			perror("workload: MADV_HWPOISON");
			exit(1);
		}
	}
}

/* As setproctitle(3) does: past the end of the arguments, into the environment, which is not used here. */
static void set_title(char *args)
{
	strcpy(args, "workload: has what it asked for");
}

int main(int argc, char **argv)
{
	fill(24 * MIB, MAP_PRIVATE, 'A');
	fill(8 * MIB, MAP_PRIVATE, 0);
	fill_transparent_huge(4 * HUGE_PAGE);
	fill(2 * HUGE_PAGE, MAP_PRIVATE | MAP_HUGETLB, 'H');
	fill(4 * MIB, MAP_SHARED, 'S');
	if (argc > 2)
		poison_cache(argv[1], strtoul(argv[2], NULL, 10));
	set_title(argv[0]);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
