/* SPDX-License-Identifier: MIT */
/* OpenMPI: the program program_mpi.c, which starts itself again by mpirun. It spins. */
#include "bench.h"

static const struct foreign program = {
    .program = "weft-bench-mpi",
    .what =
        {
            [FAMILY_PPOOL] = "master, workers; send, recv",
            [FAMILY_IPING] = "send, recv",
        },
};

const struct peer peer_openmpi = {.name = "openmpi", .kind = KIND_LIBRARY, .foreign = &program};
