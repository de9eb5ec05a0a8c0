/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_PEERS_H
#define WEFT_BENCH_PEERS_H

/* All peers that were built, and which of them can do what. */

#include <stdbool.h>

#include "bench.h"

extern const struct peer *const bench_peers[];
extern const size_t bench_peer_count;

/* What the peer uses for cases of that family; NULL: it does none. */
const char *peer_what(const struct peer *peer, enum family family);

/* The peer of that name which does that family; NULL: there is none. */
const struct peer *peer_find(const char *name, enum family family);

bool peer_exists(const char *name);

/* The version of what it measures, or "". Starts a foreign peer to ask it. */
const char *peer_version(const struct peer *peer);

/* The path of `file` in the folder of this program. */
bool peer_beside(const char *file, char *path, size_t size);

/* Turns into the foreign peer's program: argv[2] and on are its arguments, argv[0] and
 * argv[1] are filled in. Returns only if that fails. */
void peer_exec(const struct peer *peer, char **argv);

#endif
