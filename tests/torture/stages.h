/* SPDX-License-Identifier: Apache-2.0 */
/* stages.h - the stages of a pipeline, from a configuration. */
#ifndef STAGES_H
#define STAGES_H

#include "stage/stage_set.h"

struct stages {
	struct config *config;
	struct arena arena;
	struct problems problems;
	struct stage_set set;
};

/* What is below "pipeline:"; the type of compress is added. */
extern const char stages_vpclogs[], stages_action[], stages_secadvisor[], stages_aws[];

/* 0 or an error; to be closed either way. */
int stages_open(struct stages *, const char *which, const char *compress);
void stages_close(struct stages *);

#endif
