/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - see thread.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "sys/c_locale.h"
#include "sys/thread.h"

#define NICE_OF_READERS (-10)

struct beginning {
	void *(*run)(void *);
	void *argument;
};

static void *begin(void *given)
{
	struct beginning beginning = *(struct beginning *)given;

	free(given);
	c_locale_enter();
	return beginning.run(beginning.argument);
}

int thread_start(pthread_t *thread, const char *name, void *(*run)(void *),
		 void *argument)
{
	struct beginning *given = malloc(sizeof(*given));
	sigset_t all, before;
	int error;

	if (!given)
		return -ENOMEM;
	*given = (struct beginning){ run, argument };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, begin, given);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		pthread_setname_np(*thread, name);
	else
		free(given);
	return -error;
}

void thread_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void thread_raise(void)
{
	/* On Linux it is the thread's own. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE_OF_READERS);
}
