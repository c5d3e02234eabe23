/* SPDX-License-Identifier: Apache-2.0 */
/* layers.c - see layers.h. */
#include <errno.h>
#include "base/base64.h"
#include "base/buf.h"
#include "flow/layers.h"
#include "format/json_write.h"
#include "format/time_text.h"
#include "layers.pb-c.h"

#define LAYER_TEXT_MAX (1 << 20)

/* Writes a member's name, with a comma unless it is the first of an object. */
static void layers_put_name(struct buf *b, const char *name)
{
	if (b->len && b->ptr[b->len - 1] != '{')
		buf_putc(b, ',');
	buf_putc(b, '"');
	buf_puts(b, name);
	buf_puts(b, "\":");
}

static void layers_put_text(struct buf *b, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	layers_put_name(b, name);
	json_put_string(b, str_of(value));
}

static void layers_put_number(struct buf *b, const char *name, uint32_t value)
{
	if (!value)
		return;
	layers_put_name(b, name);
	buf_put_i64(b, value);
}

static void layers_put_bool(struct buf *b, const char *name, protobuf_c_boolean value)
{
	if (!value)
		return;
	layers_put_name(b, name);
	buf_puts(b, "true");
}

static void put_base64(struct buf *b, const char *name, ProtobufCBinaryData data)
{
	if (!data.len)
		return;
	layers_put_name(b, name);
	buf_putc(b, '"');
	base64_put(b, (struct str){ (const char *)data.data, data.len });
	buf_putc(b, '"');
}

/* The text moves from the buffer to the arena. */
static struct raw layers_keep(struct buf *b, struct arena *arena)
{
	struct raw raw = { { NULL, 0 } };

	buf_putc(b, '}');
	if (!buf_error(b))
		raw.text = arena_str(arena, buf_str(b));
	else if (buf_error(b) == -ENOMEM)
		arena->error = -ENOMEM;
	buf_fini(b);
	return raw;
}

struct raw layers_dhcpv4(const Layers__DHCPv4 *dhcp, struct arena *arena)
{
	struct buf b = BUF_INIT(LAYER_TEXT_MAX);

	if (!dhcp)
		return (struct raw){ { NULL, 0 } };
	buf_putc(&b, '{');
	put_base64(&b, "contents", dhcp->contents);
	put_base64(&b, "payload", dhcp->payload);
	layers_put_number(&b, "hardware_len", dhcp->hardware_len);
	layers_put_number(&b, "hardware_opts", dhcp->hardware_opts);
	layers_put_number(&b, "xid", dhcp->xid);
	layers_put_number(&b, "secs", dhcp->secs);
	layers_put_number(&b, "flags", dhcp->flags);
	put_base64(&b, "server_name", dhcp->server_name);
	put_base64(&b, "file", dhcp->file);
	return layers_keep(&b, arena);
}

struct raw layers_vrrpv2(const Layers__VRRPv2 *vrrp, struct arena *arena)
{
	struct buf b = BUF_INIT(LAYER_TEXT_MAX);

	if (!vrrp)
		return (struct raw){ { NULL, 0 } };
	buf_putc(&b, '{');
	put_base64(&b, "contents", vrrp->contents);
	put_base64(&b, "payload", vrrp->payload);
	layers_put_number(&b, "version", vrrp->version);
	layers_put_number(&b, "VirtualRtrID", vrrp->virtual_rtr_id);
	layers_put_number(&b, "priority", vrrp->priority);
	layers_put_number(&b, "CountIPAddr", vrrp->count_ipaddr);
	layers_put_number(&b, "adver_int", vrrp->adver_int);
	layers_put_number(&b, "checksum", vrrp->checksum);
	return layers_keep(&b, arena);
}

static void put_question(struct buf *b, const void *item)
{
	const Layers__DNSQuestion *question = item;

	layers_put_text(b, "name", question->name);
	layers_put_text(b, "type", question->type);
	layers_put_text(b, "class", question->class_);
}

static void put_option(struct buf *b, const void *item)
{
	const Layers__DNSOPT *option = item;

	layers_put_text(b, "Code", option->code);
	layers_put_text(b, "Data", option->data);
}

/* A list of objects, left out when it is empty. */
static void put_list(struct buf *b, const char *name, void *const *item, size_t count,
		     void (*put)(struct buf *, const void *item))
{
	size_t i;

	if (!count)
		return;
	layers_put_name(b, name);
	for (i = 0; i < count; i++) {
		buf_puts(b, i ? ",{" : "[{");
		put(b, item[i]);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
}

static void put_soa(struct buf *b, const Layers__DNSSOA *soa)
{
	layers_put_name(b, "SOA");
	buf_putc(b, '{');
	layers_put_text(b, "MName", soa->mname);
	layers_put_text(b, "RName", soa->rname);
	layers_put_number(b, "serial", soa->serial);
	layers_put_number(b, "refresh", soa->refresh);
	layers_put_number(b, "retry", soa->retry);
	layers_put_number(b, "expire", soa->expire);
	layers_put_number(b, "minimum", soa->minimum);
	buf_putc(b, '}');
}

static void put_texts(struct buf *b, const Layers__DNSResourceRecord *record)
{
	size_t i;

	if (!record->n_txts)
		return;
	layers_put_name(b, "TXTs");
	for (i = 0; i < record->n_txts; i++) {
		buf_putc(b, i ? ',' : '[');
		json_put_string(b, str_of(record->txts[i]));
	}
	buf_putc(b, ']');
}

static void layers_put_record(struct buf *b, const void *item)
{
	const Layers__DNSResourceRecord *record = item;

	layers_put_text(b, "name", record->name);
	layers_put_text(b, "type", record->type);
	layers_put_text(b, "class", record->class_);
	layers_put_number(b, "TTL", record->ttl);
	layers_put_number(b, "data_length", record->data_length);
	layers_put_text(b, "IP", record->ip);
	layers_put_text(b, "NS", record->ns);
	layers_put_text(b, "CNAME", record->cname);
	layers_put_text(b, "PTR", record->ptr);
	put_texts(b, record);
	if (record->soa)
		put_soa(b, record->soa);
	if (record->srv) {
		layers_put_name(b, "SRV");
		buf_putc(b, '{');
		layers_put_number(b, "priority", record->srv->priority);
		layers_put_number(b, "weight", record->srv->weight);
		layers_put_number(b, "port", record->srv->port);
		layers_put_text(b, "name", record->srv->name);
		buf_putc(b, '}');
	}
	if (record->mx) {
		layers_put_name(b, "MX");
		buf_putc(b, '{');
		layers_put_number(b, "preference", record->mx->preference);
		layers_put_text(b, "name", record->mx->name);
		buf_putc(b, '}');
	}
	put_list(b, "OPT", (void *const *)record->opt, record->n_opt, put_option);
}

static void put_timestamp(struct buf *b, const Layers__Timestamp *time)
{
	int64_t seconds = time ? time->seconds : TIME_TEXT_GO_ZERO;

	layers_put_name(b, "timestamp");
	buf_putc(b, '"');
	time_put_rfc3339_nanos(b, seconds, time ? time->nanos : 0);
	buf_putc(b, '"');
}

struct raw layers_dns(const Layers__DNS *dns, struct arena *arena)
{
	struct buf b = BUF_INIT(LAYER_TEXT_MAX);

	if (!dns)
		return (struct raw){ { NULL, 0 } };
	buf_putc(&b, '{');
	layers_put_number(&b, "ID", dns->id);
	layers_put_bool(&b, "QR", dns->qr);
	layers_put_text(&b, "op_code", dns->op_code);
	layers_put_bool(&b, "AA", dns->aa);
	layers_put_bool(&b, "TC", dns->tc);
	layers_put_bool(&b, "RD", dns->rd);
	layers_put_bool(&b, "RA", dns->ra);
	layers_put_number(&b, "z", dns->z);
	layers_put_text(&b, "response_code", dns->response_code);
	layers_put_number(&b, "QDCount", dns->qd_count);
	layers_put_number(&b, "ANCount", dns->an_count);
	layers_put_number(&b, "NSCount", dns->ns_count);
	layers_put_number(&b, "ARCount", dns->ar_count);
	put_list(&b, "questions", (void *const *)dns->questions, dns->n_questions,
		 put_question);
	put_list(&b, "answers", (void *const *)dns->answers, dns->n_answers,
		 layers_put_record);
	put_list(&b, "authorities", (void *const *)dns->authorities, dns->n_authorities,
		 layers_put_record);
	put_list(&b, "additionals", (void *const *)dns->additionals, dns->n_additionals,
		 layers_put_record);
	put_timestamp(&b, dns->timestamp);
	return layers_keep(&b, arena);
}
