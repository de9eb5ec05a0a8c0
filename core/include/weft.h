/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

/* Everything at once, for lessons and first programs. Others include what they use. */

#include <weft/arena.h>
#include <weft/atomic.h>
#include <weft/barrier.h>
#include <weft/cancel.h>
#include <weft/caps.h>
#include <weft/condition.h>
#include <weft/doctor.h>
#include <weft/ending.h>
#include <weft/error.h>
#include <weft/event.h>
#include <weft/executor.h>
#include <weft/frames.h>
#include <weft/future.h>
#include <weft/http.h>
#include <weft/http_server.h>
#include <weft/local.h>
#include <weft/manager.h>
#include <weft/memory.h>
#include <weft/mutex.h>
#include <weft/once.h>
#include <weft/parallel.h>
#include <weft/poller.h>
#include <weft/process.h>
#include <weft/queue.h>
#include <weft/rwlock.h>
#include <weft/semaphore.h>
#include <weft/server.h>
#include <weft/shared.h>
#include <weft/shared_pipe.h>
#include <weft/shared_queue.h>
#include <weft/shared_value.h>
#include <weft/socket.h>
#include <weft/task.h>
#include <weft/text.h>
#include <weft/thread.h>
#include <weft/time.h>
#include <weft/timer.h>
#include <weft/wait.h>
#include <weft/wait_any.h>

#endif
