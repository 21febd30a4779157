// SPDX-License-Identifier: GPL-2.0
/* Prints how fast this machine's TSC runs, in kHz. */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static double ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 400000000 };
	double begin = ms();
	unsigned long long tsc = __rdtsc();

	nanosleep(&pause, NULL);
	tsc = __rdtsc() - tsc;
	printf("%.0f\n", tsc / (ms() - begin));
	return 0;
}
