/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_pairs.h - a map or list that is being read; private to yaml.c. */
#ifndef CONFIG_YAML_PAIRS_H
#define CONFIG_YAML_PAIRS_H

#include "config/yaml.h"

struct yaml_pair {
	struct str key; /* of a map */
	unsigned line;
	struct yaml_node *value;
	size_t position;
	int64_t weight; /* of equal keys the heaviest stays */
};

struct yaml_pairs {
	struct yaml_pair *pair;
	size_t count;
	size_t room;
};

/* One more at the end. false, here and below: the arena has failed. */
bool yaml_pairs_add(struct yaml_pairs *, struct str key, unsigned line,
		    struct yaml_node *value, struct arena *);
/* Adds the pairs of a map that "<<" merges. Pairs of the map itself win, whether added
 * before or after; then those of the map that was merged first. */
bool yaml_pairs_merge(struct yaml_pairs *, const struct yaml_node *map, struct arena *);
/* Keeps the last pair of each key; *twice lists the others. false: the arena has
 * failed. */
bool yaml_pairs_drop_duplicates(struct yaml_pairs *, const struct yaml_twice **twice,
				struct arena *);
/* Makes them the items of a node of kind LIST or MAP. */
bool yaml_pairs_fill(const struct yaml_pairs *, struct yaml_node *, struct arena *);

#endif
