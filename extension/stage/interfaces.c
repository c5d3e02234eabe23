/* SPDX-License-Identifier: Apache-2.0 */
/* interfaces.c - see interfaces.h. */
#include <stdlib.h>
#include "base/grow.h"
#include "base/map.h"
#include "stage/interfaces.h"

struct interface {
	struct now since; /* the last traffic, or what was told last */
	unsigned told;
	size_t at; /* in its tag's list */
	size_t len;
	char name[];
};

struct watched {
	struct map *by_name;
	struct interface *last; /* that had traffic */
	struct interface **item;
	size_t count, room;
	int64_t due_ms;
};

struct interfaces {
	struct watched tag[TAG_COUNT];
	int64_t interval_ms;
};

struct interfaces *interfaces_new(int64_t interval_ms)
{
	struct interfaces *all = calloc(1, sizeof(*all));
	int tag;

	if (!all)
		return NULL;
	all->interval_ms = interval_ms;
	for (tag = 0; tag < TAG_COUNT; tag++) {
		all->tag[tag].due_ms = NEVER_MS;
		all->tag[tag].by_name = map_new(INTERFACES_MAX, SIZE_MAX, free);
		if (!all->tag[tag].by_name) {
			interfaces_free(all);
			return NULL;
		}
	}
	return all;
}

void interfaces_free(struct interfaces *all)
{
	int tag;

	for (tag = 0; all && tag < TAG_COUNT; tag++) {
		map_free(all->tag[tag].by_name);
		free(all->tag[tag].item);
	}
	free(all);
}

static struct str interfaces_name_of(const struct interface *interface)
{
	return (struct str){ interface->name, interface->len };
}

static bool interfaces_has_room(struct watched *w)
{
	return w->count < INTERFACES_MAX && grow(w->item, w->room, w->count + 1);
}

static struct interface *interfaces_add(struct watched *w, struct str name)
{
	/* An entry that the map pushed out would still be in the list. */
	bool fits = name.len < INTERFACES_BYTES / 2 - sizeof(struct interface) &&
		    map_bytes(w->by_name) + sizeof(struct interface) + 2 * name.len <=
			    INTERFACES_BYTES;
	struct interface *interface = fits && interfaces_has_room(w)
					      ? malloc(sizeof(*interface) + name.len)
					      : NULL;

	if (!interface)
		return NULL;
	*interface = (struct interface){ .at = w->count, .len = name.len };
	memcpy(interface->name, name.ptr, name.len);
	if (map_put(w->by_name, name, interface, sizeof(*interface) + name.len,
		    NEVER_MS) < 0)
		return NULL;
	return w->item[w->count++] = interface;
}

static void interfaces_forget(struct watched *w, struct interface *interface)
{
	w->item[interface->at] = w->item[--w->count];
	w->item[interface->at]->at = interface->at;
	if (w->last == interface)
		w->last = NULL;
	map_remove(w->by_name, interfaces_name_of(interface));
}

void interfaces_seen(struct interfaces *all, enum tag tag, struct str name,
		     struct now now)
{
	struct watched *w = &all->tag[tag];
	struct interface *interface = w->last;

	if (name.len == 0)
		return;
	if (!interface || !str_equal(interfaces_name_of(interface), name))
		interface = map_get(w->by_name, name, 0);
	if (!interface)
		interface = interfaces_add(w, name);
	if (!interface)
		return;
	w->last = interface;
	interface->since = now;
	interface->told = 0;
	if (w->due_ms == NEVER_MS)
		w->due_ms = now.mono_ms + all->interval_ms;
}

static bool interfaces_tell(struct interface *interface, struct now now,
			    struct silence *silence)
{
	*silence = (struct silence){ interfaces_name_of(interface),
				     interface->since.wall_ms, now.wall_ms };
	interface->since = now;
	interface->told++;
	return true;
}

bool interfaces_silent(struct interfaces *all, enum tag tag, struct now now,
		       struct silence *silence)
{
	struct watched *w = &all->tag[tag];
	int64_t due_ms;
	size_t i = 0;

	if (now.mono_ms < w->due_ms)
		return false;
	w->due_ms = NEVER_MS;
	while (i < w->count) {
		struct interface *interface = w->item[i];

		due_ms = interface->since.mono_ms + all->interval_ms;
		if (due_ms <= now.mono_ms && interface->told == INTERFACES_TOLD_MAX) {
			interfaces_forget(w, interface);
			continue;
		}
		if (due_ms <= now.mono_ms) {
			w->due_ms = now.mono_ms; /* there may be more */
			return interfaces_tell(interface, now, silence);
		}
		if (due_ms < w->due_ms)
			w->due_ms = due_ms;
		i++;
	}
	return false;
}

int64_t interfaces_due(const struct interfaces *all, enum tag tag)
{
	return all->tag[tag].due_ms;
}
