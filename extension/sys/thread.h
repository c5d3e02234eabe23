/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - starts all our threads: with a name, in the C locale, and with signals
 * blocked, because they are the host's.
 */
#ifndef SYS_THREAD_H
#define SYS_THREAD_H

#include <pthread.h>

/* 0 or -errno. The name has up to 15 characters. */
int thread_start(pthread_t *, const char *name, void *(*run)(void *), void *argument);
/* A condition whose timed waits use CLOCK_MONOTONIC, which is never set back. */
void thread_condition_init(pthread_cond_t *);
/* Gives the calling thread priority over others, if the process may (CAP_SYS_NICE, or
 * systemd's LimitNICE=): for threads that read from the network, which must not be late
 * because there is much to process. */
void thread_raise(void);

#endif
