/* SPDX-License-Identifier: MIT */
/*
 * Unix domain sockets: files of the system that programs connect to.
 *
 * The file stays when its program dies, and then nobody can bind there. Whether somebody
 * still listens is found out by connecting: a refusal says no. Of two programs that start at
 * the same moment at the same path, both may see that, and the later one has the path.
 */
#include <string.h>

#include "host.h"
#include "internal.h"
#include "socket_object.h"
#include "weft/memory.h"

enum { SHORTEST_NAP = 1, LONGEST_NAP = 16 }; /* ms */

static int check_path(const char *path, const char *what)
{
    if (!path || *path == '\0')
        return weft__fail(WEFT_EINVAL, "%s: no path is given", what);
    if (strlen(path) > WEFT_SEAM_UNIX_PATH)
        return weft__fail(WEFT_EINVAL, "%s %s: the path is longer than %d bytes", what, path,
                          WEFT_SEAM_UNIX_PATH);
    return 0;
}

static int create_at(weft_socket **socket, enum weft_seam_socket_kind kind, const char *path,
                     const char *what)
{
    weft_socket *created = NULL;
    int err = check_path(path, what);

    if (err == 0)
        err = weft__socket_create(&created, kind, WEFT_UNIX);
    if (err != 0)
        return err;
    created->name = (weft_address){.family = WEFT_UNIX};
    created->path = weft_alloc(sizeof(*created->path));
    if (!created->path) {
        weft_socket_close(created);
        return WEFT_ENOMEM;
    }
    memcpy(created->path->text, path, strlen(path) + 1);
    *socket = created;
    return 0;
}

/* ---- connecting --------------------------------------------------------------------- */

static int await_connected(weft_socket *socket, weft_time until)
{
    weft_seam_socket *const sockets[] = {&socket->seam};
    int said, err = 0;

    while ((said = weft_seam_socket_connected(&socket->seam)) == WEFT_SEAM_BLOCKS) {
        err = weft__socket_wait_connected(sockets, 1, until);
        if (err != 0)
            return weft__socket_fail_wait(socket, err, "unix connect to");
    }
    return said == 0 ? 0 : weft__socket_fail_seam(socket, said, "unix connect to");
}

static int connect_to(weft_socket *socket, weft_time until)
{
    weft_time nap = WEFT_MS(SHORTEST_NAP);

    for (;;) {
        int err, said = weft_seam_unix_connect(&socket->seam, socket->path->text);

        if (said == WEFT_SEAM_BLOCKS)
            return await_connected(socket, until);
        if (said != WEFT_SEAM_AGAIN)
            return said == 0 ? 0 : weft__socket_fail_seam(socket, said, "unix connect to");
        if (until <= weft_clock())
            return weft__socket_fail(socket, WEFT_ETIMEDOUT, "unix connect to",
                                     "the listener's backlog is full");
        err = weft_sleep(weft__slice(until, nap) - weft_clock());
        if (err != 0)
            return weft__socket_fail_wait(socket, err, "unix connect to");
        nap = nap < WEFT_MS(LONGEST_NAP) ? 2 * nap : nap;
    }
}

int weft_unix_connect(weft_socket **socket, const char *path, weft_time until)
{
    weft_socket *created = NULL;
    int err = create_at(&created, WEFT_SEAM_CONNECTION, path, "unix connect to");

    if (err != 0)
        return err;
    err = connect_to(created, until);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

/* ---- listening ---------------------------------------------------------------------- */

static bool is_left_over(const char *path)
{
    weft_socket *probe = NULL;
    int err = weft_unix_connect(&probe, path, WEFT_NOW);

    weft_socket_close(probe);
    return err == WEFT_EREFUSED;
}

static int bind_to(weft_socket *socket)
{
    const char *path = socket->path->text;
    uint64_t identity = 0;
    int said = weft_seam_unix_bind(&socket->seam, path, &identity);

    if (said != 0 && is_left_over(path)) {
        weft_seam_unix_remove(path, 0);
        said = weft_seam_unix_bind(&socket->seam, path, &identity);
    }
    socket->path->identity = said == 0 ? identity : 0;
    return said == 0 ? 0 : weft__socket_fail_seam(socket, said, "unix listen at");
}

int weft_unix_listen(weft_socket **socket, const char *path, const weft_listen_options *options)
{
    weft_socket *created = NULL;
    int backlog = options ? options->backlog : 0;
    int said, err;

    if (backlog < 0)
        return weft__fail(WEFT_EINVAL, "unix listen: a backlog of %d", backlog);
    err = create_at(&created, WEFT_SEAM_LISTENER, path, "unix listen at");
    if (err != 0)
        return err;
    err = bind_to(created);
    if (err == 0 && (said = weft_seam_socket_listen(
                         &created->seam, backlog > 0 ? backlog : WEFT__DEFAULT_BACKLOG)) != 0)
        err = weft__socket_fail_seam(created, said, "unix listen at");
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}
