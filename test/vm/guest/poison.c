/*
 * Takes a few pages out of use every quarter of a second while it runs. It offlines pages of its own that are
 * in use (MADV_SOFT_OFFLINE: the kernel moves their contents elsewhere), and reports a clean page-cache page of
 * the named file as broken (MADV_HWPOISON).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define PAGES 4

static char *map(size_t length, int flags, int fd, off_t offset)
{
	char *area = mmap(NULL, length, PROT_READ | (fd < 0 ? PROT_WRITE : 0), flags, fd, offset);

	if (area == MAP_FAILED) {
		perror("poison: mmap");
		exit(1);
	}
	return area;
}

static void offline_own_pages(void)
{
	char *area = map(PAGES * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(area, 'P', PAGES * PAGE);
	madvise(area, PAGES * PAGE, MADV_SOFT_OFFLINE);
	munmap(area, PAGES * PAGE);
}

static void break_cache_page(int fd, off_t offset)
{
	char *area = map(PAGE, MAP_PRIVATE, fd, offset);

	(void)*(volatile char *)area;
	madvise(area, PAGE, MADV_HWPOISON);
	munmap(area, PAGE);
}

int main(int argc, char **argv)
{
	int fd = open(argv[argc - 1], O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < (off_t)PAGE) {
		perror("poison: the file");
		return 1;
	}
	for (off_t page = 0;; page = (page + 1) % (size / PAGE)) {
		offline_own_pages();
		break_cache_page(fd, page * PAGE);
		usleep(250000);
	}
}
