/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c - see ledger.h. Its file and its start are in ledger_file.c.
 *
 * The ledger's own lock is held over a write and the step that follows it, which may be
 * slow; so it is taken before the spool's lock, under which the numbers change.
 */
#include <errno.h>
#include "spool/ledger_private.h"
#include "sys/clock.h"

#define TICK_MS 1000

/* The spool's lock is held. */
static void count_all(const struct spool_dir *dir, int64_t counters[STAT_COUNT])
{
	int id;

	for (id = 0; id < STAT_COUNT; id++) {
		counters[id] = 0;
		if (ledger_keeps((enum stat_id)id))
			counters[id] = dir->ledger.before[id] +
				       stats_get(dir->stats, (enum stat_id)id);
	}
}

/* The ledger's lock is held. What is to be written now. */
static void take_slot(struct spool_dir *dir, struct ledger_slot *slot)
{
	struct ledger_slot *now = &dir->ledger.slot;

	pthread_mutex_lock(&dir->spool->lock);
	now->sequence++;
	now->next_id = (int64_t)dir->next_id;
	count_all(dir, now->counters);
	*slot = *now;
	pthread_mutex_unlock(&dir->spool->lock);
}

/* The ledger's lock is held. A step goes to the file of the directory, and closes it: some
 * file systems tell only then that it was not written. */
static void write_now(struct spool_dir *dir, bool is_step)
{
	struct ledger_slot slot;
	int error;

	if (is_step)
		ledger_file_close(dir);
	take_slot(dir, &slot);
	error = ledger_file_write(dir, &slot);
	if (is_step && !error)
		error = ledger_file_close(dir);
	dir->ledger.is_behind = error != 0;
	atomic_store(&dir->ledger.written_ms, clock_now().mono_ms);
	ledger_tell(dir, error);
}

void ledger_begin(struct spool_dir *dir, enum ledger_step step, uint64_t id, uint64_t to,
		  const struct ledger_sum *sum)
{
	struct ledger_slot *slot = &dir->ledger.slot;

	pthread_mutex_lock(&dir->ledger.lock);
	pthread_mutex_lock(&dir->spool->lock);
	slot->id = (int64_t)id;
	slot->to = (int64_t)to;
	slot->sum = *sum;
	ledger_slot_do(slot, step);
	pthread_mutex_unlock(&dir->spool->lock);
	write_now(dir, true);
}

void ledger_end(struct spool_dir *dir, bool is_done)
{
	pthread_mutex_lock(&dir->spool->lock);
	if (!is_done) {
		ledger_slot_undo(&dir->ledger.slot);
		dir->ledger.is_behind = true;
	}
	dir->ledger.slot.step = LEDGER_REST;
	pthread_mutex_unlock(&dir->spool->lock);
	pthread_mutex_unlock(&dir->ledger.lock);
}

int spool_commit(struct spool_dir *dir, enum spool_folder from, uint64_t id, uint64_t to,
		 const struct ledger_sum *sum)
{
	int error;

	ledger_begin(dir, LEDGER_SEAL, id, to, sum);
	error = spool_move(dir, from, id, SPOOL_NEW, to);
	ledger_end(dir, !error);
	return error;
}

void spool_ledger(struct spool_dir *dir, struct ledger_totals *totals)
{
	const struct ledger_slot *slot = &dir->ledger.slot;

	pthread_mutex_lock(&dir->spool->lock);
	*totals = (struct ledger_totals){
		.since_ms = slot->since_ms,
		.sealed = slot->sealed,
		.uploaded = slot->uploaded,
		.evicted = slot->evicted,
		.quarantined = dir->bad_sum,
		.spooled = slot->sealed,
	};
	count_all(dir, totals->counters);
	pthread_mutex_unlock(&dir->spool->lock);
	ledger_sum_subtract(&totals->spooled, &totals->uploaded);
	ledger_sum_subtract(&totals->spooled, &totals->evicted);
	ledger_sum_subtract(&totals->spooled, &totals->quarantined);
}

/* The ledger's lock is held. */
static bool has_changed(struct spool_dir *dir)
{
	int64_t counters[STAT_COUNT];

	pthread_mutex_lock(&dir->spool->lock);
	count_all(dir, counters);
	pthread_mutex_unlock(&dir->spool->lock);
	return dir->ledger.is_behind ||
	       memcmp(counters, dir->ledger.slot.counters, sizeof(counters)) != 0;
}

/* Before it is due the question what has changed is not worth a lock. Who has the lock
 * writes, too. */
int64_t spool_ledger_tick(struct spool_dir *dir, struct now now)
{
	int64_t due_ms = atomic_load(&dir->ledger.written_ms) + TICK_MS;

	if (now.mono_ms < due_ms)
		return due_ms;
	if (pthread_mutex_trylock(&dir->ledger.lock) != 0)
		return now.mono_ms + TICK_MS;
	if (has_changed(dir))
		write_now(dir, false);
	due_ms = NEVER_MS;
	if (dir->ledger.is_behind)
		due_ms = now.mono_ms + spool_back_off_ms(dir->ledger.failures);
	pthread_mutex_unlock(&dir->ledger.lock);
	return due_ms;
}

void ledger_close(struct spool_dir *dir)
{
	pthread_mutex_lock(&dir->ledger.lock);
	if (dir->ledger.slot.sequence && (has_changed(dir) || ledger_file_close(dir) < 0))
		write_now(dir, true);
	pthread_mutex_unlock(&dir->ledger.lock);
	pthread_mutex_destroy(&dir->ledger.lock);
}
