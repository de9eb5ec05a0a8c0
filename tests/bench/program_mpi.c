/* SPDX-License-Identifier: MIT */
/*
 * weft-bench-mpi makes one measurement, as weft-bench --measure does: FAMILY PEER WORK A B.
 * Started without mpirun, it starts itself by mpirun, which tells its processes by their
 * environment who they are.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <mpi.h>

enum { TASK, STOP };

static double cpu, sleeps; /* of this process, since start_clock() */

static void add_usage(double sign)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    cpu += sign * ((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
    sleeps += sign * (double)usage.ru_nvcsw;
}

static void report(double value, const char *unit, double wall)
{
    double mine[2] = {cpu, sleeps}, all[2];
    int rank;

    MPI_Reduce(mine, all, 2, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0)
        printf(
            "{\"value\": %.9g, \"unit\": \"%s\", \"wall\": %.9g, \"cpu\": %.9g, \"csw\": %.0f}\n",
            value, unit, wall, all[0], all[1]);
}

static void work(void)
{
    for (;;) {
        MPI_Status status;
        uint64_t number;
        MPI_Recv(&number, 1, MPI_UINT64_T, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
        if (status.MPI_TAG == STOP)
            return;
        number *= number;
        MPI_Send(&number, 1, MPI_UINT64_T, 0, TASK, MPI_COMM_WORLD);
    }
}

/* A worker has one task at a time; whoever answers gets the next one. */
static void hand_out(uint64_t *results, uint64_t count, int workers)
{
    uint64_t *running = calloc((size_t)workers + 1, sizeof(*running));
    uint64_t put = 0;

    for (uint64_t got = 0; got < count;) {
        MPI_Status status;
        uint64_t result;
        int worker = (int)put + 1;
        if (put >= (uint64_t)workers || put == count) {
            MPI_Recv(&result, 1, MPI_UINT64_T, MPI_ANY_SOURCE, TASK, MPI_COMM_WORLD, &status);
            worker = status.MPI_SOURCE;
            results[running[worker]] = result;
            got++;
        }
        if (put < count) {
            running[worker] = put;
            MPI_Send(&put, 1, MPI_UINT64_T, worker, TASK, MPI_COMM_WORLD);
            put++;
        }
    }
    free(running);
}

static const char *ppool(int rank, uint64_t count, int workers)
{
    const char *wrong = NULL;
    double wall = 0;

    MPI_Barrier(MPI_COMM_WORLD);
    add_usage(-1);
    if (rank > 0) {
        work();
    } else {
        uint64_t *results = calloc(count, sizeof(*results));
        wall = -MPI_Wtime();
        hand_out(results, count, workers);
        wall += MPI_Wtime();
        for (int i = 1; i <= workers; i++)
            MPI_Send(&count, 1, MPI_UINT64_T, i, STOP, MPI_COMM_WORLD);
        for (uint64_t i = 0; i < count; i++) {
            if (results[i] != i * i)
                wrong = "a result is not that of its task";
        }
        free(results);
    }
    add_usage(1);
    if (wrong == NULL)
        report((double)count / wall * 1e-3, "k tasks/s", wall);
    return wrong;
}

static const char *iping(int rank, uint64_t trips)
{
    uint64_t sum = 0, value;
    double wall;

    MPI_Barrier(MPI_COMM_WORLD);
    add_usage(-1);
    wall = -MPI_Wtime();
    for (uint64_t i = 0; i < trips; i++) {
        if (rank == 0)
            MPI_Send(&i, 1, MPI_UINT64_T, 1, TASK, MPI_COMM_WORLD);
        MPI_Recv(&value, 1, MPI_UINT64_T, 1 - rank, TASK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        sum += ++value;
        if (rank == 1)
            MPI_Send(&value, 1, MPI_UINT64_T, 0, TASK, MPI_COMM_WORLD);
    }
    wall += MPI_Wtime();
    add_usage(1);
    if (rank == 0 && sum != trips * (trips + 3) / 2)
        return "an answer is not what was asked for";
    report(wall / (double)trips * 1e9, "ns", wall);
    return NULL;
}

/* As many processes as the case wants, on however few CPUs. */
static int start(char **argv, int processes)
{
    char self[PATH_MAX + 1] = "", mpirun[] = "mpirun", often[] = "--oversubscribe";
    char root[] = "--allow-run-as-root", option[] = "-n", number[16];
    char *words[] = {mpirun,  often,   root,    option,  number,  self, argv[1],
                     argv[2], argv[3], argv[4], argv[5], argv[6], NULL};

    snprintf(number, sizeof(number), "%d", processes);
    if (readlink("/proc/self/exe", self, PATH_MAX) <= 0)
        return 2;
    execvp(words[0], words);
    printf("{\"skip\": \"mpirun cannot be started\"}\n");
    return 0;
}

int main(int argc, char **argv)
{
    const char *wrong = NULL;
    int is_pool, rank;

    if (argc == 3 && strcmp(argv[1], "--version") == 0) {
        printf("OpenMPI %d.%d.%d\n", OMPI_MAJOR_VERSION, OMPI_MINOR_VERSION, OMPI_RELEASE_VERSION);
        return 0;
    }
    if (argc != 7) {
        fprintf(stderr, "weft-bench-mpi: --measure FAMILY PEER WORK A B\n");
        return 2;
    }
    is_pool = strcmp(argv[2], "ppool") == 0;
    if (!is_pool && strcmp(argv[5], "0") != 0) {
        printf("{\"skip\": \"mpirun says which CPUs it uses\"}\n");
        return 0;
    }
    if (getenv("OMPI_COMM_WORLD_RANK") == NULL)
        return start(argv, is_pool ? (int)strtol(argv[5], NULL, 10) + 1 : 2);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (is_pool)
        wrong = ppool(rank, strtoull(argv[4], NULL, 10), (int)strtol(argv[5], NULL, 10));
    else
        wrong = iping(rank, strtoull(argv[4], NULL, 10));
    if (wrong != NULL) {
        printf("{\"wrong\": \"%s\"}\n", wrong);
        fflush(stdout);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Finalize();
    return 0;
}
