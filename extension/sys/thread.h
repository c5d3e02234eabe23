/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - how every thread of ours starts: with a name and without signals,
 * which are the host's.
 */
#ifndef SYS_THREAD_H
#define SYS_THREAD_H

#include <pthread.h>

/* 0 or -errno. The name has up to 15 characters. */
int thread_start(pthread_t *, const char *name, void *(*run)(void *), void *argument);
/* A condition whose timed waits are by CLOCK_MONOTONIC: nobody sets that one back. */
void thread_condition_init(pthread_cond_t *);
/* The calling thread comes before others, as far as the process may say so
 * (CAP_SYS_NICE, or systemd's LimitNICE=): for who reads what others send, and
 * must not be late because there is much to do with it. */
void thread_raise(void);

#endif
