/*
 * The limit: reads so many bytes of a file in a plain loop, 1 MiB at a time into aligned memory, and does nothing with them.
 * Goes over the first SPAN bytes of the file again and again, for a built dump has all its data there. Prints ns.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (1L << 20)

static long long nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int file = open(argv[1], O_RDONLY);
	long long bytes = atoll(argv[2]), span = atoll(argv[3]) / CHUNK * CHUNK;
	char *into = aligned_alloc(4096, CHUNK);
	if (file < 0 || !into || span <= 0)
		return 1;
	long long start = nanoseconds();
	for (long long done = 0; done < bytes; done += CHUNK)
		if (pread(file, into, CHUNK, done % span) < 0)
			return 1;
	printf("%lld\n", nanoseconds() - start);
	return 0;
}
