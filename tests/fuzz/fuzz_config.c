/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - a drop-in over a main file, read as a pipeline.
 *
 * A form feed stands between the drop-in, the main file and a variable of the
 * environment.
 */
#include "fuzz.h"
#include "settings/pipeline_settings.h"
#include "settings/settings_program.h"

#define SHOWN_MAX    ((size_t)1 << 20)
#define SECTIONS_MAX 64
#define ARENA_MAX    ((size_t)16 << 20)

/* Drop-in, main file, variable. */
enum { ABOVE, BELOW, VARIABLE, PARTS };

struct reading {
	struct buf problems, text;
	size_t count;
};

static void read_pipeline(struct config *config, struct reading *r,
			  struct problems *problems)
{
	struct config_section sections[SECTIONS_MAX];
	struct pipeline_settings *pipeline = pipeline_settings_new(STR("fuzz"));
	struct buf shown = BUF_INIT(SHOWN_MAX);

	fuzz_check(pipeline != NULL, "there is memory for a pipeline");
	config_check(config, "pipeline", sections,
		     pipeline_settings_sections(sections, SECTIONS_MAX), problems);
	pipeline->config = config;
	pipeline_settings_read(pipeline, problems);
	pipeline->config = NULL;
	pipeline_settings_unref(pipeline);
	pipeline_settings_text(config, true, &r->text, &shown);
	pipeline_settings_text(config, false, &r->text, &shown);
	buf_fini(&shown);
}

static void read_program(struct config *config, struct problems *problems)
{
	struct settings settings = { .base = config, .arena = ARENA_INIT(ARENA_MAX) };
	struct program program;

	settings_program(&settings, &program, problems);
	arena_fini(&settings.arena);
}

static void read_all(const struct str part[PARTS], char *variable, struct reading *r)
{
	struct config *config = config_new();
	struct problems problems = PROBLEMS_INIT;
	char *const environment[] = { variable, NULL };

	*r = (struct reading){ .problems = BUF_INIT(FUZZ_MEMORY),
			       .text = BUF_INIT(FUZZ_MEMORY) };
	fuzz_check(config != NULL, "there is memory for a configuration");
	config_environment(config, environment);
	if (config_add(config, "drop-in.yml", part[ABOVE], false, &problems) == 0 &&
	    config_add(config, "main.yml", part[BELOW], true, &problems) == 0) {
		read_pipeline(config, r, &problems);
		read_program(config, &problems);
	} else {
		fuzz_check(problems.count > 0, "whoever fails says why");
	}
	r->count = problems.count;
	buf_put(&r->problems, buf_str(&problems.text));
	problems_fini(&problems);
	config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str part[PARTS], rest = fuzz_str(data, size);
	struct buf variable = BUF_INIT(FUZZ_MEMORY);
	struct reading once, twice;
	int i;

	for (i = 0; i < PARTS; i++) {
		part[i] = str_until(rest, '\f');
		rest = str_skip(rest, part[i].len + 1);
	}
	buf_put(&variable, part[VARIABLE]);
	buf_putc(&variable, '\0');
	read_all(part, variable.ptr, &once);
	read_all(part, variable.ptr, &twice);
	fuzz_check(once.count == twice.count &&
			   str_equal(buf_str(&once.problems), buf_str(&twice.problems)) &&
			   str_equal(buf_str(&once.text), buf_str(&twice.text)),
		   "the same files say the same");
	buf_fini(&once.problems);
	buf_fini(&once.text);
	buf_fini(&twice.problems);
	buf_fini(&twice.text);
	buf_fini(&variable);
	return 0;
}
