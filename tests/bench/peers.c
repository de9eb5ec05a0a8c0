/* SPDX-License-Identifier: MIT */
/* The list of peers. peers_built.h is written by CMake: PEER(name) for each that it found. */
#include "peers.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "net.h"
#include "processes.h"

#define PEER(name) extern const struct peer peer_##name;
#include "peers_built.h"
#undef PEER

#define PEER(name) &peer_##name,
const struct peer *const bench_peers[] = {
#include "peers_built.h"
};
#undef PEER

const size_t bench_peer_count = sizeof(bench_peers) / sizeof(bench_peers[0]);

static const char *serves_what(const struct peer *peer, enum family family)
{
    if (peer->net == NULL || !family_has_servers(family))
        return NULL;
    return family == FAMILY_DATAGRAM ? peer->net->udp : peer->net->tcp;
}

const char *peer_what(const struct peer *peer, enum family family)
{
    if (peer->foreign != NULL)
        return peer->foreign->what[family];
    switch (family) {
    case FAMILY_QUEUE:
    case FAMILY_PINGPONG:
    case FAMILY_IDLE:
        return peer->queue != NULL ? peer->queue->what : NULL;
    case FAMILY_POOL:
        return peer->pool != NULL ? peer->pool->what : NULL;
    case FAMILY_RESULT:
        return peer->result != NULL ? peer->result->what : NULL;
    case FAMILY_FORKJOIN:
        return peer->forkjoin != NULL ? peer->forkjoin->what : NULL;
    case FAMILY_MAP:
        return peer->map != NULL ? peer->map->what : NULL;
    case FAMILY_UNCONTENDED:
    case FAMILY_LOCK:
        return peer->lock != NULL ? peer->lock->what : NULL;
    case FAMILY_PAIRS:
    case FAMILY_THOUSAND:
    case FAMILY_MEMORY:
        return peer->thread != NULL ? peer->thread->what : NULL;
    case FAMILY_SIZE:
        return peer->size != NULL ? peer->size->what : NULL;
    case FAMILY_PPOOL:
        return peer->ppool != NULL ? peer->ppool->what : NULL;
    case FAMILY_PMAP:
        return peer->pmap != NULL ? peer->pmap->what : NULL;
    case FAMILY_LARGE:
        return peer->large != NULL ? peer->large->what : NULL;
    case FAMILY_LARGESHARED:
        return peer->large_shared != NULL ? peer->large_shared->what : NULL;
    case FAMILY_IQUEUE:
        return peer->iqueue != NULL ? peer->iqueue->what : NULL;
    case FAMILY_IPING:
        return peer->iping != NULL ? peer->iping->what : NULL;
    case FAMILY_IWAKE:
        return peer->iping != NULL && peer->iping->sleeps ? peer->iping->what : NULL;
    case FAMILY_SPAWN:
        return peer->spawn != NULL ? peer->spawn->what : NULL;
    default:
        return serves_what(peer, family);
    }
}

const struct peer *peer_find(const char *name, enum family family)
{
    for (size_t i = 0; i < bench_peer_count; i++) {
        if (strcmp(bench_peers[i]->name, name) == 0 && peer_what(bench_peers[i], family) != NULL)
            return bench_peers[i];
    }
    return NULL;
}

bool peer_exists(const char *name)
{
    for (size_t i = 0; i < bench_peer_count; i++) {
        if (strcmp(bench_peers[i]->name, name) == 0)
            return true;
    }
    return false;
}

bool peer_beside(const char *file, char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size);
    size_t folder;

    if (length <= 0 || (size_t)length >= size)
        return false;
    path[length] = '\0';
    folder = (size_t)(strrchr(path, '/') + 1 - path);
    return snprintf(path + folder, size - folder, "%s", file) < (int)(size - folder);
}

void peer_exec(const struct peer *peer, char **argv)
{
    const struct foreign *foreign = peer->foreign;
    char path[PATH_MAX], interpreter[32];

    if (!peer_beside(foreign->program, path, sizeof(path)))
        return;
    argv[1] = path;
    if (foreign->interpreter != NULL) {
        snprintf(interpreter, sizeof(interpreter), "%s", foreign->interpreter);
        argv[0] = interpreter;
        execvp(argv[0], argv);
    } else {
        execv(path, argv + 1);
    }
}

static void ask_version(const struct peer *peer, char *text, size_t size)
{
    char option[] = "--version", name[32];
    char *argv[] = {NULL, NULL, option, name, NULL};
    int ends[2];
    pid_t child;
    FILE *answer;

    snprintf(name, sizeof(name), "%s", peer->name);
    if (pipe(ends) != 0 || (child = fork()) < 0)
        return;
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        peer_exec(peer, argv);
        _exit(127);
    }
    close(ends[1]);
    answer = fdopen(ends[0], "r");
    if (answer != NULL && fgets(text, (int)size, answer) != NULL)
        text[strcspn(text, "\n")] = '\0';
    if (answer != NULL)
        fclose(answer);
    waitpid(child, NULL, 0);
}

const char *peer_version(const struct peer *peer)
{
    static char text[80];

    if (peer->version != NULL)
        return peer->version();
    text[0] = '\0';
    if (peer->foreign != NULL)
        ask_version(peer, text, sizeof(text));
    return text;
}
