#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
int weft__thread_delay(struct weft__thread_pool *pool, weft_future *task, const weft_submit_options *options){(void)pool;(void)task;(void)options;return WEFT_ENOTSUP;}
void weft__thread_delay_discard(struct weft__thread_pool *pool){(void)pool;}
