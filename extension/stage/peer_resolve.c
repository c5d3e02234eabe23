/* SPDX-License-Identifier: Apache-2.0 */
/* peer_resolve.c - see peer_resolve.h. The texts of the questions by path are the
 * Go flow exporter's; those by address are in peer_address.c.
 *
 * Since v0.28 the question for runc finds nothing and the one for docker finds
 * the containers of both. Before, one of runc's goes before one of docker's.
 */
#include "base/utf8.h"
#include "stage/peer_address.h"
#include "stage/peer_resolve.h"

#define TEXT_MAX       1024
#define CONTAINERS_MAX 8 /* of one address */

static const struct question docker_by_path = QUESTION(HAS_MATCH("IPV4", 0),
						       PATH_TO("TID", 1), DEDUP(),
						       IN_IS("Type", "netns"),
						       OUT_IS("Type", "container"));
static const struct question runc_by_path = QUESTION(HAS("Runc.Hosts.IP", 0),
						     PATH_TO("TID", 1));
static const struct question pods_by_container = QUESTION(
	HAS("K8s.Extra.Status.ContainerStatuses.ContainerID", 0));
static const struct question hosts_by_route = QUESTION(HAS("RoutingTables.Src", 0), IN(),
						       HAS_IS("Type", "host"));

struct container {
	struct str name, id;
	const char *prefix; /* of the id, in Kubernetes' words */
};

/* The nodes of an answer, or NULL: wait. */
static const struct answer *resolve_see(struct resolution *r, const struct answer *answer)
{
	if (answer && answer->is_unknown)
		r->is_unknown = true;
	return answer;
}

static const struct answer *ask_docker(struct resolution *r, struct str address,
				       struct str tid)
{
	static const struct answer nothing;
	char text[TEXT_MAX];
	struct str pattern = { text, address.len + 3 };

	/* The question is about IPv4 addresses only. */
	if (memchr(address.ptr, ':', address.len) || pattern.len > sizeof(text))
		return &nothing;
	memcpy(text, address.ptr, address.len);
	memcpy(text + address.len, "/.*", 3);
	return resolve_see(r, query(r->queries, &docker_by_path, pattern, tid));
}

static const struct answer *ask_runc(struct resolution *r, struct str address,
				     struct str tid)
{
	return resolve_see(r, query(r->queries, &runc_by_path, address, tid));
}

/* Containers of v0.28 and later, whoever runs them. */
static bool read_any(const struct answer *nodes, struct container *c)
{
	const struct node *node = nodes->node;

	if (!nodes->count || !node->container_id.ptr)
		return false;
	*c = (struct container){ node->name, node->container_id, "docker" };
	if (str_is(node->container_runtime, "runc")) {
		c->prefix = "containerd";
		if (node->container_hostname.len)
			c->name = node->container_hostname;
	}
	return true;
}

static bool read_docker(const struct answer *nodes, struct container *c)
{
	const struct node *node = nodes->node;

	if (!nodes->count || !node->name.ptr || !node->docker_id.ptr)
		return false;
	*c = (struct container){ node->name, node->docker_id, "docker" };
	return true;
}

static bool read_runc(const struct answer *nodes, struct container *c)
{
	const struct node *node = nodes->node;

	if (!nodes->count)
		return false;
	*c = (struct container){ node->runc_hostname, node->runc_id, "containerd" };
	return true;
}

/* The container that has the address. */
static enum found find_container(struct resolution *r, struct str address, struct str tid,
				 struct container *c)
{
	const struct answer *docker = NULL, *runc;
	enum topology_age age = *r->age;

	if (age != AGE_BEFORE_028) {
		docker = ask_docker(r, address, tid);
		if (!docker)
			return PENDING;
		if (read_any(docker, c)) {
			*r->age = AGE_SINCE_028;
			return FOUND;
		}
		if (age == AGE_SINCE_028 && !docker->count)
			return ABSENT;
	}
	runc = ask_runc(r, address, tid);
	if (!runc)
		return PENDING;
	if (!read_runc(runc, c)) {
		if (!docker)
			docker = ask_docker(r, address, tid);
		if (!docker)
			return PENDING;
		if (read_any(docker, c)) {
			*r->age = AGE_SINCE_028;
			return FOUND;
		}
		if (!read_docker(docker, c))
			return ABSENT;
	}
	*r->age = AGE_BEFORE_028;
	return FOUND;
}

/* The text moves to the arena of the queries. */
static struct str resolve_settle(struct resolution *r, struct buf *text)
{
	struct str settled = arena_str(&r->queries->arena, buf_str(text));

	buf_fini(text);
	return settled;
}

/* "0_0_prod-web-0_0": a "-" for every character but letters, digits, "-", ".". */
static struct str label_of(struct resolution *r, struct str name)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	buf_puts(&text, "0_0_");
	while (name.len) {
		unsigned char c = (unsigned char)*name.ptr, letter = c | 0x20;
		bool is_kept = (letter >= 'a' && letter <= 'z') ||
			       (c >= '0' && c <= '9') || c == '-' || c == '.';
		size_t length = utf8_len(name);

		buf_putc(&text, is_kept ? (char)c : '-');
		name = str_skip(name, length ? length : 1);
	}
	buf_puts(&text, "_0");
	return resolve_settle(r, &text);
}

static void describe_pod(struct resolution *r, const struct node *pod, struct peer *peer)
{
	struct buf name = BUF_INIT(TEXT_MAX), set = BUF_INIT(TEXT_MAX);

	buf_printf(&name, STR_FMT "/" STR_FMT, STR_ARG(pod->pod_namespace),
		   STR_ARG(pod->pod_name));
	if (pod->owner_kind.ptr && pod->owner_name.ptr)
		buf_printf(&set, STR_FMT ":" STR_FMT "/" STR_FMT,
			   STR_ARG(pod->owner_kind), STR_ARG(pod->pod_namespace),
			   STR_ARG(pod->owner_name));
	peer->type = STR("pod");
	peer->name = resolve_settle(r, &name);
	peer->set = resolve_settle(r, &set);
	peer->label = label_of(r, peer->name);
}

static enum found find_pod(struct resolution *r, const struct container *c,
			   struct peer *peer)
{
	const struct answer *pods;
	const struct node *pod;
	char text[TEXT_MAX];
	size_t before = strlen(c->prefix) + 3, length = before + c->id.len;

	if (!c->id.len || length > sizeof(text))
		return ABSENT;
	memcpy(text, c->prefix, before - 3);
	memcpy(text + before - 3, "://", 3);
	memcpy(text + before, c->id.ptr, c->id.len);
	pods = resolve_see(r, query(r->queries, &pods_by_container,
				    ((struct str){ text, length })));
	if (!pods)
		return PENDING;
	pod = pods->node;
	if (!pods->count || !pod->pod_namespace.ptr || !pod->pod_name.ptr)
		return ABSENT;
	describe_pod(r, pod, peer);
	return FOUND;
}

static enum found find_host(struct resolution *r, struct str address, struct peer *peer)
{
	const struct answer *hosts = resolve_see(r, query(r->queries, &hosts_by_route,
							  address));

	if (!hosts)
		return PENDING;
	if (!hosts->count || !hosts->node->name.ptr)
		return ABSENT;
	peer->type = STR("host");
	peer->name = hosts->node->name;
	return FOUND;
}

static enum found resolve_by_path(struct resolution *r, struct str address,
				  struct str node_tid, struct peer *peer)
{
	struct container container;
	enum found found = find_container(r, address, node_tid, &container);

	if (found == PENDING)
		return PENDING;
	if (found == ABSENT)
		return find_host(r, address, peer);
	found = find_pod(r, &container, peer);
	if (found != ABSENT)
		return found;
	peer->type = STR("container");
	peer->name = container.name;
	return FOUND;
}

static bool read_container(struct resolution *r, const struct node *node,
			   struct container *c)
{
	const struct answer one = { .node = node, .count = 1 };

	if (read_any(&one, c)) {
		*r->age = AGE_SINCE_028;
		return true;
	}
	if (!read_docker(&one, c) && (!node->runc_id.ptr || !read_runc(&one, c)))
		return false;
	*r->age = AGE_BEFORE_028;
	return true;
}

/* Containers that share an address are a pod's, and not all of them are listed by
 * it; all are asked for at once. */
static enum found describe_containers(struct resolution *r, const struct holder *holder,
				      struct peer *peer)
{
	struct container first = { .prefix = NULL }, c;
	bool is_pending = false;
	size_t i, asked = 0;

	for (i = 0; i < holder->nodes->count && asked < CONTAINERS_MAX; i++) {
		const struct node *node = &holder->nodes->node[i];
		enum found found;

		if (!str_equal(node->host, holder->host) || !read_container(r, node, &c))
			continue;
		if (!asked++)
			first = c;
		found = find_pod(r, &c, peer);
		if (found == FOUND && !is_pending)
			return FOUND;
		is_pending = is_pending || found == PENDING;
	}
	if (is_pending)
		return PENDING;
	if (!first.prefix)
		return ABSENT;
	peer->type = STR("container");
	peer->name = first.name;
	return FOUND;
}

static enum found describe_host(const struct holder *holder, struct peer *peer)
{
	size_t i;

	for (i = 0; i < holder->nodes->count; i++) {
		const struct node *node = &holder->nodes->node[i];

		if (!str_equal(node->host, holder->host) || !node->name.ptr)
			continue;
		peer->type = STR("host");
		peer->name = node->name;
		return FOUND;
	}
	return ABSENT;
}

static enum found resolve_by_address(struct resolution *r, struct str address,
				     struct str node_tid, struct peer *peer)
{
	struct holder containers, hosts;

	if (!peer_address_is_asked(address))
		return ABSENT;
	peer_address_containers(r, address, node_tid, &containers);
	if (containers.kind == HOLDER_NONE && *r->age != AGE_SINCE_028)
		peer_address_runc(r, address, node_tid, &containers);
	if (containers.kind == HOLDER_UNDECIDED)
		return PENDING;
	if (containers.kind == HOLDER_OWN)
		return describe_containers(r, &containers, peer);
	peer_address_hosts(r, address, node_tid, &hosts);
	if (hosts.kind == HOLDER_UNDECIDED)
		return PENDING;
	if (hosts.kind == HOLDER_OWN)
		return describe_host(&hosts, peer);
	if (containers.kind == HOLDER_OTHER && hosts.kind == HOLDER_NONE)
		return describe_containers(r, &containers, peer);
	if (containers.kind == HOLDER_NONE && hosts.kind == HOLDER_OTHER)
		return describe_host(&hosts, peer);
	r->is_ambiguous = containers.kind != HOLDER_NONE || hosts.kind != HOLDER_NONE;
	return ABSENT;
}

enum found peer_resolve(struct resolution *r, struct str address, struct str node_tid,
			struct peer *peer)
{
	if (r->queries->peers_by == PEERS_BY_PATH)
		return resolve_by_path(r, address, node_tid, peer);
	return resolve_by_address(r, address, node_tid, peer);
}

void peer_resolve_questions(struct question_list *list)
{
	list->add(list, &pods_by_container);
	if (list->peers_by == PEERS_BY_ADDRESS) {
		peer_address_questions(list);
		return;
	}
	list->add(list, &docker_by_path);
	list->add(list, &runc_by_path);
	list->add(list, &hosts_by_route);
}
