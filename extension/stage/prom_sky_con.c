/* SPDX-License-Identifier: Apache-2.0 */
/* prom_sky_con.c - see prom_sky_con.h. */
#include "format/number.h"
#include "stage/prom_sky_con.h"

#define SECTION	   "pipeline.store.prom_sky_con"
#define TIMEOUT_MS 60000

static const struct prom_sky_con defaults = {
	.connection_timeout_ms = TIMEOUT_MS,
	.max_connections = 20000,
};

/* The upper limit keeps the page within what the HTTP server sends. */
static const struct shape prom_sky_con_shape = {
	.name = "prom_sky_con",
	.size = sizeof(struct prom_sky_con),
	.defaults = &defaults,
	.fields =
		(const struct field[]){
			OPTION(struct prom_sky_con, port, "port", 0,
			       "TCP port of /metrics, on all interfaces"),
			OPTION_RANGE(struct prom_sky_con, connection_timeout_ms,
				     "connection_timeout", FIELD_SECONDS, 0,
				     INT64_C(604800000),
				     "a connection is forgotten so long after its last "
				     "flow; 0: 60"),
			OPTION_RANGE(struct prom_sky_con, max_connections,
				     "max_connections", 0, 1, 30000,
				     "at most; then the one without flows for longest "
				     "is dropped"),
			{ 0 },
		},
};

const struct config_section prom_sky_con_section = { SECTION, &prom_sky_con_shape };

static void check_port(struct str port, const struct config *config,
		       struct problems *problems)
{
	struct err err = ERR_INIT;
	int64_t number;

	if (port.len && number_parse(port, &number) == 0 && number > 0 && number < 65536)
		return;
	err_set_key(&err, "port",
		    port.len ? "must be a TCP port, 1 to 65535"
			     : "must be set: the TCP port of /metrics");
	config_problem(config, SECTION, &err, problems);
}

static void check_transform(const struct transform *transform,
			    const struct config *config, struct problems *problems)
{
	struct err err = ERR_INIT;

	if (!transform || transform == &transform_none)
		return;
	err_set_key(
		&err, "type",
		"store prom_sky_con does not fit transform %s; it needs transform none",
		transform->stage.name);
	config_problem(config, "pipeline.store", &err, problems);
}

void prom_sky_con_read(struct prom_sky_con *p, const struct config *config,
		       const struct stage_set *stages, struct arena *arena,
		       struct problems *problems)
{
	*p = defaults;
	check_transform(stages->transform, config, problems);
	if (config_read(config, SECTION, &prom_sky_con_shape, p, arena, problems))
		return;
	if (!p->connection_timeout_ms)
		p->connection_timeout_ms = TIMEOUT_MS;
	check_port(p->port, config, problems);
}
