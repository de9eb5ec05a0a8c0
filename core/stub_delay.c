#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
int weft__thread_delay(struct weft__thread_pool *pool, weft_future *task, const weft_submit_options *options){(void)pool;(void)task;(void)options;return WEFT_ENOTSUP;}
void weft__thread_delay_discard(struct weft__thread_pool *pool){(void)pool;}
int weft__future_wait_first_failed(weft_future *const *futures, size_t count, weft_time until){(void)futures;(void)count;(void)until;return WEFT_ENOTSUP;}
