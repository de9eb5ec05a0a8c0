/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_MACHINE_H
#define WEFT_BENCH_MACHINE_H

/* What is measured on, and how busy it is. */

#include <stddef.h>

struct machine {
    char system[200];
    char processor[100];
    char compiler[80];
    unsigned cpus;
    double memory; /* GiB */
    char date[32];
};

void machine_read(struct machine *machine);

/* CPU seconds that all programs together have used since the machine started; 0: unknown. */
double machine_busy(void);

#endif
