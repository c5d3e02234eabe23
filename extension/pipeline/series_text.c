/* SPDX-License-Identifier: Apache-2.0 */
/* series_text.c - series as Prometheus' text: families by name, series by the
 * values of their labels, as the Go client library orders them. */
#include <errno.h>
#include <stdlib.h>
#include "base/utf8.h"
#include "format/number.h"
#include "pipeline/series.h"

struct family {
	const char *name, *help;
	int value;    /* its index */
	int backward; /* of the other direction; 0: none */
};

/* The misspelling is the Go program's. */
static const struct family connection_families[] = {
	{ "skydive_network_connection_rtt_nanoseconds",
	  "Round Trip Time of packets that have been transmitted on this connection", 4,
	  0 },
	{ "skydive_network_connection_total_bytes",
	  "Number of bytes that have been transmmitted on this connection", 0, 1 },
	{ "skydive_network_connection_total_packets",
	  "Number of packets that have been transmmitted on this connection", 2, 3 },
	{ 0 },
};

static const struct family interface_families[] = {
	{ "skydive_network_interface_collisions",
	  "Number of collisions reported on this interface", 0, 0 },
	{ "skydive_network_interface_rx_bytes",
	  "Number of bytes that have been received on this interface", 1, 0 },
	{ "skydive_network_interface_rx_dropped",
	  "Number of received packets that have been dropped by this interface", 2, 0 },
	{ "skydive_network_interface_rx_errors",
	  "Number of errors on received packets on this interface", 3, 0 },
	{ "skydive_network_interface_rx_missed_errors",
	  "Number of missed errors on received packets on this interface", 4, 0 },
	{ "skydive_network_interface_rx_packets",
	  "Number of packets that have been received on this interface", 5, 0 },
	{ "skydive_network_interface_tx_bytes",
	  "Number of bytes that have been transmitted by this interface", 6, 0 },
	{ "skydive_network_interface_tx_dropped",
	  "Number of transmitted packets that have been dropped on this interface", 7,
	  0 },
	{ "skydive_network_interface_tx_errors",
	  "Number of errors on transmitted packets on this interface", 8, 0 },
	{ "skydive_network_interface_tx_missed_errors",
	  "Number of missed errors on transmitted packets on this interface", 9, 0 },
	{ "skydive_network_interface_tx_packets",
	  "Number of packets that have been transmitted by this interface", 10, 0 },
	{ 0 },
};

static const char *const connection_labels[SERIES_LABELS] = {
	"initiator_ip", "initiator_port", "node_tid",
	"protocol",	"target_ip",	  "target_port",
};
static const char *const interface_labels[SERIES_LABELS] = {
	"host", "interface_name", "interface_type", "ipv4", "ipv6", "node_tid",
};

struct entries {
	const struct series_entry **at;
	size_t count;
};

static bool series_text_collect(void *context, struct str key, void *value)
{
	struct entries *entries = context;

	(void)key;
	entries->at[entries->count++] = value;
	return true;
}

static int compare_text(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_labels(const struct series_entry *a, const struct series_entry *b)
{
	int i, order = 0;

	for (i = 0; !order && i < SERIES_LABELS; i++)
		order = compare_text(a->label[i], b->label[i]);
	return order;
}

static int series_text_compare(const void *a, const void *b)
{
	const struct series_entry *x = *(const struct series_entry *const *)a;
	const struct series_entry *y = *(const struct series_entry *const *)b;
	int order = compare_labels(x, y);

	return order ? order : (x->serial > y->serial) - (x->serial < y->serial);
}

/* Two connections with the same labels are one series, with the last value. */
static void drop_doubles(struct entries *entries)
{
	size_t i, kept = 0;

	for (i = 0; i < entries->count; i++)
		if (i + 1 == entries->count ||
		    compare_labels(entries->at[i], entries->at[i + 1]) != 0)
			entries->at[kept++] = entries->at[i];
	entries->count = kept;
}

static void series_text_put_value(struct buf *out, struct str value)
{
	while (value.len) {
		const unsigned char *at = (const unsigned char *)value.ptr;
		size_t len = *at < 0x80 ? 1 : utf8_len(value);

		if (*at == '\\' || *at == '"')
			buf_putc(out, '\\');
		if (*at == '\n')
			buf_puts(out, "\\n");
		else if (len)
			buf_put(out, (struct str){ value.ptr, len });
		else
			buf_puts(out, "\xef\xbf\xbd");
		value = str_skip(value, len ? len : 1);
	}
}

static void put_series(struct buf *out, const struct family *family,
		       const char *const *labels, const char *direction,
		       const struct series_entry *entry, int value)
{
	int i;

	buf_puts(out, family->name);
	buf_puts(out, "{");
	if (direction)
		buf_printf(out, "direction=\"%s\",", direction);
	for (i = 0; i < SERIES_LABELS; i++) {
		buf_puts(out, i ? "," : "");
		buf_puts(out, labels[i]);
		buf_puts(out, "=\"");
		series_text_put_value(out, entry->label[i]);
		buf_putc(out, '"');
	}
	buf_puts(out, "} ");
	number_put_double(out, (double)entry->value[value]);
	buf_putc(out, '\n');
}

static void put_family(struct buf *out, const struct family *family,
		       const char *const *labels, const char *direction,
		       const struct entries *entries)
{
	size_t i;

	buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", family->name, family->help,
		   family->name);
	for (i = 0; i < entries->count; i++)
		put_series(out, family, labels, direction, entries->at[i], family->value);
	for (i = 0; family->backward && i < entries->count; i++)
		put_series(out, family, labels, "target_to_initiator", entries->at[i],
			   family->backward);
}

static int series_text_put_map(struct buf *out, const struct map *map,
			       const struct family *family, const char *const *labels,
			       const char *direction)
{
	struct entries entries = { .count = 0 };

	if (!map_count(map))
		return 0;
	entries.at = calloc(map_count(map), sizeof(*entries.at));
	if (!entries.at)
		return -ENOMEM;
	map_each(map, series_text_collect, &entries);
	qsort(entries.at, entries.count, sizeof(*entries.at), series_text_compare);
	drop_doubles(&entries);
	for (; family->name; family++)
		put_family(out, family, labels, direction, &entries);
	free(entries.at);
	return 0;
}

int series_put(const struct series *s, struct buf *out)
{
	int error = series_text_put_map(out, s->connections, connection_families,
					connection_labels, "initiator_to_target");

	return error ? error
		     : series_text_put_map(out, s->interfaces, interface_families,
					   interface_labels, NULL);
}
