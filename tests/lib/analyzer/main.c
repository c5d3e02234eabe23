/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer.h"
#include "server.h"
#include "subscriber.h"

#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>

static volatile sig_atomic_t terminated;

/* The loop looks at it with every tick of the server. */
static void on_signal(int number)
{
	(void)number;
	terminated = 1;
}

static void on_graph_progress(void *ctx)
{
	struct analyzer *an = ctx;

	graph_player_run(&an->graph_player);
}

static void on_graph_unlocked(void *ctx)
{
	rest_unlocked(ctx);
	on_graph_progress(ctx);
}

static void on_progress(void *ctx)
{
	struct analyzer *an = ctx;

	player_run(&an->player);
}

static int serve(struct analyzer *an)
{
	const struct hub_ops ops = { .joined = subscriber_joined,
				     .queued = subscriber_queued,
				     .progress = on_progress,
				     .ctx = an };
	const struct graph_ops graph_ops = { .queued = subscriber_queued,
					     .progress = on_graph_progress,
					     .unlocked = on_graph_unlocked,
					     .ctx = an };
	const struct options *options = &an->options;

	hub_init(&an->hub, &an->count, options->queue_size, &ops);
	an->hub.leave_delay_us = (int64_t)options->leave_delay_ms * 1000;
	an->hub.silent = an->modes.silence;
	an->hub.without_stats = an->modes.no_stats;
	graph_hub_init(&an->graph, options->graph_queue, &graph_ops);
	if (server_start(an))
		return 1;
	graph_player_init(&an->graph_player, &an->graph, an->lws);
	player_init(&an->player, &options->player, &an->stream, &an->hub, an->lws);
	while (!an->quit && !terminated && lws_service(an->lws, 0) >= 0)
		;
	player_fini(&an->player);
	graph_player_fini(&an->graph_player);
	/* Ending the connections must not start anything any more. */
	an->player.paused = true;
	server_stop(an);
	hub_fini(&an->hub);
	graph_hub_fini(&an->graph);
	return 0;
}

int main(int argc, char **argv)
{
	struct analyzer an = { .quit = false };
	int rc;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	counters_init(&an.count);
	rest_init(&an.rest);
	rc = options_read(&an, argc, argv);
	if (rc < 0)
		rc = serve(&an);
	recording_free(&an.stream);
	recording_free(&an.graph_player.stream);
	rest_fini(&an.rest);
	counters_fini(&an.count);
	free(an.options.address);
	free(an.options.credentials);
	return rc;
}
