/* SPDX-License-Identifier: MIT */
/*
 * A few processes that accept from the same listener. The parent accepts nothing: a thread of
 * its own, the supervisor, starts another process for one that has died, at once if that had
 * lived for a while, otherwise after a pause that doubles.
 *
 * `workers` is the supervisor's, but for the handles of processes, which who cuts kills: they
 * change with `mutex` held.
 */
#include "server_processes.h"
#include "weft/memory.h"

#define LONG_LIFE WEFT_S(1) /* a process that lived so long was well */
#define FIRST_REST WEFT_MS(10)
#define LONGEST_REST WEFT_S(1)

struct worker {
    weft_process *process; /* NULL: none at present */
    weft_time began;
    weft_time rest;     /* before the next start */
    weft_time start_at; /* while there is no process */
};

struct processes {
    weft_server *server;
    weft_thread *supervisor;
    weft_mutex mutex;
    weft_event changed; /* the server stops */
    struct weft__worker_job job;
    struct weft__site *site;
    weft_waitable *things; /* room for one more than there are workers */
    struct worker workers[];
};

/* ---- starts and deaths ------------------------------------------------------------------- */

static int start_worker(struct processes *own, unsigned index)
{
    const weft_handover listener = {.name = WEFT__SERVER_LISTENER, .socket = own->server->socket};
    const weft_process_options options = {
        .name = "weft-server-worker", .daemon = true, .hand_over = &listener, .hand_over_count = 1};
    struct weft__worker_job job = own->job;
    weft_process *process = NULL;
    int err;

    job.index = index;
    err = weft_process_start_with(&process, weft__server_work, &job, sizeof(job), &options);
    if (err != 0)
        return err;
    own->workers[index].began = weft_clock();
    weft_mutex_acquire(&own->mutex, WEFT_FOREVER);
    own->workers[index].process = process;
    weft_mutex_release(&own->mutex);
    return 0;
}

static void close_worker(struct processes *own, struct worker *worker)
{
    weft_process *process = worker->process;

    weft_mutex_acquire(&own->mutex, WEFT_FOREVER);
    worker->process = NULL;
    weft_mutex_release(&own->mutex);
    weft_process_close(process);
}

static void rest(struct worker *worker)
{
    worker->rest = worker->rest == 0 ? FIRST_REST : 2 * worker->rest;
    if (worker->rest > LONGEST_REST)
        worker->rest = LONGEST_REST;
    worker->start_at = weft_clock() + worker->rest;
}

static void note_end(struct processes *own, unsigned index)
{
    struct worker *worker = &own->workers[index];
    weft_server *server = own->server;
    bool lost = weft_exchange_u32(&own->site->open[index], 0, WEFT_RELAXED) != 0;

    if (lost && !weft_cancel_requested(&server->cut))
        weft__server_count(server, WEFT__LOST, 1);
    close_worker(own, worker);
    if (weft_clock() - worker->began < LONG_LIFE) {
        rest(worker);
    } else {
        worker->rest = 0;
        worker->start_at = 0;
    }
}

/* ---- the supervisor ----------------------------------------------------------------------- */

static void start_due(struct processes *own, weft_time *next)
{
    for (unsigned i = 0; i < own->server->options.workers; i++) {
        struct worker *worker = &own->workers[i];

        if (worker->process)
            continue;
        if (worker->start_at <= weft_clock() && start_worker(own, i) != 0) {
            weft__server_count(own->server, WEFT__PAUSES, 1);
            rest(worker);
        }
        if (!worker->process && worker->start_at < *next)
            *next = worker->start_at;
    }
}

/* How many processes there are to wait for. */
static size_t list_things(struct processes *own, bool stopping)
{
    size_t count = 0;

    for (unsigned i = 0; i < own->server->options.workers; i++)
        if (own->workers[i].process)
            own->things[count++] = weft_process_waitable(own->workers[i].process);
    if (!stopping)
        own->things[count++] = weft_event_waitable(&own->changed);
    return count;
}

static void note_ends(struct processes *own)
{
    weft_process_status status;

    for (unsigned i = 0; i < own->server->options.workers; i++) {
        if (!own->workers[i].process)
            continue;
        weft_process_status_get(own->workers[i].process, &status);
        if (status.exited)
            note_end(own, i);
    }
}

static int supervise(weft_task *task)
{
    struct processes *own = WEFT_ARG(task, struct processes *);
    weft_server *server = own->server;
    size_t which, count = 1;

    weft_cancel_enter(NULL); /* it ends when the processes have */
    while (count > 0) {
        bool stopping = weft__server_is_stopping(server);
        weft_time next = WEFT_FOREVER;

        if (!stopping)
            start_due(own, &next);
        count = list_things(own, stopping);
        if (count > 0 && weft_wait_any(own->things, count, &which, next) == WEFT_ENOMEM)
            weft__server_pause(server);
        note_ends(own);
    }
    weft__server_leave(server);
    return 0;
}

/* ---- the style ------------------------------------------------------------------------------ */

static uint32_t count_open(weft_server *server)
{
    struct processes *own = server->own;
    uint32_t open = 0;

    for (unsigned i = 0; i < server->options.workers; i++)
        open += weft_load_u32(&own->site->open[i], WEFT_RELAXED);
    return open;
}

static void stop(weft_server *server)
{
    struct processes *own = server->own;

    weft_shared_event_set(own->job.stop);
    weft_socket_shutdown(server->socket, WEFT_SHUTDOWN_BOTH);
    weft_event_set(&own->changed);
}

static void cut(weft_server *server)
{
    struct processes *own = server->own;

    weft_mutex_acquire(&own->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < server->options.workers; i++)
        if (own->workers[i].process)
            weft_process_kill(own->workers[i].process);
    weft_mutex_release(&own->mutex);
}

static void free_own(struct processes *own)
{
    if (own->job.stop.at != 0)
        weft_shared_event_close(own->job.stop);
    weft_shared_free(own->job.site);
    weft_free(own->things);
    weft_free(own);
}

static void join(weft_server *server)
{
    struct processes *own = server->own;

    if (own->supervisor)
        weft_thread_join(own->supervisor, WEFT_FOREVER);
    server->counters = server->counted;
    free_own(own);
}

static int name(weft__function_ref *ref, weft_handler *handler)
{
    return handler ? weft__function_name(ref, (weft_function *)(void (*)(void))handler) : 0;
}

/* What the children need, but for the children. */
static int prepare(struct processes *own)
{
    weft_server *server = own->server;
    const weft_server_options *options = &server->options;
    struct weft__worker_job *job = &own->job;
    size_t size = sizeof(*own->site) + options->workers * sizeof(own->site->open[0]);
    int err = name(&job->handler, server->handler);

    if (err == 0)
        err = name(&job->on_open, options->on_open);
    if (err == 0)
        err = name(&job->on_close, options->on_close);
    if (err == 0)
        err = weft_shared_alloc(&job->site, size);
    if (err == 0)
        err = weft_shared_event_create(&job->stop);
    if (err != 0)
        return err;
    own->site = weft_shared_pointer(job->site);
    job->options = *options;
    own->things = weft_alloc((options->workers + 1) * sizeof(own->things[0]));
    return own->things ? 0 : WEFT_ENOMEM;
}

static void undo(struct processes *own)
{
    for (unsigned i = 0; i < own->server->options.workers; i++) {
        if (!own->workers[i].process)
            continue;
        weft_process_kill(own->workers[i].process);
        weft_process_join(own->workers[i].process, WEFT_FOREVER);
        weft_process_close(own->workers[i].process);
    }
    own->server->counters = own->server->counted;
    free_own(own);
}

static int start(weft_server *server)
{
    unsigned workers = server->options.workers;
    struct processes *own = weft_alloc(sizeof(*own) + workers * sizeof(own->workers[0]));
    int err = 0;

    if (!own)
        return WEFT_ENOMEM;
    server->own = own;
    own->server = server;
    err = prepare(own);
    if (err == 0)
        server->counters = own->site->counters;
    for (unsigned i = 0; i < workers && err == 0; i++)
        err = start_worker(own, i);
    if (err == 0)
        err = weft__server_thread(server, &own->supervisor, supervise, &own, sizeof(own),
                                  "weft-server");
    if (err != 0)
        undo(own);
    return err;
}

const struct weft__style weft__server_processes = {"processes", start, stop, cut, join, count_open};
