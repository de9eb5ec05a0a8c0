/* SPDX-License-Identifier: MIT */
/*
 * Kills a process at an exact place: this one traces a program and all that it starts. The
 * first process that the program starts is the victim; its threads stop at each system call,
 * or, after its mark, at each instruction. The mark is a system call that nothing else here
 * makes: a question for the personality.
 */
#include "system.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum { MARK = -1, THREADS = 256, PATIENCE_S = 30, SYSTEM_CALL_STOP = SIGTRAP | 0x80 };

struct traced_thread {
    pid_t id;
    bool victims;
};

struct trace {
    pid_t program, victim;
    enum system_step step;
    unsigned at, count;
    pid_t marked; /* the thread that steps */
    bool killed;
    int code;
    struct traced_thread threads[THREADS];
    size_t thread_count;
};

void system_mark(void)
{
    personality((unsigned long)MARK);
}

static pid_t process_of(pid_t thread)
{
    char path[40], line[128];
    long process = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "Tgid:", 5) == 0)
            process = strtol(line + 5, NULL, 10);
    if (file)
        fclose(file);
    return (pid_t)process;
}

/* True: it is new. */
static bool meet(struct trace *trace, pid_t id, struct traced_thread **thread)
{
    pid_t process;

    for (size_t i = 0; i < trace->thread_count; i++)
        if (trace->threads[i].id == id) {
            *thread = &trace->threads[i];
            return false;
        }
    process = process_of(id);
    if (trace->victim == 0 && process != trace->program)
        trace->victim = process;
    *thread = &trace->threads[trace->thread_count % THREADS];
    trace->thread_count++;
    **thread = (struct traced_thread){.id = id, .victims = process == trace->victim};
    return true;
}

static bool is_mark(pid_t thread)
{
    struct __ptrace_syscall_info info;
    void *size = (void *)sizeof(info);

    memset(&info, 0, sizeof(info));
    return ptrace(PTRACE_GET_SYSCALL_INFO, thread, size, &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_personality;
}

static void kill_victim(struct trace *trace)
{
    kill(trace->victim, SIGKILL);
    trace->killed = true;
}

/* Lets a thread go on as far as its next interesting place. */
static void go_on(const struct trace *trace, const struct traced_thread *thread, int signal)
{
    int how = PTRACE_CONT;
    void *number = (void *)(intptr_t)signal;

    if (thread->victims && !trace->killed) {
        if (trace->marked == thread->id)
            how = PTRACE_SINGLESTEP;
        else if (trace->step == STEP_SYSTEM_CALLS || trace->marked == 0)
            how = PTRACE_SYSCALL;
    }
    ptrace(how, thread->id, NULL, number);
}

static void stopped(struct trace *trace, pid_t id, int status)
{
    struct traced_thread *thread;
    bool is_new = meet(trace, id, &thread);
    int signal = WSTOPSIG(status);
    bool is_event = status >> 16 != 0;

    if (!thread->victims || trace->killed || is_event) {
        bool ours = is_event || signal == SYSTEM_CALL_STOP || (is_new && signal == SIGSTOP) ||
                    (thread->victims && signal == SIGTRAP);
        go_on(trace, thread, ours ? 0 : signal);
        return;
    }
    if (signal == SYSTEM_CALL_STOP && trace->step == STEP_SYSTEM_CALLS) {
        if (++trace->count == trace->at)
            kill_victim(trace);
        signal = 0;
    } else if (signal == SYSTEM_CALL_STOP) {
        if (trace->marked == 0 && is_mark(id))
            trace->marked = id;
        signal = 0;
    } else if (signal == SIGTRAP) {
        if (trace->marked == id && ++trace->count == trace->at)
            kill_victim(trace);
        signal = 0;
    } else if (is_new && signal == SIGSTOP) {
        signal = 0;
    }
    go_on(trace, thread, signal);
}

static void ended(struct trace *trace, pid_t id, int status)
{
    if (id == trace->program)
        trace->code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void too_late(int number)
{
    (void)number; /* waitpid() returns EINTR */
}

static void follow(struct trace *trace)
{
    struct sigaction action, before;
    bool over = false;

    memset(&action, 0, sizeof(action));
    action.sa_handler = too_late;
    sigaction(SIGALRM, &action, &before);
    alarm(PATIENCE_S);
    while (!over) {
        int status = 0;
        pid_t id = waitpid(-1, &status, __WALL);

        if (id == -1 && errno == EINTR)
            kill(trace->program, SIGKILL); /* its code stays -1 */
        else if (id == -1)
            over = true;
        else if (WIFSTOPPED(status))
            stopped(trace, id, status);
        else
            ended(trace, id, status);
    }
    alarm(0);
    sigaction(SIGALRM, &before, NULL);
}

static void become(const char *word, const char *argument)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    execl(fault_program, fault_program, word, argument, (char *)NULL);
    _exit(127);
}

int system_trace(const char *word, const char *argument, enum system_step step, unsigned at,
                 bool *killed)
{
    static struct trace trace;
    void *options = (void *)(intptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                                       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    struct traced_thread *thread;
    int status;

    trace = (struct trace){.step = step, .at = at, .code = -1};
    fflush(NULL);
    trace.program = fork();
    if (trace.program == 0)
        become(word, argument);
    if (trace.program == -1 || waitpid(trace.program, &status, 0) != trace.program)
        return -1;
    if (ptrace(PTRACE_SETOPTIONS, trace.program, NULL, options) != 0) {
        kill(trace.program, SIGKILL);
        return -1;
    }
    meet(&trace, trace.program, &thread);
    go_on(&trace, thread, 0);
    follow(&trace);
    *killed = trace.killed;
    return trace.code;
}
