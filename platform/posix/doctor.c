/* SPDX-License-Identifier: MIT */
/*
 * SIGQUIT asks for a report. A handler may hardly do anything: this one writes a byte
 * into a pipe, and a thread that reads from it reports. The thread is never joined and
 * ends with the process; so the pipe stays, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "registry.h"
#include "seam.h"

enum { STACK = 256 * 1024 };

static int ends[2]; /* of the pipe; written before the handler and the thread exist */
static void (*report_function)(void);

/* If the pipe is full there are reports enough to come. */
static void ask(int number)
{
    int error = errno;

    (void)number;
    if (write(ends[1], "?", 1) != 1)
        errno = 0;
    errno = error;
}

static void answer(void *context)
{
    char byte;
    ssize_t got;

    (void)context;
    weft__thread_call_itself("weft-doctor");
    while ((got = read(ends[0], &byte, 1)) == 1 || (got < 0 && errno == EINTR))
        if (got == 1)
            report_function();
}

static int make_pipe(void)
{
    if (pipe(ends) != 0)
        return weft__fail_system(errno, "doctor: no pipe for requests");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    return 0;
}

int weft_seam_doctor_listen(void (*report)(void))
{
    static const weft_seam_start start = {answer, NULL, "weft-doctor"};
    struct sigaction action;
    weft_seam_thread thread;
    int err = make_pipe();

    if (err != 0)
        return err;
    report_function = report;
    err = weft_seam_thread_start(&thread, &start, STACK);
    if (err != 0)
        goto close_pipe;
    weft_seam_thread_detach(thread);
    memset(&action, 0, sizeof(action));
    action.sa_handler = ask;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGQUIT, &action, NULL) == 0)
        return 0;
    err = weft__fail_system(errno, "doctor: no handler for SIGQUIT");
    close(ends[1]); /* the thread reads the end, and ends */
    return err;

close_pipe:
    close(ends[0]);
    close(ends[1]);
    return err;
}
