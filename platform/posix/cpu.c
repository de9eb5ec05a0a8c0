/* SPDX-License-Identifier: MIT */
/* CPUs where no more can be asked than how many are switched on. */
#include <unistd.h>

#include "seam.h"

unsigned weft_seam_cpu_count(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    return online > 0 ? (unsigned)online : 1;
}
