/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { MINUTE = 60 };

const char *const no_fork = 0;
const char *const no_descriptors = 0;
const char *const no_urgent = 0;

const char *any_certificate_passes(void)
{
    return NULL;
}

int run_forked(int (*function)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(MINUTE);
        _exit(function());
    }
    while (pid != -1 && waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return pid != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ignore_children(bool ignore)
{
    signal(SIGCHLD, ignore ? SIG_IGN : SIG_DFL);
}

void collect_child(int code)
{
    int status = 0;

    while (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        if (waitpid(-1, &status, 0) == -1 && errno != EINTR)
            return;
}

bool are_urgent_bytes_passed_over(int port, void (*ready)(void))
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const struct timeval patience = {.tv_sec = MINUTE};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    char back[2] = "";
    bool sent;

    to.sin_addr.s_addr = htonl(0x7f000001); /* 127.0.0.1 */
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sent = connect(descriptor, (struct sockaddr *)&to, sizeof(to)) == 0 &&
           send(descriptor, "ab", 2, MSG_OOB) == 2 && send(descriptor, "c", 1, 0) == 1;
    ready();
    sent = sent && recv(descriptor, back, 2, MSG_WAITALL) == 2;
    close(descriptor);
    return sent && back[0] == 'a' && back[1] == 'c';
}

int descriptor_of(FILE *file)
{
    return fileno(file);
}

FILE *file_of(int descriptor, const char *mode)
{
    return fdopen(descriptor, mode);
}

/* To close what another thread reads from is a race, and here the very point. */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "race:close_descriptors\n";
}

void close_descriptors(int first, int last)
{
    for (int i = first; i <= last; i++)
        close(i);
}

FILE *open_terminal(char *path, size_t size)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    const char *name = NULL;
    struct termios settings;

    if (terminal == -1)
        return NULL;
    if (grantpt(terminal) == 0 && unlockpt(terminal) == 0)
        name = ptsname(terminal);
    if (!name) {
        close(terminal);
        return NULL;
    }
    /* What is typed would be seen at any time. */
    if (tcgetattr(terminal, &settings) == 0) {
        settings.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(terminal, TCSANOW, &settings);
    }
    snprintf(path, size, "%s", name);
    return fdopen(terminal, "r+");
}
