/* SPDX-License-Identifier: Apache-2.0 */
/* config_find.h - the layers of a configuration and how values are found in them;
 * private to config*.c. */
#ifndef CONFIG_CONFIG_FIND_H
#define CONFIG_CONFIG_FIND_H

#include "config/config.h"
#include "config/yaml.h"

#define CONFIG_PATH_MAX 512

struct layer {
	struct layer *below;
	struct str file;
	struct yaml_node *root; /* a MAP or NULL node */
	bool environment;	/* variables come before this layer */
};

struct config {
	struct arena arena;
	struct layer *top;
	struct layer **bottom; /* where the next one goes */
	char *const *environ;
};

/* A value and where it was found. */
struct config_place {
	const struct yaml_node *value; /* not NULL and not of kind NULL */
	const struct layer *layer;
	unsigned line;
	struct str variable;   /* its name, when it comes from one */
	struct yaml_node text; /* value points to it then */
};

/* "path.key"; either may be empty. A path that is too long is cut, and then names
 * nothing. */
struct config_path {
	char text[CONFIG_PATH_MAX];
};

/* "a.b.c" is below "a.b", and everything is below "". */
bool config_path_is_below(struct str path, struct str above);
struct str config_join(struct config_path *, struct str path, struct str key);

/* The value of the uppermost layer (or variable) that has one. */
bool config_find(const struct config *, struct str path, struct config_place *);
bool config_find_variable(const struct config *, struct str path, struct config_place *);
/* The value a layer gives to a path. The longest literal prefix of the path that exists
 * wins, as in viper. */
bool config_find_in(const struct layer *, struct str path, struct config_place *);

/* The same, but a key without a value is found, too. */
bool config_find_written(const struct layer *, struct str path, struct config_place *);

/* Visits the keys directly below a path in a layer, in the order of the document, NULL
 * values included: name is the rest of the key, with dots if it was written so. false:
 * visit returned false, which ends it. */
bool config_each_below(const struct layer *, struct str path,
		       bool (*visit)(void *context, struct str name,
				     const struct config_place *),
		       void *context);

/* "file:line" or the variable. */
void config_put_place(const struct config_place *, struct buf *);

#endif
