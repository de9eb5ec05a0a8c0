/* SPDX-License-Identifier: MIT */
#ifndef WEFT_LESSON_H
#define WEFT_LESSON_H

/*
 * What every lesson needs and no lesson is about: checking calls, reading
 * options, and a few texts the way Python prints them.
 *
 *     int main(int argc, char **argv)
 *     {
 *         int threads = 5;
 *         const lesson_option options[] = {
 *             {"--threads", "how many", .count = &threads},
 *             {0},
 *         };
 *
 *         lesson_begin(&argc, &argv, "Threads of one kind.", options);
 *         CHECK(weft_thread_start(NULL, work, NULL, 0));
 *
 * Misuse that weft sees, and a thread whose function fails, end the lesson with
 * one sentence and exit code 1: results of release and close need no CHECK.
 */

#include <string.h>

#include <weft.h>

/* Evaluates the call, always. If it returned an error, prints
 * "lesson.c:17: weft_thread_start(...): sentence" and ends with 1. */
#define CHECK(call) lesson_check((call), #call, __FILE__, __LINE__)
void lesson_check(int err, const char *call, const char *file, int line);

/* The same for calls that return a pointer, which it passes on. */
#define CHECKED(call) lesson_checked((call), #call, __FILE__, __LINE__)
void *lesson_checked(void *made, const char *call, const char *file, int line);

/* A URL as a value: it can be an argument of a process. */
typedef struct lesson_url {
    char text[512];
} lesson_url;

#define LESSON_MOST 10000     /* of whatever a --count or --threads counts */
#define LESSON_WORKERS 100    /* processes, or threads of a pool, at most */
#define LESSON_LINE 1000      /* bytes of a line of input, with its end */
#define LESSON_DATAGRAM 65536 /* bytes; no datagram is larger */

/* One option: its name, what it means, and, by setting one of the pointers,
 * what kind of value it takes and where that goes. What is there before is the
 * default, which --help shows. */
typedef struct lesson_option {
    const char *name; /* "--threads"; NULL ends a table */
    const char *help;
    int *count;         /* 1 to LESSON_MOST */
    unsigned *workers;  /* 1 to LESSON_WORKERS */
    weft_time *seconds; /* a decimal number, 0 to 3600 */
    const char **host;  /* a name or number that can be resolved */
    int *port;          /* 1 to 65535 */
    int *own_port;      /* 0 to 65535, 0: a free one */
    lesson_url *url;    /* http: or https:, of a host that can be resolved */
    const char **text;  /* 1 to 1000 bytes */
    bool *flag;         /* no value: becomes true */
} lesson_option;

/* Calls weft_main(), reads the options and makes misuse loud. --help ends the
 * program with 0, what is wrong with one line on standard error and 2. Every
 * lesson also takes --lang zh or en, for what it asks; without it, the system's
 * language decides. */
void lesson_begin(int *argc, char ***argv, const char *about,
                  const lesson_option *options);

/* If no --url was given, starts a small server inside this program and lets the
 * URL name it; a page takes it 10 ms, as if it were in the same town. Pages 1,
 * 2 and 3 of it have so many lines and take as many times 100 ms; 4 to 9 are
 * missing, and it takes as long to find that out. */
void lesson_serve(lesson_url *url);

/* The same by https:, with a certificate that nobody vouches for. */
void lesson_serve_https(lesson_url *url);

/* Fetches a page, URL and number together: what it says becomes the task's
 * result. 0, or the task has failed, for another status than 200 too. Python:
 * return request.urlopen("%s%d" % (url, number)).read() */
int lesson_fetch(weft_task *task, const lesson_url *url, int number);

/* Ends that server; 0, for `return lesson_end();` in main. */
int lesson_end(void);

/* A task that does nothing. Python: Thread(target=None). */
int lesson_nothing(weft_task *task);

/* The process has ended, well, and its handle is gone. If it failed, prints how
 * and ends with 1. Python: p.join(); the child prints a traceback itself. */
void lesson_join(weft_process *process);

/* Prints "port 43211\n" if --port was 0, so that a client can be told. */
void lesson_tell_port(weft_socket *socket, int asked);

/* Texts as Python prints them; each is valid until the next call of the same
 * function, for one thread of a lesson at a time, and may be cut at some
 * thousand bytes. */
const char *lesson_bytes(const void *data, size_t length); /* b'Echo=>\xff' */
const char *lesson_address(const weft_address *address); /* ('127.0.0.1', 80) */
const char *lesson_list(const int *numbers, size_t count); /* [0, 1, 4] */

/* Encodes a line as GBK, '?' for what GBK lacks; its length. */
size_t lesson_to_gbk(char gbk[LESSON_LINE], const char *text);

/* Decodes GBK and makes it safe to show. Valid until the
 * next call; only the first 1024 bytes. For one thread at a time. */
const char *lesson_from_gbk(const void *gbk, size_t length);

/* One line of input, asked for in Chinese or English. False: no more comes. */
bool lesson_input(char line[LESSON_LINE], const char *chinese,
                  const char *english);

/* Ask for what no option has set yet. False: no more input comes. A wrong
 * answer ends the program like a wrong option. */
bool lesson_ask_host(const char **host, const char *chinese,
                     const char *english);
bool lesson_ask_port(int *port, const char *chinese, const char *english);

#endif
