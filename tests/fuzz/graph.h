/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_GRAPH_H
#define WEFT_TESTS_GRAPH_H

/*
 * A graph of futures and what is known of it: promises that the input keeps or breaks,
 * groups (all, any) of them, and what follows in a pool (then, otherwise).
 *
 * The model has no order of events within an operation: it looks at all nodes again and
 * again until none changes. Where the order decides, any order is right.
 */

#include "fuzz.h"
#include "weft/executor.h"

enum { NODES = 20, MEMBERS = 6, RESULT = 64, NONE = -1 };

enum kind { FREE, PROMISE, ALL, ANY, THEN, OTHERWISE };
enum state { PENDING, RUNNING, FINISHED, CANCELLED };

struct node {
    enum kind kind;
    weft_future *future;   /* the consumer's reference; NULL: released, a promise that was kept */
    weft_future *producer; /* of a promise, until it is released */
    enum state state;
    int code; /* once it is done, like what follows */
    size_t size;
    uint8_t bytes[RESULT];
    unsigned created, done; /* in which operations */
    int members[MEMBERS];   /* nodes; of then and otherwise the only one is the source */
    size_t count;
};

extern struct node nodes[NODES];
extern unsigned operation; /* counts up */
extern struct input *input;
extern bool may_refuse; /* memory */

/* A node whose future is still the consumer's; NONE if the input names another. */
int choose_node(void);

/* Up to `most` such, perhaps one twice. */
size_t choose_nodes(int *some, weft_future **futures, size_t most, bool groups);

/* A refused allocation is near, if the input wants it. */
void refuse(void);

/* What a call after refuse() is to say, if it says `err` otherwise. */
int memory_or(int err);

bool is_done(int i);

/* A promise, or nothing more to come, ended so. */
void set_done(int i, enum state state, int code, const void *bytes, size_t size);

/* Cancelled by name: a group takes its members along. */
void model_cancel(int i);

extern weft_executor *pool; /* NULL: without */

/* Whether the worker may have to do something. Without: no need for gates, which are slow. */
bool has_chains(void);

/* The pool's worker begins nothing until the gate is open. */
void shut_gate(void);
void open_gate(void);

/* The worker has returned from what it ran. */
void rest(void);

/* Works out what follows from what is done, and compares it with the futures. */
void settle(void);

/* No more is known of the node, if nobody needs it. fuzz_future_graph.c */
void forget_if_gone(int i);

/* Iterators and waiting for several. graph_list.c */
void list_or_wait(void);
bool is_listed(int i);
void close_lists(void);

/* The functions of then and otherwise. */
int follow(weft_task *task);
int recover(weft_task *task);

#endif
