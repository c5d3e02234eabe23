/* SPDX-License-Identifier: Apache-2.0 */
/* stages.h - the stages of a pipeline, from a configuration. */
#ifndef STAGES_H
#define STAGES_H

#include "stage/set.h"

struct stages {
	struct config *config;
	struct arena arena;
	struct problems problems;
	struct stage_set set;
};

/* 0 or an error; to be closed either way. */
int stages_open(struct stages *, const char *compress);
void stages_close(struct stages *);

#endif
