/*
 * The limit: makes the same reads of a file as a scan, in a plain loop into aligned memory, and does nothing
 * with the data. The reads come on stdin, one per line: POSITION BYTES. Prints ns.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOST_BYTES (1L << 20)

struct reading {
	long long position, bytes;
};

static long long nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	int file = open(argv[1], O_RDONLY);
	char *into = aligned_alloc(4096, MOST_BYTES);
	size_t count = 0, room = 1 << 16;
	struct reading *all = malloc(room * sizeof *all);
	if (file < 0 || !into || !all)
		return 1;
	while (scanf("%lld %lld", &all[count].position, &all[count].bytes) == 2) {
		if (all[count].bytes > MOST_BYTES)
			return 1;
		if (++count == room && !(all = realloc(all, (room *= 2) * sizeof *all)))
			return 1;
	}
	long long start = nanoseconds();
	for (size_t i = 0; i < count; i++)
		if (pread(file, into, all[i].bytes, all[i].position) < 0)
			return 1;
	printf("%lld\n", nanoseconds() - start);
	return 0;
}
