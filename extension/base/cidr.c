/* SPDX-License-Identifier: Apache-2.0 */
/* cidr.c - see cidr.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/cidr.h"

#define BITS_OF_V4     32
#define BITS_BEFORE_V4 96 /* of ::ffff:0:0 */
#define BITS_OF_V6     128

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool has_v4_prefix(const uint8_t *byte)
{
	return memcmp(byte, v4_prefix, sizeof(v4_prefix)) == 0;
}

/* Four numbers, as inet_pton(3) has them: it took a sixth of a row's time. */
static bool parse_v4(struct str text, uint8_t *byte)
{
	const char *at = text.ptr, *end = at + text.len;
	int i;

	for (i = 0; i < 4; i++) {
		const char *first;
		unsigned value = 0;

		if (i && (at == end || *at++ != '.'))
			return false;
		for (first = at; at < end && *at >= '0' && *at <= '9'; at++) {
			value = value * 10 + (unsigned)(*at - '0');
			if (value > 255 || (at > first && *first == '0'))
				return false;
		}
		if (at == first)
			return false;
		byte[i] = (uint8_t)value;
	}
	return at == end;
}

static bool parse_v6(struct str text, uint8_t *byte)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(AF_INET6, copy, byte) == 1;
}

/* Go and the C library agree on what an address is: inet_pton(3) refuses
 * leading zeros, short forms and zones, too. */
bool address_parse(struct str text, struct address *out)
{
	struct address a = { .is_v4 = false };

	memcpy(a.byte, v4_prefix, sizeof(v4_prefix));
	if (!text.len)
		return false;
	if (!parse_v4(text, a.byte + sizeof(v4_prefix)) && !parse_v6(text, a.byte))
		return false;
	a.is_v4 = has_v4_prefix(a.byte);
	*out = a;
	return true;
}

static bool parse_length(struct str text, unsigned max, unsigned *out)
{
	unsigned value = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.ptr[i] - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return text.len > 0;
}

static void clear_host_bits(struct cidr *c)
{
	size_t whole = c->bits / 8;
	uint8_t *byte = c->prefix.byte;

	if (whole >= sizeof(c->prefix.byte))
		return;
	byte[whole] = (uint8_t)(byte[whole] & ~(0xffu >> c->bits % 8));
	memset(byte + whole + 1, 0, sizeof(c->prefix.byte) - whole - 1);
}

int cidr_parse(struct str text, struct cidr *out, struct err *err)
{
	struct str host = str_until(text, '/');
	bool has_length = host.len < text.len;
	bool is_dotted = !host.len || !memchr(host.ptr, ':', host.len);
	unsigned max = is_dotted ? BITS_OF_V4 : BITS_OF_V6;
	struct cidr c;

	if (!address_parse(host, &c.prefix))
		return err_set(err,
			       "\"" STR_FMT "\" is not a network: write an IPv4 or "
			       "IPv6 address and a length, for example 10.0.0.0/8",
			       STR_ARG(text));
	if (!has_length)
		return err_set(err,
			       "\"" STR_FMT "\" has no prefix length: for this one "
			       "address write " STR_FMT "/%u",
			       STR_ARG(text), STR_ARG(text), max);
	if (!parse_length(str_skip(text, host.len + 1), max, &c.bits))
		return err_set(err,
			       "\"" STR_FMT "\" has a bad prefix length: write a "
			       "number from 0 to %u",
			       STR_ARG(text), max);
	if (is_dotted)
		c.bits += BITS_BEFORE_V4;
	clear_host_bits(&c);
	c.prefix.is_v4 = has_v4_prefix(c.prefix.byte);
	*out = c;
	return 0;
}

int cidr_set_parse(struct cidr_set *set, const struct strs *texts, const char *key,
		   struct err *err)
{
	struct err why = ERR_INIT;
	char item[sizeof(why.key)];
	int error = 0;
	size_t i;

	*set = (struct cidr_set){ 0 };
	if (!texts->count)
		return 0;
	set->item = calloc(texts->count, sizeof(*set->item));
	if (!set->item) {
		err_set(err, "no memory");
		return -ENOMEM;
	}
	set->count = texts->count;
	for (i = 0; i < texts->count; i++) {
		if (cidr_parse(texts->item[i], &set->item[i], &why) == 0)
			continue;
		snprintf(item, sizeof(item), "%s[%zu]", key, i);
		err_also(err);
		error = err_set_key(err, item, "%s", why.text);
	}
	if (error)
		cidr_set_fini(set);
	return error;
}

static bool cidr_contains(const struct cidr *c, const struct address *a)
{
	size_t whole = c->bits / 8;
	unsigned rest = c->bits % 8;

	if (c->prefix.is_v4 != a->is_v4 || memcmp(c->prefix.byte, a->byte, whole) != 0)
		return false;
	return !rest || (c->prefix.byte[whole] ^ a->byte[whole]) >> (8 - rest) == 0;
}

bool cidr_set_contains(const struct cidr_set *set, const struct address *a)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (cidr_contains(&set->item[i], a))
			return true;
	return false;
}

void cidr_set_fini(struct cidr_set *set)
{
	free(set->item);
	*set = (struct cidr_set){ 0 };
}
