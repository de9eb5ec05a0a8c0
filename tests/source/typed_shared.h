/* SPDX-License-Identifier: MIT */
/* Typed shared values as a program uses them, compiled as C and as C++: building is the test. */
#include <weft/shared_value.h>

struct score {
    int wins, losses;
};

WEFT_TYPED_SHARED(shared_score, struct score);
WEFT_TYPED_SHARED(unused_shared, double); /* which is no reason for a warning */

int win_once(void);

int win_once(void)
{
    shared_score score;
    int wins = -1;

    if (shared_score_create(&score, 1) != 0)
        return wins;
    if (weft_shared_mutex_acquire(score.lock, WEFT_FOREVER) == 0) {
        wins = ++shared_score_at(score)->wins;
        weft_shared_mutex_release(score.lock);
    }
    shared_score_close(score);
    return wins;
}
