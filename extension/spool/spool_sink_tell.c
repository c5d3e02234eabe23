/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink_tell.c - the log hears when rows or objects wait for the spool, and when
 * they do no more. See spool_sink_private.h.
 */
#include <string.h>
#include "spool/spool_sink_private.h"

/* The lock is held: whether the spool does not take all that there is for it. */
bool spool_sink_is_unwritable(const struct spool_sink *in)
{
	return in->held || in->is_refused || in->failing_jobs;
}

/* One line when rows or objects begin to wait for the spool, one when none does
 * any more. */
void spool_sink_tell(struct spool_sink *in, bool was, bool is, int error)
{
	if (is && !was)
		log_write(in->parts.log, LOG_ERROR,
			  "tenant=%s spool=unwritable error=\"%s\" trying again; rows "
			  "are kept in memory, see max_flow_array_size and "
			  "limits.held_bytes",
			  spool_dir_name(in->parts.dir), LOG_QUOTED(strerror(-error)));
	else if (was && !is)
		log_write(in->parts.log, LOG_INFO, "tenant=%s spool=ok",
			  spool_dir_name(in->parts.dir));
}

void spool_sink_tell_of_job(struct spool_sink *in, int change, int error)
{
	bool was, is;

	pthread_mutex_lock(&in->lock);
	was = spool_sink_is_unwritable(in);
	in->failing_jobs += change;
	is = spool_sink_is_unwritable(in);
	pthread_mutex_unlock(&in->lock);
	spool_sink_tell(in, was, is, error);
}
