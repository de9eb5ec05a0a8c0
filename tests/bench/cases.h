/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_CASES_H
#define WEFT_BENCH_CASES_H

/* All cases by name, and what each family does in the process that measures. */

#include <stdbool.h>

#include "bench.h"

struct bench_case {
    const char *name;
    const char *title;
    enum family family;
    uint64_t work;  /* at 100 % */
    uint64_t least; /* however small the scale */
    unsigned a, b;
    const char *unit;
    bool more_is_better;
    double bound; /* 0: the peers of KIND_BOUND are the bound */
};

extern const struct bench_case bench_cases[];
extern const size_t bench_case_count;

/* NULL: there is none of that name. */
const struct bench_case *case_find(const char *name);

const char *family_name(enum family family);
bool family_has_processes(enum family family); /* its peers start some */
bool family_has_servers(enum family family);   /* its peers serve, and others ask */
enum family family_find(const char *name); /* FAMILY_COUNT: there is none */

void case_queue(const struct peer *peer, struct run *run);
void case_pingpong(const struct peer *peer, struct run *run);
void case_idle(const struct peer *peer, struct run *run);
void case_pool(const struct peer *peer, struct run *run);
void case_result(const struct peer *peer, struct run *run);
void case_forkjoin(const struct peer *peer, struct run *run);
void case_map(const struct peer *peer, struct run *run);
void case_uncontended(const struct peer *peer, struct run *run);
void case_lock(const struct peer *peer, struct run *run);
void case_pairs(const struct peer *peer, struct run *run);
void case_thousand(const struct peer *peer, struct run *run);
void case_memory(const struct peer *peer, struct run *run);
void case_size(const struct peer *peer, struct run *run);
void case_ppool(const struct peer *peer, struct run *run);
void case_pmap(const struct peer *peer, struct run *run);
void case_large(const struct peer *peer, struct run *run);
void case_large_shared(const struct peer *peer, struct run *run);
void case_iqueue(const struct peer *peer, struct run *run);
void case_iping(const struct peer *peer, struct run *run);
void case_iwake(const struct peer *peer, struct run *run);
void case_spawn(const struct peer *peer, struct run *run);
void case_echo(const struct peer *peer, struct run *run);
void case_bulk(const struct peer *peer, struct run *run);
void case_datagram(const struct peer *peer, struct run *run);
void case_connections(const struct peer *peer, struct run *run);
void case_crowd(const struct peer *peer, struct run *run);

/* The parts of other processes in them: a member of a queue's team, and who answers. */
struct team;
struct round;
void team_member(const struct iqueue_calls *calls, void *queue, struct team *team, unsigned index);
void round_answer(const struct iping_calls *calls, void *game, struct round *round);

/* Does it, and prints the one line of JSON. The exit code of the process. */
int measure_here(enum family family, const struct peer *peer, struct run *run);

#endif
