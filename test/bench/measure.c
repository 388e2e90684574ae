/*
 * Runs a program, discards its output and prints what it used: wall ns, processor us, peak memory KiB, bytes
 * read. The last is rchar of /proc/PID/io, read when the program has ended but is not yet reaped; -1 if that
 * is refused.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long bytes_read(pid_t pid)
{
	char path[64];
	long long bytes = -1;
	snprintf(path, sizeof path, "/proc/%d/io", pid);
	FILE *io = fopen(path, "r");
	if (!io)
		return -1;
	if (fscanf(io, "rchar: %lld", &bytes) != 1)
		bytes = -1;
	fclose(io);
	return bytes;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	long long start = nanoseconds();
	pid_t pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	siginfo_t ended;
	waitid(P_PID, pid, &ended, WEXITED | WNOWAIT);
	long long wall = nanoseconds() - start;
	long long bytes = bytes_read(pid);
	int status;
	struct rusage used;
	wait4(pid, &status, 0, &used);
	long long cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
	printf("%lld %lld %ld %lld\n", wall, cpu, used.ru_maxrss, bytes);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
